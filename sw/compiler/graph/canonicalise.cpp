// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/graph/canonicalise.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tessera::compiler {

namespace {

std::size_t size_of(int value) {
  return static_cast<std::size_t>(value);
}

bool all_equal(const std::vector<float>& values, float wanted) {
  return std::all_of(values.begin(), values.end(), [wanted](float value) { return value == wanted; });
}

/// A rewriting of one node (by index); each returns true if it changed the graph.
class Canonicaliser {
 public:
  explicit Canonicaliser(Graph& graph) : graph_(graph) {}

  void run() {
    using Rule = bool (Canonicaliser::*)(int);
    // Order matters where several apply: padding first, so that scales never meet it; clamps before scales after them.
    for (const Rule rule :
         {&Canonicaliser::drop_without_effect, &Canonicaliser::merge_padding, &Canonicaliser::fuse_clamp,
          &Canonicaliser::fold_scale_backwards, &Canonicaliser::fold_scale_forwards, &Canonicaliser::skip_reshape}) {
      rules_.push_back(rule);
    }
    remove_unread();
    while (sweep()) {
      remove_unread();
    }
    compact();
  }

 private:
  bool sweep() {
    bool changed = false;
    for (const auto rule : rules_) {
      for (int i = 0; i < static_cast<int>(graph_.nodes.size()); ++i) {
        while (i < static_cast<int>(graph_.nodes.size()) && (this->*rule)(i)) {
          changed = true;
        }
      }
    }
    return changed;
  }

  Node& node(int index) { return graph_.nodes[size_of(index)]; }

  /// The only reader of a tensor that is not the graph's output; -1 if there is none or more than one.
  int only_reader(int tensor) const {
    const std::vector<int> readers = graph_.consumers(tensor);
    return readers.size() == 1 && tensor != graph_.output ? readers.front() : -1;
  }

  /// The node before, if this node is its only reader.
  int exclusive_producer(const Node& reader) const {
    const int tensor = reader.inputs.front();
    return only_reader(tensor) >= 0 ? graph_.producer(tensor) : -1;
  }

  /// Nodes merge only where the codes of a quantised file mean the same before and after.
  bool same_quantisation(const Node& node) const {
    return graph_.tensor(node.inputs.front()).quantisation == graph_.tensor(node.output).quantisation;
  }

  static bool is_unit_depthwise(const Node& node) {
    return node.kind == NodeKind::depthwise_conv2d && !node.weight_quantisation && node.kernel_height == 1 &&
           node.kernel_width == 1 && node.stride_height == 1 && node.stride_width == 1 &&
           node.weights.size() == node.bias.size();
  }
  bool is_scale(const Node& node) const {
    return is_unit_depthwise(node) && !node.padding.any() &&
           graph_.shape(node.inputs.front()) == graph_.shape(node.output);
  }
  bool is_pure_padding(const Node& node) const {
    return is_unit_depthwise(node) && node.padding.any() && !node.clamps() && all_equal(node.weights, 1.0F) &&
           all_equal(node.bias, 0.0F) &&
           graph_.shape(node.inputs.front()).channels == graph_.shape(node.output).channels;
  }

  void erase(int index) { graph_.nodes.erase(graph_.nodes.begin() + index); }

  /// Removes a node with one input whose output equals its input.
  void bypass(int index) {
    const int from = node(index).output;
    const int to = node(index).inputs.front();
    for (Node& reader : graph_.nodes) {
      std::replace(reader.inputs.begin(), reader.inputs.end(), from, to);
    }
    if (graph_.output == from) {
      graph_.output = to;
    }
    erase(index);
  }

  /// The producer writes what `index` wrote, and `index` goes.
  void absorb(int producer, int index) {
    node(producer).operators += '+' + node(index).operators;
    node(producer).output = node(index).output;
    erase(index);
  }

  bool drop_without_effect(int index) {
    const Node& candidate = node(index);
    if (candidate.clamps() || !same_quantisation(candidate)) {
      return false;
    }
    if (graph_.shape(candidate.inputs.front()) != graph_.shape(candidate.output)) {
      return false;
    }
    const bool unit_window = candidate.kernel_height == 1 && candidate.kernel_width == 1 &&
                             candidate.stride_height == 1 && candidate.stride_width == 1 && !candidate.padding.any();
    const bool pool = candidate.kind == NodeKind::max_pool || candidate.kind == NodeKind::average_pool;
    const bool none = candidate.kind == NodeKind::clip || candidate.kind == NodeKind::reshape ||
                      (pool && unit_window) ||
                      (is_scale(candidate) && all_equal(candidate.weights, 1.0F) && all_equal(candidate.bias, 0.0F));
    // A network must keep at least one node that writes its output.
    if (!none || (candidate.output == graph_.output && candidate.inputs.front() == graph_.input)) {
      return false;
    }
    bypass(index);
    return true;
  }

  /// True if no element of the tensor can be negative.
  bool never_negative(int tensor) const {
    const int producer = graph_.producer(tensor);
    if (producer < 0) {
      return false;
    }
    const Node& source = graph_.nodes[size_of(producer)];
    if (source.clamp_min >= 0.0F || source.kind == NodeKind::softmax) {
      return true;
    }
    const bool keeps =
        source.kind == NodeKind::max_pool || source.kind == NodeKind::average_pool || source.kind == NodeKind::reshape;
    return keeps && never_negative(source.inputs.front());
  }

  bool takes_padding(const Node& reader, const Padding& extra) const {
    if (reader.kind == NodeKind::conv2d || reader.kind == NodeKind::depthwise_conv2d) {
      return true;
    }
    if (reader.kind == NodeKind::average_pool) {
      return !reader.padding.any() || reader.count_include_pad;
    }
    if (reader.kind != NodeKind::max_pool || reader.dilation_height != 1 || reader.dilation_width != 1) {
      return false;
    }
    // Zero wins over nothing but padding: every window must hold an input element, and none may be negative.
    const Padding& own = reader.padding;
    const Shape& padded = graph_.shape(reader.inputs.front());
    const Shape& out = graph_.shape(reader.output);
    const int last_row = (out.height - 1) * reader.stride_height - own.top;
    const int last_column = (out.width - 1) * reader.stride_width - own.left;
    return extra.top + own.top < reader.kernel_height && extra.left + own.left < reader.kernel_width &&
           last_row < padded.height - extra.bottom && last_column < padded.width - extra.right;
  }

  bool merge_padding(int index) {
    const Node pad = node(index);
    if (!is_pure_padding(pad) || pad.output == graph_.output || !same_quantisation(pad)) {
      return false;
    }
    const std::vector<int> readers = graph_.consumers(pad.output);
    if (readers.empty()) {
      return false;
    }
    for (const int reader : readers) {
      const Node& window = node(reader);
      if (!window.has_window() || !takes_padding(window, pad.padding)) {
        return false;
      }
      if (window.kind == NodeKind::max_pool && !never_negative(pad.inputs.front())) {
        return false;
      }
    }
    for (const int reader : readers) {
      Node& window = node(reader);
      window.inputs.front() = pad.inputs.front();
      window.padding.top += pad.padding.top;
      window.padding.left += pad.padding.left;
      window.padding.bottom += pad.padding.bottom;
      window.padding.right += pad.padding.right;
      window.count_include_pad = window.kind == NodeKind::average_pool;
      window.operators = pad.operators + '+' + window.operators;
    }
    erase(index);
    return true;
  }

  static void clamp_after(Node& node, float low, float high) {
    node.clamp_min = std::clamp(node.clamp_min, low, high);
    node.clamp_max = std::clamp(node.clamp_max, low, high);
  }

  /// True if the clamp of a node after this one can become this one's: a reshape only hands it on.
  bool takes_clamp(const Node& source) const {
    if (source.kind == NodeKind::softmax) {
      return false;
    }
    if (source.kind != NodeKind::reshape) {
      return true;
    }
    const int producer = exclusive_producer(source);
    return producer >= 0 && takes_clamp(graph_.nodes[size_of(producer)]);
  }

  bool fuse_clamp(int index) {
    Node& clamp = node(index);
    if (!clamp.clamps() || !same_quantisation(clamp)) {
      return false;
    }
    if (clamp.kind != NodeKind::clip && clamp.kind != NodeKind::max_pool && clamp.kind != NodeKind::reshape) {
      return false;
    }
    const int producer = exclusive_producer(clamp);
    if (producer < 0 || !takes_clamp(node(producer))) {
      return false;
    }
    clamp_after(node(producer), clamp.clamp_min, clamp.clamp_max);
    if (clamp.kind == NodeKind::clip) {
      absorb(producer, index);
    } else {  // the maximum of clamped values is the clamped maximum
      clamp.clamp_min = -std::numeric_limits<float>::infinity();
      clamp.clamp_max = std::numeric_limits<float>::infinity();
    }
    return true;
  }

  /// y = scale * layer(x) + shift: both go into the layer's weights and bias.
  bool fold_scale_backwards(int index) {
    const Node scale = node(index);
    if (!is_scale(scale)) {
      return false;
    }
    const int producer = exclusive_producer(scale);
    if (producer < 0 || !node(producer).has_weights() || node(producer).clamps()) {
      return false;
    }
    if (node(producer).weight_quantisation) {
      return false;
    }
    Node& layer = node(producer);
    const std::size_t outputs = layer.bias.size();
    if (scale.weights.size() != outputs) {
      return false;
    }
    const bool last_axis = layer.kind == NodeKind::depthwise_conv2d;
    const std::size_t per_output = layer.weights.size() / outputs;
    for (std::size_t i = 0; i < layer.weights.size(); ++i) {
      layer.weights[i] *= scale.weights[last_axis ? i % outputs : i / per_output];
    }
    for (std::size_t o = 0; o < outputs; ++o) {
      layer.bias[o] = layer.bias[o] * scale.weights[o] + scale.bias[o];
    }
    layer.clamp_min = scale.clamp_min;
    layer.clamp_max = scale.clamp_max;
    absorb(producer, index);
    return true;
  }

  /// layer(scale * x + shift): possible where no zero padding comes between.
  bool fold_scale_forwards(int index) {
    const Node scale = node(index);
    if (!is_scale(scale) || scale.clamps() || scale.output == graph_.output) {
      return false;
    }
    const std::vector<int> readers = graph_.consumers(scale.output);
    if (readers.empty()) {
      return false;
    }
    for (const int reader : readers) {
      const Node& layer = node(reader);
      if (!layer.has_weights() || layer.weight_quantisation) {
        return false;
      }
      if ((layer.padding.any() && !all_equal(scale.bias, 0.0F))) {
        return false;
      }
    }
    for (const int reader : readers) {
      Node& layer = node(reader);
      const std::size_t outputs = layer.bias.size();
      const std::size_t channels = scale.weights.size();
      const bool depthwise = layer.kind == NodeKind::depthwise_conv2d;
      const std::size_t per_output = layer.weights.size() / outputs;
      std::vector<double> bias(layer.bias.begin(), layer.bias.end());
      for (std::size_t i = 0; i < layer.weights.size(); ++i) {
        const std::size_t output = depthwise ? i % outputs : i / per_output;
        const std::size_t channel = depthwise ? output / (outputs / channels) : i % channels;
        bias[output] += static_cast<double>(layer.weights[i]) * static_cast<double>(scale.bias[channel]);
        layer.weights[i] *= scale.weights[channel];
      }
      for (std::size_t o = 0; o < outputs; ++o) {
        layer.bias[o] = static_cast<float>(bias[o]);
      }
      layer.operators = scale.operators + '+' + layer.operators;
      layer.inputs.front() = scale.inputs.front();
    }
    erase(index);
    return true;
  }

  bool skip_reshape(int index) {
    const Node reshape = node(index);
    if (reshape.kind != NodeKind::reshape || reshape.clamps() || !same_quantisation(reshape)) {
      return false;
    }
    bool changed = false;
    for (const int reader : graph_.consumers(reshape.output)) {
      Node& next = node(reader);
      if (next.kind != NodeKind::dense && next.kind != NodeKind::reshape) {  // these look at elements only
        continue;
      }
      next.inputs.front() = reshape.inputs.front();
      changed = true;
    }
    // A network whose input is only ever seen reshaped has that shape.
    if (!changed && reshape.inputs.front() == graph_.input && only_reader(graph_.input) == index &&
        reshape.output != graph_.output) {
      graph_.tensor(graph_.input).shape = graph_.shape(reshape.output);
      bypass(index);
      changed = true;
    }
    return changed;
  }

  void remove_unread() {
    for (int i = static_cast<int>(graph_.nodes.size()); i-- > 0;) {
      if (node(i).output != graph_.output && graph_.consumers(node(i).output).empty()) {
        erase(i);
      }
    }
  }

  /// Drops tensors that no node touches.
  void compact() {
    std::map<int, int> renumbered{{graph_.input, 0}};
    std::vector<Tensor> tensors{graph_.tensor(graph_.input)};
    for (Node& each : graph_.nodes) {
      for (int& input : each.inputs) {
        input = renumbered.at(input);
      }
      renumbered[each.output] = static_cast<int>(tensors.size());
      tensors.push_back(graph_.tensor(each.output));
      each.output = renumbered.at(each.output);
    }
    graph_.input = 0;
    graph_.output = renumbered.at(graph_.output);
    graph_.tensors = std::move(tensors);
  }

  Graph& graph_;
  std::vector<bool (Canonicaliser::*)(int)> rules_;
};

}  // namespace

void canonicalise(Graph& graph) {
  Canonicaliser(graph).run();
}

}  // namespace tessera::compiler
