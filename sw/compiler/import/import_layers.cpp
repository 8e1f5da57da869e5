// SPDX-License-Identifier: Apache-2.0
// Operators that compute: convolution, dense layers, affine arithmetic, activations.
#include <fmt/format.h>

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "sw/compiler/import/importer.h"

namespace tessera::compiler::onnx_import {

namespace {

std::size_t size_of(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

const std::vector<float>& reals_of(const Constant& constant, const char* what) {
  if (constant.integer) {
    throw NotSupported(fmt::format("{} of integer type", what));
  }
  return constant.reals;
}

/// Values of a per-channel operand.
const std::vector<float>& channel_values(const ConstantPtr& constant, const char* what, std::int64_t channels) {
  const std::vector<float>& values = reals_of(*constant, what);
  if (static_cast<std::int64_t>(values.size()) != channels) {
    throw Malformed(fmt::format("{} has {} values, expected {}", what, values.size(), channels));
  }
  return values;
}

/// ONNX weights [out][in / group][kh][kw] as [out][kh][kw][in], zero where a group does not see an input channel.
std::vector<float> dense_kernel(const std::vector<float>& w, std::int64_t outputs, std::int64_t inputs,
                                std::int64_t group, std::int64_t window) {
  static_cast<void>(element_count({outputs, window, inputs}, kMaxElements));
  std::vector<float> result(size_of(outputs * window * inputs), 0.0F);
  const std::int64_t per_group = inputs / group;
  for (std::int64_t o = 0; o < outputs; ++o) {
    const std::int64_t first = o / (outputs / group) * per_group;
    for (std::int64_t i = 0; i < per_group; ++i) {
      for (std::int64_t k = 0; k < window; ++k) {
        result[size_of((o * window + k) * inputs + first + i)] = w[size_of((o * per_group + i) * window + k)];
      }
    }
  }
  return result;
}

/// ONNX weights [out][1][kh][kw] as [kh][kw][out].
std::vector<float> depthwise_kernel(const std::vector<float>& w, std::int64_t outputs, std::int64_t window) {
  std::vector<float> result(w.size());
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t k = 0; k < window; ++k) {
      result[size_of(k * outputs + o)] = w[size_of(o * window + k)];
    }
  }
  return result;
}

/// A constant that broadcasts to the view, as one value per memory element of its tensor.
std::vector<float> spread(const Constant& constant, const View& x) {
  const std::vector<std::int64_t> dims = x.dims();
  if (broadcast_dims(dims, constant.dims) != dims || constant.dims.size() > dims.size()) {
    throw NotSupported(fmt::format("a constant of shape {} enlarges the activation of shape {}", to_text(constant.dims),
                                   to_text(dims)));
  }
  const std::vector<std::size_t> order = x.memory_order();
  std::vector<float> result(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    result[order[i]] =
        static_cast<float>(constant.as_double(broadcast_offset(static_cast<std::int64_t>(i), dims, constant.dims)));
  }
  return result;
}

float finite_bound(float value) {
  if (std::isnan(value)) {
    throw Malformed("a bound is not a number");
  }
  if (value >= FLT_MAX) {
    return std::numeric_limits<float>::infinity();
  }
  if (value <= -FLT_MAX) {
    return -std::numeric_limits<float>::infinity();
  }
  return value;
}

}  // namespace

void Importer::conv(const NodeReader& node) {
  const View& x = view(node, 0);
  const ConstantPtr weights = constant(node, 1, "the weights are");
  const std::vector<float>& w = reals_of(*weights, "weights");
  const int source = image(x);
  const Shape input = graph_.shape(source);
  if (weights->dims.size() != x.rank()) {
    throw Malformed(fmt::format("weights have {} dimensions, the input {}", weights->dims.size(), x.rank()));
  }
  const std::vector<std::int64_t> kernel(weights->dims.begin() + 2, weights->dims.end());
  if (node.has("kernel_shape") && node.integers("kernel_shape") != kernel) {
    throw Malformed(fmt::format("'kernel_shape' is {}, the weights' is {}", to_text(node.integers("kernel_shape")),
                                to_text(kernel)));
  }
  const std::int64_t outputs = weights->dims[0];
  const std::int64_t group = node.integer("group", 1);
  if (outputs < 1 || group < 1 || outputs % group != 0 || input.channels % group != 0 ||
      weights->dims[1] != input.channels / group) {
    throw Malformed(fmt::format("weights {} in {} groups do not match {} input channels", to_text(weights->dims), group,
                                input.channels));
  }
  const Window window = read_window(node, input, kernel);
  const std::int64_t window_size = std::int64_t{window.kernel_height} * window.kernel_width;
  const bool depthwise = group > 1 && group == input.channels;
  std::vector<float> bias(size_of(outputs), 0.0F);
  if (node.has_input(2)) {
    bias = channel_values(constant(node, 2, "the bias is"), "bias", outputs);
  }
  std::vector<float> arranged = depthwise ? depthwise_kernel(w, outputs, window_size)
                                          : dense_kernel(w, outputs, input.channels, group, window_size);
  Node& result = add_node(depthwise ? NodeKind::depthwise_conv2d : NodeKind::conv2d, node, {source},
                          {window.output_height, window.output_width, static_cast<int>(outputs)});
  set_window(result, window);
  result.weights = std::move(arranged);
  result.bias = std::move(bias);
  define(node, View::image(result.output, graph_.shape(result.output), x.rank()));
}

/// @param weights [out][in] with inputs in ONNX order
void Importer::dense(const NodeReader& node, const View& x, const std::vector<float>& weights, std::vector<float> bias,
                     const std::vector<std::int64_t>& output_dims) {
  const std::vector<std::size_t> order = x.memory_order();
  const std::size_t inputs = order.size();
  const std::size_t outputs = bias.size();
  std::vector<float> arranged(weights.size());
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) {
      arranged[o * inputs + order[i]] = weights[o * inputs + i];
    }
  }
  Node& result = add_node(NodeKind::dense, node, {x.tensor()}, {1, 1, static_cast<int>(outputs)});
  result.weights = std::move(arranged);
  result.bias = std::move(bias);
  define(node, View(result.output, output_dims));
}

void Importer::gemm(const NodeReader& node) {
  const View& x = view(node, 0);
  const ConstantPtr matrix = constant(node, 1, "the weights are");
  const std::vector<float>& b = reals_of(*matrix, "weights");
  if (x.rank() != 2 || matrix->dims.size() != 2) {
    throw Malformed("operands must be matrices");
  }
  const bool transpose_a = node.integer("transA", 0) != 0;
  const bool transpose_b = node.integer("transB", 0) != 0;
  const std::int64_t rows = x.size(transpose_a ? 1 : 0);
  const std::int64_t inputs = x.size(transpose_a ? 0 : 1);
  const std::int64_t outputs = matrix->dims[transpose_b ? 0 : 1];
  if (rows != 1) {
    throw NotSupported(fmt::format("a batch of {}", rows));
  }
  if (matrix->dims[transpose_b ? 1 : 0] != inputs || outputs < 1) {
    throw Malformed(fmt::format("weights {} do not match {} inputs", to_text(matrix->dims), inputs));
  }
  const float alpha = node.real("alpha", 1.0F);
  const float beta = node.real("beta", 1.0F);
  std::vector<float> weights(b.size());
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t i = 0; i < inputs; ++i) {
      weights[size_of(o * inputs + i)] = alpha * b[size_of(transpose_b ? o * inputs + i : i * outputs + o)];
    }
  }
  std::vector<float> bias(size_of(outputs), 0.0F);
  if (node.has_input(2)) {
    const ConstantPtr c = constant(node, 2, "the bias is");
    const std::vector<std::int64_t> dims{1, outputs};
    if (broadcast_dims(dims, c->dims) != dims) {
      throw Malformed(fmt::format("bias {} does not fit", to_text(c->dims)));
    }
    const std::vector<float>& values = reals_of(*c, "bias");
    for (std::int64_t o = 0; o < outputs; ++o) {
      bias[size_of(o)] = beta * values[size_of(broadcast_offset(o, dims, c->dims))];
    }
  }
  dense(node, x, weights, std::move(bias), {1, outputs});
}

void Importer::matmul(const NodeReader& node) {
  if (is_constant(node, 0)) {
    throw NotSupported("the weights are the first operand");
  }
  const View& x = view(node, 0);
  const ConstantPtr matrix = constant(node, 1, "the second operand is");
  const std::vector<float>& b = reals_of(*matrix, "weights");
  if (matrix->dims.size() < 2 || matrix->elements() == 0 || x.rank() < 2) {
    throw NotSupported(fmt::format("weights of shape {}", to_text(matrix->dims)));
  }
  const std::int64_t inputs = matrix->dims[matrix->dims.size() - 2];
  const std::int64_t outputs = matrix->dims.back();
  if (inputs * outputs != matrix->elements()) {
    throw NotSupported("a batch of matrices");
  }
  if (x.size(x.rank() - 1) != inputs) {
    throw Malformed(fmt::format("shapes {} and {} do not match", to_text(x.dims()), to_text(matrix->dims)));
  }
  if (x.elements() != inputs) {
    throw NotSupported(fmt::format("an activation of shape {}: one row is supported", to_text(x.dims())));
  }
  std::vector<std::int64_t> output_dims = x.dims();
  output_dims.back() = outputs;
  while (output_dims.size() < matrix->dims.size()) {
    output_dims.insert(output_dims.begin(), 1);
  }
  std::vector<float> weights(b.size());
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t i = 0; i < inputs; ++i) {
      weights[size_of(o * inputs + i)] = b[size_of(i * outputs + o)];
    }
  }
  dense(node, x, weights, std::vector<float>(size_of(outputs), 0.0F), output_dims);
}

/// y = scale * x + shift, both per memory element: a 1x1 depthwise convolution, which canonicalisation folds into its
/// neighbours where it can.
void Importer::affine(const NodeReader& node, const View& x, const std::vector<float>& scale,
                      const std::vector<float>& shift) {
  Shape shape = graph_.shape(x.tensor());
  const auto per_channel = [&](const std::vector<float>& values) {
    const auto channels = size_of(shape.channels);
    for (std::size_t i = channels; i < values.size(); ++i) {
      if (values[i] != values[i - channels]) {
        return false;
      }
    }
    return true;
  };
  if (!per_channel(scale) || !per_channel(shift)) {
    shape = vector_shape(x);
  }
  const int source = shaped(x, shape);
  Node& result = add_node(NodeKind::depthwise_conv2d, node, {source}, shape);
  result.weights.assign(scale.begin(), scale.begin() + shape.channels);
  result.bias.assign(shift.begin(), shift.begin() + shape.channels);
  define(node, x.on(result.output));
}

void Importer::batch_normalization(const NodeReader& node) {
  if (node.integer("training_mode", 0) != 0) {
    throw NotSupported("training mode: export the network for inference");
  }
  const View& x = view(node, 0);
  if (x.rank() < 2) {
    throw Malformed("the input must have a batch and channels");
  }
  const std::int64_t channels = x.size(1);
  const ConstantPtr operands[4] = {constant(node, 1, "the scale is"), constant(node, 2, "the offset is"),
                                   constant(node, 3, "the mean is"), constant(node, 4, "the variance is")};
  const std::vector<float>& gamma = channel_values(operands[0], "scale", channels);
  const std::vector<float>& beta = channel_values(operands[1], "offset", channels);
  const std::vector<float>& mean = channel_values(operands[2], "mean", channels);
  const std::vector<float>& variance = channel_values(operands[3], "variance", channels);
  const auto epsilon = static_cast<double>(node.real("epsilon", 1e-5F));
  Constant scale;
  scale.dims.assign(x.rank() - 1, 1);  // aligned with axis 1
  scale.dims[0] = channels;
  Constant shift = scale;
  for (std::size_t c = 0; c < size_of(channels); ++c) {
    const double factor = static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    scale.reals.push_back(static_cast<float>(factor));
    shift.reals.push_back(static_cast<float>(static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * factor));
  }
  affine(node, x, spread(scale, x), spread(shift, x));
}

void Importer::arithmetic(const NodeReader& node) {
  const bool constant_first = is_constant(node, 0);
  if (!constant_first && !is_constant(node, 1)) {
    return add_activations(node);
  }
  const View& x = view(node, constant_first ? 1 : 0);
  const ConstantPtr operand = constant(node, constant_first ? 0 : 1, "the operand is");
  const std::vector<float> values = spread(*operand, x);
  std::vector<float> scale(values.size(), 1.0F);
  std::vector<float> shift(values.size(), 0.0F);
  const std::string& op = node.op();
  if (op == "Div" && constant_first) {
    throw NotSupported("a constant divided by an activation");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (op == "Mul") {
      scale[i] = values[i];
    }
    if (op == "Div") {
      scale[i] = 1.0F / values[i];
    }
    if (op == "Add") {
      shift[i] = values[i];
    }
    if (op == "Sub") {
      shift[i] = constant_first ? values[i] : -values[i];
    }
    if (op == "Sub" && constant_first) {
      scale[i] = -1.0F;
    }
  }
  affine(node, x, scale, shift);
}

void Importer::add_activations(const NodeReader& node) {
  const View& a = view(node, 0);
  const View& b = view(node, 1);
  if (node.op() != "Add") {
    throw NotSupported("both operands are computed at run time");
  }
  if (a.dims() != b.dims()) {
    throw NotSupported(fmt::format("activations of shapes {} and {}: broadcasting is supported for constants only",
                                   to_text(a.dims()), to_text(b.dims())));
  }
  if (!a.same_layout(b)) {
    throw NotSupported("the operands lie in different orders in memory");
  }
  const Shape shape = graph_.shape(a.tensor());
  const int right = shaped(b, shape);
  Node& result = add_node(NodeKind::add, node, {a.tensor(), right}, shape);
  define(node, a.on(result.output));
}

void Importer::relu(const NodeReader& node) {
  const View& x = view(node, 0);
  Node& result = add_node(NodeKind::clip, node, {x.tensor()}, graph_.shape(x.tensor()));
  result.clamp_min = 0.0F;
  define(node, x.on(result.output));
}

void Importer::clip(const NodeReader& node) {
  const View& x = view(node, 0);
  const auto bound = [&](const char* attribute, int index, float fallback) {
    if (!node.has_input(index)) {
      return finite_bound(node.real(attribute, fallback));
    }
    const ConstantPtr given = constant(node, index, "a bound is");
    if (given->elements() != 1) {
      throw Malformed("a bound must be one number");
    }
    return finite_bound(static_cast<float>(given->as_double(0)));
  };
  const float low = bound("min", 1, -FLT_MAX);
  const float high = bound("max", 2, FLT_MAX);
  if (low > high) {
    throw Malformed(fmt::format("the lower bound {} is above the upper {}", low, high));
  }
  Node& result = add_node(NodeKind::clip, node, {x.tensor()}, graph_.shape(x.tensor()));
  result.clamp_min = low;
  result.clamp_max = high;
  define(node, x.on(result.output));
}

void Importer::softmax(const NodeReader& node) {
  const View& x = view(node, 0);
  const std::int64_t given = node.integer("axis", node.opset() < 13 ? 1 : -1);
  const std::size_t axis = normal_axis(given, x.rank());
  std::int64_t size = x.size(axis);
  // Before opset 13 everything from the axis on was one long row.
  for (std::size_t i = axis + 1; i < x.rank() && node.opset() < 13; ++i) {
    size *= x.size(i);
  }
  std::vector<std::size_t> order;  // memory order that makes the row the channels
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (i != axis) {
      order.push_back(i);
    }
  }
  order.push_back(axis);
  int source = -1;
  if (size == x.elements()) {
    source = shaped(x, vector_shape(x));  // one row: the order of its elements does not matter
  } else if (size == x.size(axis) && x.in_memory_order(order)) {
    source = graph_.shape(x.tensor()).channels == size
                 ? x.tensor()
                 : shaped(x, {1, static_cast<int>(x.elements() / size), static_cast<int>(size)});
  } else {
    throw NotSupported(
        fmt::format("axis {} of shape {}: only a whole vector or the channels", given, to_text(x.dims())));
  }
  Node& result = add_node(NodeKind::softmax, node, {source}, graph_.shape(source));
  define(node, x.on(result.output));
}

}  // namespace tessera::compiler::onnx_import
