// SPDX-License-Identifier: Apache-2.0
// Evaluation of ONNX nodes whose operands are all constant: shape arithmetic and weights in disguise.
#pragma once

#include <vector>

#include "sw/compiler/import/constant.h"
#include "sw/compiler/import/node_reader.h"

namespace tessera::compiler::onnx_import {

/// @return true if fold() knows the operator.
[[nodiscard]] bool folds(const std::string& op);

/// Value of the node's first output. `inputs` holds a null pointer for an optional input that is absent.
/// @throws Malformed, NotSupported
[[nodiscard]] Constant fold(const NodeReader& node, const std::vector<ConstantPtr>& inputs);

/// Operators that fold() knows, sorted.
[[nodiscard]] std::vector<std::string> folded_operators();

}  // namespace tessera::compiler::onnx_import
