// SPDX-License-Identifier: Apache-2.0
// Shapes that ONNX operators make of others, of constants and of activations alike. All throw Malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::compiler::onnx_import {

/// Target of a Reshape: 0 keeps a size (unless allowzero), -1 takes what is left.
[[nodiscard]] std::vector<std::int64_t> reshape_target(const std::vector<std::int64_t>& dims,
                                                       const std::vector<std::int64_t>& wanted, bool allow_zero);
[[nodiscard]] std::vector<std::int64_t> squeezed(const std::vector<std::int64_t>& dims,
                                                 const std::vector<std::int64_t>& axes);
[[nodiscard]] std::vector<std::int64_t> unsqueezed(const std::vector<std::int64_t>& dims,
                                                   const std::vector<std::int64_t>& axes);
[[nodiscard]] std::vector<std::int64_t> flattened(const std::vector<std::int64_t>& dims, std::int64_t axis);
[[nodiscard]] std::vector<std::size_t> permutation(const std::vector<std::int64_t>& perm, std::size_t rank);

}  // namespace tessera::compiler::onnx_import
