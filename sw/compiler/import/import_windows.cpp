// SPDX-License-Identifier: Apache-2.0
// Pools and padding.
#include <fmt/format.h>

#include <algorithm>

#include "sw/compiler/import/importer.h"

namespace tessera::compiler::onnx_import {

namespace {

constexpr std::int64_t kMaxWindow = 1 << 16;

/// Attribute of one or two numbers as (height, width); a 1-D window has height 1.
std::pair<int, int> pair_of(const char* name, const std::vector<std::int64_t>& values, std::size_t rank, int fallback) {
  if (values.empty()) {
    return {fallback, fallback};
  }
  if (values.size() != rank) {
    throw Malformed(fmt::format("'{}' has {} values, expected {}", name, values.size(), rank));
  }
  for (const std::int64_t value : values) {
    if (value < 1 || value > kMaxWindow) {
      throw Malformed(fmt::format("'{}' is {}", name, to_text(values)));
    }
  }
  return {rank == 2 ? static_cast<int>(values[0]) : fallback, static_cast<int>(values[rank - 1])};
}

}  // namespace

std::pair<int, int> same_padding(int input, int kernel, int stride, int dilation, bool upper) {
  const std::int64_t outputs = (input + stride - 1) / stride;
  const std::int64_t extent = std::int64_t{dilation} * (kernel - 1) + 1;
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + extent - input);
  const auto small = static_cast<int>(total / 2);
  const auto large = static_cast<int>(total - total / 2);
  return upper ? std::pair{small, large} : std::pair{large, small};
}

Window read_window(const NodeReader& node, const Shape& input, const std::vector<std::int64_t>& kernel) {
  const std::size_t rank = kernel.size();
  if (rank != 1 && rank != 2) {
    throw NotSupported(fmt::format("a window of {} dimensions; 1 and 2 are supported", rank));
  }
  if (rank == 1 && input.height != 1) {
    throw Malformed("the window has fewer dimensions than the input");
  }
  Window window;
  std::tie(window.kernel_height, window.kernel_width) = pair_of("kernel_shape", kernel, rank, 1);
  std::tie(window.stride_height, window.stride_width) = pair_of("strides", node.integers("strides"), rank, 1);
  std::tie(window.dilation_height, window.dilation_width) = pair_of("dilations", node.integers("dilations"), rank, 1);
  const std::string mode = node.text("auto_pad", "NOTSET");
  Padding& pad = window.padding;
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    const bool upper = mode == "SAME_UPPER";
    std::tie(pad.top, pad.bottom) =
        same_padding(input.height, window.kernel_height, window.stride_height, window.dilation_height, upper);
    std::tie(pad.left, pad.right) =
        same_padding(input.width, window.kernel_width, window.stride_width, window.dilation_width, upper);
  } else if (mode == "NOTSET" || mode.empty()) {
    const std::vector<std::int64_t> pads = node.integers("pads");
    if (!pads.empty() && pads.size() != 2 * rank) {
      throw Malformed(fmt::format("'pads' has {} values, expected {}", pads.size(), 2 * rank));
    }
    for (const std::int64_t value : pads) {
      if (value < 0) {
        throw NotSupported("negative padding");
      }
      if (value > kMaxWindow) {
        throw Malformed(fmt::format("'pads' is {}", to_text(pads)));
      }
    }
    if (!pads.empty()) {
      pad.left = static_cast<int>(pads[rank - 1]);
      pad.right = static_cast<int>(pads[2 * rank - 1]);
      if (rank == 2) {
        pad.top = static_cast<int>(pads[0]);
      }
      if (rank == 2) {
        pad.bottom = static_cast<int>(pads[2]);
      }
    }
  } else if (mode != "VALID") {
    throw Malformed(fmt::format("'auto_pad' is '{}'", mode));
  }
  const bool ceil_mode = node.integer("ceil_mode", 0) != 0;
  window.output_height = window_output(input.height, window.kernel_height, window.stride_height, window.dilation_height,
                                       pad.top, pad.bottom, ceil_mode);
  window.output_width = window_output(input.width, window.kernel_width, window.stride_width, window.dilation_width,
                                      pad.left, pad.right, ceil_mode);
  if (window.output_height < 1 || window.output_width < 1) {
    throw Malformed(fmt::format("a window of {}x{} does not fit into an input of {}x{}", window.kernel_height,
                                window.kernel_width, input.height, input.width));
  }
  return window;
}

void set_window(Node& node, const Window& window) {
  node.kernel_height = window.kernel_height;
  node.kernel_width = window.kernel_width;
  node.stride_height = window.stride_height;
  node.stride_width = window.stride_width;
  node.dilation_height = window.dilation_height;
  node.dilation_width = window.dilation_width;
  node.padding = window.padding;
}

void Importer::pool(const NodeReader& node) {
  if (node.output_count() > 1 && !node.output(1).empty()) {
    throw NotSupported("the indices of the maxima are asked for");
  }
  const View& x = view(node, 0);
  const int source = image(x);
  const Shape input = graph_.shape(source);
  const std::vector<std::int64_t> kernel = node.integers("kernel_shape");
  if (kernel.size() != x.rank() - 2) {
    throw Malformed("'kernel_shape' does not match the input's dimensions");
  }
  const Window window = read_window(node, input, kernel);
  const bool maximum = node.op() == "MaxPool";
  const Padding& pad = window.padding;
  const std::int64_t rows = std::int64_t{window.dilation_height} * (window.kernel_height - 1) + 1;
  const std::int64_t columns = std::int64_t{window.dilation_width} * (window.kernel_width - 1) + 1;
  if (std::max(pad.top, pad.bottom) >= rows || std::max(pad.left, pad.right) >= columns) {
    throw Malformed("a window lies in the padding alone");
  }
  Node& result = add_node(maximum ? NodeKind::max_pool : NodeKind::average_pool, node, {source},
                          {window.output_height, window.output_width, input.channels});
  set_window(result, window);
  result.count_include_pad = !maximum && node.integer("count_include_pad", 0) != 0;
  define(node, View::image(result.output, graph_.shape(result.output), x.rank()));
}

void Importer::global_pool(const NodeReader& node) {
  const View& x = view(node, 0);
  const int source = image(x);
  const Shape input = graph_.shape(source);
  Node& result = add_node(node.op() == "GlobalMaxPool" ? NodeKind::max_pool : NodeKind::average_pool, node, {source},
                          {1, 1, input.channels});
  result.kernel_height = input.height;
  result.kernel_width = input.width;
  define(node, View::image(result.output, graph_.shape(result.output), x.rank()));
}

void Importer::reduce_mean(const NodeReader& node) {
  const View& x = view(node, 0);
  std::vector<std::int64_t> axes = node.integers("axes");
  if (node.has_input(1)) {
    axes = constant(node, 1, "the axes are")->integers;
  }
  if (axes.empty() && node.integer("noop_with_empty_axes", 0) != 0) {
    return define(node, x);
  }
  std::vector<bool> reduced(x.rank(), axes.empty());
  for (const std::int64_t axis : axes) {
    reduced[normal_axis(axis, x.rank())] = true;
  }
  // The mean over the outer loops of memory is a pool; height is the first reduced dimension, width the others.
  std::vector<std::size_t> order;
  std::vector<std::int64_t> output_dims;
  Shape shape;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (reduced[axis]) {
      order.push_back(axis);
      (shape.height == 1 ? shape.height : shape.width) *= static_cast<int>(x.size(axis));
    }
    if (!reduced[axis]) {
      output_dims.push_back(x.size(axis));
    }
    if (reduced[axis] && node.integer("keepdims", 1) != 0) {
      output_dims.push_back(1);
    }
  }
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (reduced[axis]) {
      continue;
    }
    order.push_back(axis);
    shape.channels *= static_cast<int>(x.size(axis));
  }
  if (!x.in_memory_order(order)) {
    throw NotSupported("a mean over other dimensions than height and width");
  }
  const Shape& stored = graph_.shape(x.tensor());
  if (stored.channels == shape.channels) {  // spares a reshape
    shape = stored;
  }
  const int source = shaped(x, shape);
  Node& result = add_node(NodeKind::average_pool, node, {source}, {1, 1, shape.channels});
  result.kernel_height = shape.height;
  result.kernel_width = shape.width;
  define(node, View(result.output, output_dims));
}

void Importer::pad(const NodeReader& node) {
  const View& x = view(node, 0);
  const std::string mode = node.text("mode", "constant");
  std::vector<std::int64_t> pads = node.integers("pads");
  double fill = static_cast<double>(node.real("value", 0.0F));
  if (node.has_input(1)) {
    pads = constant(node, 1, "the padding is")->integers;
  }
  if (node.has_input(2)) {
    const ConstantPtr given = constant(node, 2, "the padding's value is");
    if (given->elements() != 1) {
      throw Malformed("the padding's value must be one number");
    }
    fill = given->as_double(0);
  }
  if (node.has_input(3)) {  // opset 18: the axes that are padded
    const ConstantPtr axes = constant(node, 3, "the padded axes are");
    const std::size_t count = axes->integers.size();
    if (pads.size() != 2 * count) {
      throw Malformed("'pads' and 'axes' differ in length");
    }
    std::vector<std::int64_t> all(2 * x.rank(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t axis = normal_axis(axes->integers[i], x.rank());
      all[axis] = pads[i];
      all[axis + x.rank()] = pads[i + count];
    }
    pads = all;
  }
  if (pads.size() != 2 * x.rank()) {
    throw Malformed(fmt::format("'pads' has {} values, expected {}", pads.size(), 2 * x.rank()));
  }
  if (std::all_of(pads.begin(), pads.end(), [](std::int64_t value) { return value == 0; })) {
    return define(node, x);
  }
  if (mode != "constant") {
    throw NotSupported(fmt::format("mode '{}'; only 'constant' is supported", mode));
  }
  if (fill != 0.0) {
    throw NotSupported(fmt::format("pads with {}; only 0 is supported", fill));
  }
  const int source = image(x);
  const Shape input = graph_.shape(source);
  const std::size_t last = x.rank() - 1;
  for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
    if (pads[axis] != 0 || pads[axis + x.rank()] != 0) {
      throw NotSupported("pads the batch or the channels");
    }
  }
  for (const std::int64_t value : pads) {
    if (value < 0) {
      throw NotSupported("negative padding (cropping)");
    }
    if (value > kMaxWindow) {
      throw Malformed(fmt::format("'pads' is {}", to_text(pads)));
    }
  }
  Padding padding;
  padding.left = static_cast<int>(pads[last]);
  padding.right = static_cast<int>(pads[last + x.rank()]);
  if (x.rank() == 4) {
    padding.top = static_cast<int>(pads[2]);
  }
  if (x.rank() == 4) {
    padding.bottom = static_cast<int>(pads[2 + x.rank()]);
  }
  // A 1x1 depthwise identity that pads; canonicalisation merges it into its consumers where it can.
  Node& result = add_node(
      NodeKind::depthwise_conv2d, node, {source},
      {input.height + padding.top + padding.bottom, input.width + padding.left + padding.right, input.channels});
  result.padding = padding;
  result.weights.assign(static_cast<std::size_t>(input.channels), 1.0F);
  result.bias.assign(static_cast<std::size_t>(input.channels), 0.0F);
  define(node, View::image(result.output, graph_.shape(result.output), x.rank()));
}

}  // namespace tessera::compiler::onnx_import
