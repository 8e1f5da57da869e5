// SPDX-License-Identifier: Apache-2.0
// Constant tensors of an ONNX file: weights, and the small integer tensors that describe shapes.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sw/compiler/import/node_reader.h"

namespace tessera::compiler::onnx_import {

/// Row-major values; exactly one of the two vectors is in use. All integer types widen to 64 bits, double narrows.
struct Constant {
  std::vector<std::int64_t> dims;
  bool integer = false;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;

  [[nodiscard]] std::int64_t elements() const {
    return static_cast<std::int64_t>(integer ? integers.size() : reals.size());
  }
  [[nodiscard]] double as_double(std::int64_t index) const;
};

using ConstantPtr = std::shared_ptr<const Constant>;

/// Product of sizes. @throws Malformed if one is negative or the product exceeds `limit`.
[[nodiscard]] std::int64_t element_count(const std::vector<std::int64_t>& dims, std::int64_t limit);

/// Largest tensor that is accepted, in elements: above every network that fits such a chip, below what would exhaust
/// the memory of the machine that compiles it.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 26;
inline constexpr std::int64_t kMaxActivation = std::int64_t{1} << 24;  ///< the same for activations

/// @throws Malformed if data and sizes disagree, NotSupported for element types without use here.
[[nodiscard]] Constant read_constant(const onnx::TensorProto& proto);

/// Where the values lie if they are not in the file itself.
[[nodiscard]] std::optional<std::string> external_location(const onnx::TensorProto& proto);

/// What dimension `axis` (negative counts from the end) of a tensor of `rank` is. @throws Malformed if out of range.
[[nodiscard]] std::size_t normal_axis(std::int64_t axis, std::size_t rank);

/// Offset of element `index` of a tensor of `dims` in an operand of `operand_dims` that broadcasts to it.
[[nodiscard]] std::int64_t broadcast_offset(std::int64_t index, const std::vector<std::int64_t>& dims,
                                            const std::vector<std::int64_t>& operand_dims);

/// NumPy's broadcasting rule. @throws Malformed if the two do not match.
[[nodiscard]] std::vector<std::int64_t> broadcast_dims(const std::vector<std::int64_t>& a,
                                                       const std::vector<std::int64_t>& b);

/// "[1, 28, 28]"
[[nodiscard]] std::string to_text(const std::vector<std::int64_t>& dims);

}  // namespace tessera::compiler::onnx_import
