// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/unit_jobs.h"

#include "sw/compiler/emit/narrow.h"

namespace tessera::compiler {
namespace {

td_vector_op vector_op(NodeKind kind) {
  switch (kind) {
    case NodeKind::max_pool:
      return TD_VECTOR_MAX_POOL;
    case NodeKind::average_pool:
      return TD_VECTOR_AVERAGE_POOL;
    case NodeKind::add:
      return TD_VECTOR_ADD;
    case NodeKind::depthwise_conv2d:
      return TD_VECTOR_DEPTHWISE;
    case NodeKind::conv2d:
    case NodeKind::dense:
      return TD_VECTOR_CONV;
    default:
      return TD_VECTOR_REQUANTISE;
  }
}

}  // namespace

void vector_job(std::uint32_t step, const Schedule& schedule, const TensorPlaces& places, CommandList& commands) {
  const Node& n = schedule.node(step);
  const QuantisedLayer& q = schedule.quantised(step);
  const bool dense = q.kind == NodeKind::dense;
  const Shape& shape_in = schedule.graph.shape(n.inputs.front());
  const Shape in = dense ? Shape{1, 1, static_cast<int>(shape_in.elements())} : shape_in;
  const Shape& out = schedule.graph.shape(n.output);
  td_vector_job job{};
  job.layer = u16(step);
  job.op = static_cast<std::uint8_t>(vector_op(q.kind));
  job.flags = TD_TILE_INTERRUPT;
  job.src0 = places.address(n.inputs.front());
  job.src1 = n.inputs.size() > 1 ? places.address(n.inputs[1]) : 0;
  job.dst = places.address(n.output);
  job.in_h = u16(static_cast<std::uint64_t>(in.height));
  job.in_w = u16(static_cast<std::uint64_t>(in.width));
  job.in_c = u16(static_cast<std::uint64_t>(in.channels));
  job.out_h = u16(static_cast<std::uint64_t>(out.height));
  job.out_w = u16(static_cast<std::uint64_t>(out.width));
  job.out_c = u16(static_cast<std::uint64_t>(out.channels));
  job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
  if (n.has_window()) {
    job.kernel_h = u8(n.kernel_height);
    job.kernel_w = u8(n.kernel_width);
    job.stride_h = u8(n.stride_height);
    job.stride_w = u8(n.stride_width);
    job.dilation_h = u8(n.dilation_height);
    job.dilation_w = u8(n.dilation_width);
    job.pad_top = static_cast<std::int16_t>(n.padding.top);
    job.pad_left = static_cast<std::int16_t>(n.padding.left);
  }
  job.in0_zero_point = schedule.tensor(n.inputs.front()).zero_point;
  job.in1_zero_point = n.inputs.size() > 1 ? schedule.tensor(n.inputs[1]).zero_point : 0;
  job.out_zero_point = schedule.tensor(n.output).zero_point;
  job.act_min = q.act_min;
  job.act_max = q.act_max;
  job.left_shift = q.left_shift;
  job.multiplier0 = q.multiplier0;
  job.shift0 = q.shift0;
  job.multiplier1 = q.multiplier1;
  job.shift1 = q.shift1;
  job.out_multiplier = q.out_multiplier;
  job.out_shift = q.out_shift;
  if (!q.channels.empty()) {
    job.channels = commands.add_channels(q);  // index for now
    job.weights = commands.add_weights(q);    // offset for now
  }
  commands.start(job);
  commands.barrier(step);
}

void cpu_job(std::uint32_t step, const Schedule& schedule, const TensorPlaces& places, CommandList& commands) {
  const Node& n = schedule.node(step);
  const QuantisedLayer& q = schedule.quantised(step);
  const Shape& shape = schedule.graph.shape(n.output);
  td_cpu_job job{};
  job.layer = u16(step);
  job.op = TD_CPU_SOFTMAX;
  job.src = places.address(n.inputs.front());
  job.dst = places.address(n.output);
  job.columns = static_cast<std::uint32_t>(shape.channels);
  job.rows = static_cast<std::uint32_t>(shape.elements() / static_cast<std::size_t>(shape.channels));
  job.multiplier = q.out_multiplier;
  job.shift = q.out_shift;
  job.diff_min = q.diff_min;
  commands.start(job);
  commands.barrier(step);
}

}  // namespace tessera::compiler
