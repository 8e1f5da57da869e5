// SPDX-License-Identifier: Apache-2.0
// ONNX operators that move no data: they change how a tensor is seen.
#include <fmt/format.h>

#include "sw/compiler/import/importer.h"
#include "sw/compiler/import/shape_arithmetic.h"

namespace tessera::compiler::onnx_import {

void Importer::alias(const NodeReader& node) {
  if (node.op() == "Dropout" && node.has_input(2) && constant(node, 2, "training mode")->as_double(0) != 0.0) {
    throw NotSupported("training mode: export the network for inference");
  }
  define(node, view(node, 0));
}

void Importer::cast(const NodeReader& node) {
  const std::int64_t to = node.integer("to", 0);
  if (to != onnx::TensorProto::FLOAT && to != onnx::TensorProto::DOUBLE) {
    throw NotSupported(fmt::format("casts an activation to element type {}", to));
  }
  define(node, view(node, 0));
}

void Importer::transpose(const NodeReader& node) {
  const View& x = view(node, 0);
  define(node, x.transposed(permutation(node.integers("perm"), x.rank())));
}

void Importer::reshape(const NodeReader& node) {
  const View& x = view(node, 0);
  const auto list = [&](const char* attribute) {
    if (!node.has_input(1)) {
      return node.integers(attribute);
    }
    const ConstantPtr shape = constant(node, 1, "the shape is");
    if (!shape->integer) {
      throw Malformed("the shape must be integers");
    }
    return shape->integers;
  };
  std::vector<std::int64_t> dims;
  if (node.op() == "Flatten") {
    dims = flattened(x.dims(), node.integer("axis", 1));
  } else if (node.op() == "Squeeze") {
    dims = squeezed(x.dims(), list("axes"));
  } else if (node.op() == "Unsqueeze") {
    dims = unsqueezed(x.dims(), list("axes"));
  } else {
    dims = reshape_target(x.dims(), list("shape"), node.integer("allowzero", 0) != 0);
  }
  define(node, x.reshaped(dims));
}

}  // namespace tessera::compiler::onnx_import
