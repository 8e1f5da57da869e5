// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/fold_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "sw/compiler/import/shape_arithmetic.h"

namespace tessera::compiler::onnx_import {

namespace {

using Inputs = std::vector<ConstantPtr>;

const Constant& need(const Inputs& inputs, std::size_t index) {
  if (index >= inputs.size() || !inputs[index]) {
    throw Malformed(fmt::format("input {} is missing", index));
  }
  return *inputs[index];
}

/// A Constant of the given shape whose element i is element source(i) of `from`.
template <typename Source>
Constant rearranged(const Constant& from, std::vector<std::int64_t> dims, Source&& source) {
  Constant result;
  result.dims = std::move(dims);
  result.integer = from.integer;
  const std::int64_t count = element_count(result.dims, kMaxElements);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(source(i));
    if (from.integer) {
      result.integers.push_back(from.integers.at(index));
    } else {
      result.reals.push_back(from.reals.at(index));
    }
  }
  return result;
}

Constant reshaped(const Constant& from, std::vector<std::int64_t> dims) {
  Constant result = from;
  result.dims = std::move(dims);
  return result;
}

/// Axes as attribute (older opsets) or as second input.
std::vector<std::int64_t> axes_of(const NodeReader& node, const Inputs& inputs) {
  if (inputs.size() > 1 && inputs[1]) {
    return inputs[1]->integers;
  }
  return node.integers("axes");
}

Constant vector_of(std::vector<std::int64_t> values) {
  Constant result;
  result.dims = {static_cast<std::int64_t>(values.size())};
  result.integer = true;
  result.integers = std::move(values);
  return result;
}

Constant constant(const NodeReader& node, const Inputs&) {
  Constant result;
  if (const onnx::TensorProto* tensor = node.tensor("value")) {
    return read_constant(*tensor);
  }
  if (node.has("value_float")) {
    result.reals = {node.real("value_float", 0)};
  } else if (node.has("value_int")) {
    result.integer = true;
    result.integers = {node.integer("value_int", 0)};
  } else if (node.has("value_floats")) {
    result.reals = node.reals("value_floats");
    result.dims = {static_cast<std::int64_t>(result.reals.size())};
  } else if (node.has("value_ints")) {
    return vector_of(node.integers("value_ints"));
  } else {
    throw NotSupported("the constant is neither a dense tensor nor numbers");
  }
  return result;
}

Constant constant_of_shape(const NodeReader& node, const Inputs& inputs) {
  Constant value;
  value.reals = {0.0F};
  if (const onnx::TensorProto* tensor = node.tensor("value")) {
    value = read_constant(*tensor);
  }
  if (value.elements() != 1) {
    throw Malformed("attribute 'value' must hold one element");
  }
  return rearranged(value, need(inputs, 0).integers, [](std::int64_t) { return 0; });
}

Constant identity(const NodeReader&, const Inputs& inputs) {
  return need(inputs, 0);
}

Constant cast(const NodeReader& node, const Inputs& inputs) {
  const Constant& from = need(inputs, 0);
  Constant result;
  result.dims = from.dims;
  const std::int64_t to = node.integer("to", 0);
  if (to == onnx::TensorProto::FLOAT || to == onnx::TensorProto::DOUBLE) {
    for (std::int64_t i = 0; i < from.elements(); ++i) {
      result.reals.push_back(static_cast<float>(from.as_double(i)));
    }
    return result;
  }
  if (to != onnx::TensorProto::INT64 && to != onnx::TensorProto::INT32) {
    throw NotSupported(fmt::format("casts a constant to element type {}", to));
  }
  result.integer = true;
  const auto limit = static_cast<double>(std::int64_t{1} << 62);
  for (std::int64_t i = 0; i < from.elements(); ++i) {
    if (from.integer) {
      result.integers.push_back(from.integers[static_cast<std::size_t>(i)]);
    } else {
      const double value = from.as_double(i);
      if (!(value > -limit && value < limit)) {
        throw Malformed("casts a constant that no integer can hold");
      }
      result.integers.push_back(static_cast<std::int64_t>(value));
    }
  }
  return result;
}

Constant shape(const NodeReader& node, const Inputs& inputs) {
  const std::vector<std::int64_t>& dims = need(inputs, 0).dims;
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto clamped = [&](std::int64_t index) {
    return std::clamp(index < 0 ? std::max(index, -rank) + rank : index, std::int64_t{0}, rank);
  };
  const std::int64_t first = clamped(node.integer("start", 0));
  const std::int64_t last = std::max(first, clamped(node.integer("end", rank)));
  return vector_of({dims.begin() + first, dims.begin() + last});
}

Constant gather(const NodeReader& node, const Inputs& inputs) {
  const Constant& data = need(inputs, 0);
  const Constant& indices = need(inputs, 1);
  const std::size_t axis = normal_axis(node.integer("axis", 0), data.dims.size());
  const std::int64_t length = data.dims[axis];
  for (const std::int64_t index : indices.integers) {
    if (index < -length || index >= length) {
      throw Malformed(fmt::format("index {} is outside {}", index, length));
    }
  }
  if (!indices.integer) {
    throw Malformed("indices must be integers");
  }
  std::vector<std::int64_t> dims(data.dims.begin(), data.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), data.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.dims.end());
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < data.dims.size(); ++i) {
    inner *= data.dims[i];
  }
  const std::int64_t picks = indices.elements();
  return rearranged(data, dims, [&](std::int64_t i) {
    std::int64_t index = indices.integers[static_cast<std::size_t>((i / inner) % picks)];
    if (index < 0) {
      index += length;
    }
    return (i / (inner * picks) * length + index) * inner + i % inner;
  });
}

Constant concat(const NodeReader& node, const Inputs& inputs) {
  const Constant& first = need(inputs, 0);
  const std::size_t axis = normal_axis(node.integer("axis", 0), first.dims.size());
  std::vector<std::int64_t> dims = first.dims;
  dims[axis] = 0;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    std::vector<std::int64_t> other = need(inputs, k).dims;
    if (other.size() != dims.size() || inputs[k]->integer != first.integer) {
      throw Malformed("operands do not match");
    }
    dims[axis] += other[axis];
    other[axis] = first.dims[axis];
    if (other != first.dims) {
      throw Malformed("operands do not match");
    }
  }
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < dims.size(); ++i) {
    inner *= dims[i];
  }
  Constant result;
  result.integer = first.integer;
  result.dims = dims;
  const std::int64_t count = element_count(dims, kMaxElements);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t position = i / inner % dims[axis];
    const std::int64_t outer = i / (inner * dims[axis]);
    std::size_t k = 0;
    while (position >= inputs[k]->dims[axis]) {
      position -= inputs[k++]->dims[axis];
    }
    const auto source = static_cast<std::size_t>((outer * inputs[k]->dims[axis] + position) * inner + i % inner);
    if (result.integer) {
      result.integers.push_back(inputs[k]->integers[source]);
    } else {
      result.reals.push_back(inputs[k]->reals[source]);
    }
  }
  return result;
}

Constant slice(const NodeReader& node, const Inputs& inputs) {
  const Constant& data = need(inputs, 0);
  const auto list = [&](const char* attribute, std::size_t input) {
    if (inputs.size() > input && inputs[input]) {
      return inputs[input]->integers;
    }
    return node.integers(attribute);
  };
  const std::vector<std::int64_t> starts = list("starts", 1);
  const std::vector<std::int64_t> ends = list("ends", 2);
  std::vector<std::int64_t> axes = list("axes", 3);
  const std::vector<std::int64_t> steps = list("steps", 4);
  for (std::size_t i = 0; i < starts.size() && axes.size() < starts.size(); ++i) {
    axes.push_back(static_cast<std::int64_t>(i));
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      (!steps.empty() && steps.size() != starts.size())) {
    throw Malformed("starts, ends, axes and steps differ in length");
  }
  std::vector<std::int64_t> dims = data.dims;
  std::vector<std::int64_t> first(dims.size(), 0);
  for (std::size_t k = 0; k < starts.size(); ++k) {
    if (!steps.empty() && steps[k] != 1) {
      throw NotSupported("slices a constant with a step other than 1");
    }
    const std::size_t axis = normal_axis(axes[k], dims.size());
    const std::int64_t length = data.dims[axis];
    const auto clamped = [&](std::int64_t index) {
      return std::clamp(index < 0 ? std::max(index, -length) + length : index, std::int64_t{0}, length);
    };
    first[axis] = clamped(starts[k]);
    dims[axis] = std::max(std::int64_t{0}, clamped(ends[k]) - first[axis]);
  }
  return rearranged(data, dims, [&](std::int64_t i) {
    std::int64_t offset = 0;
    std::int64_t stride = 1;
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      offset += (i % dims[axis] + first[axis]) * stride;
      i /= dims[axis];
      stride *= data.dims[axis];
    }
    return offset;
  });
}

Constant transpose(const NodeReader& node, const Inputs& inputs) {
  const Constant& data = need(inputs, 0);
  const std::vector<std::size_t> perm = permutation(node.integers("perm"), data.dims.size());
  std::vector<std::int64_t> strides(data.dims.size(), 1);
  for (std::size_t i = data.dims.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * data.dims[i];
  }
  std::vector<std::int64_t> dims;
  for (const std::size_t axis : perm) {
    dims.push_back(data.dims[axis]);
  }
  return rearranged(data, dims, [&](std::int64_t i) {
    std::int64_t offset = 0;
    for (std::size_t k = perm.size(); k-- > 0;) {
      offset += i % dims[k] * strides[perm[k]];
      i /= dims[k];
    }
    return offset;
  });
}

Constant reshape(const NodeReader& node, const Inputs& inputs) {
  const Constant& data = need(inputs, 0);
  return reshaped(data, reshape_target(data.dims, need(inputs, 1).integers, node.integer("allowzero", 0) != 0));
}

Constant squeeze(const NodeReader& node, const Inputs& inputs) {
  return reshaped(need(inputs, 0), squeezed(need(inputs, 0).dims, axes_of(node, inputs)));
}

Constant unsqueeze(const NodeReader& node, const Inputs& inputs) {
  return reshaped(need(inputs, 0), unsqueezed(need(inputs, 0).dims, axes_of(node, inputs)));
}

Constant flatten(const NodeReader& node, const Inputs& inputs) {
  return reshaped(need(inputs, 0), flattened(need(inputs, 0).dims, node.integer("axis", 1)));
}

std::int64_t integer_result(const std::string& op, std::int64_t a, std::int64_t b) {
  // Unsigned arithmetic: a forged file must not cause signed overflow.
  const auto ua = static_cast<std::uint64_t>(a);
  const auto ub = static_cast<std::uint64_t>(b);
  if (op == "Add") {
    return static_cast<std::int64_t>(ua + ub);
  }
  if (op == "Sub") {
    return static_cast<std::int64_t>(ua - ub);
  }
  if (op == "Mul") {
    return static_cast<std::int64_t>(ua * ub);
  }
  if (b == 0) {
    throw Malformed("divides by zero");
  }
  return b == -1 ? static_cast<std::int64_t>(-ua) : a / b;
}

float real_result(const std::string& op, float a, float b) {
  if (op == "Add") {
    return a + b;
  }
  if (op == "Sub") {
    return a - b;
  }
  if (op == "Mul") {
    return a * b;
  }
  return a / b;
}

Constant arithmetic(const NodeReader& node, const Inputs& inputs) {
  const Constant& a = need(inputs, 0);
  const Constant& b = need(inputs, 1);
  if (a.integer != b.integer) {
    throw Malformed("operands differ in type");
  }
  Constant result;
  result.integer = a.integer;
  result.dims = broadcast_dims(a.dims, b.dims);
  const std::int64_t count = element_count(result.dims, kMaxElements);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto ia = static_cast<std::size_t>(broadcast_offset(i, result.dims, a.dims));
    const auto ib = static_cast<std::size_t>(broadcast_offset(i, result.dims, b.dims));
    if (result.integer) {
      result.integers.push_back(integer_result(node.op(), a.integers[ia], b.integers[ib]));
    } else {
      result.reals.push_back(real_result(node.op(), a.reals[ia], b.reals[ib]));
    }
  }
  return result;
}

using Function = Constant (*)(const NodeReader&, const Inputs&);

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> table{{"Add", arithmetic},
                                                     {"Cast", cast},
                                                     {"Concat", concat},
                                                     {"Constant", constant},
                                                     {"ConstantOfShape", constant_of_shape},
                                                     {"Div", arithmetic},
                                                     {"Flatten", flatten},
                                                     {"Gather", gather},
                                                     {"Identity", identity},
                                                     {"Mul", arithmetic},
                                                     {"Reshape", reshape},
                                                     {"Shape", shape},
                                                     {"Slice", slice},
                                                     {"Squeeze", squeeze},
                                                     {"Sub", arithmetic},
                                                     {"Transpose", transpose},
                                                     {"Unsqueeze", unsqueeze}};
  return table;
}

}  // namespace

bool folds(const std::string& op) {
  return functions().count(op) != 0;
}

Constant fold(const NodeReader& node, const std::vector<ConstantPtr>& inputs) {
  return functions().at(node.op())(node, inputs);
}

std::vector<std::string> folded_operators() {
  std::vector<std::string> names;
  for (const auto& entry : functions()) {
    names.push_back(entry.first);
  }
  return names;
}

}  // namespace tessera::compiler::onnx_import
