// SPDX-License-Identifier: Apache-2.0
// Follows the tensors of a compiled network through memory.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "sw/compiler/emit/compile.h"
#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// Which tensor's values each byte of the arena, of DRAM and of tiles' input buffers holds, job after job: what a layer
/// reads must still be there.
class Shadow {
 public:
  Shadow(const Graph& graph, const CompileResult& result) : graph_(graph), c_(result.contents) {
    write(c_.tensors[c_.model.input_tensor].address, c_.model.frame_bytes, root(graph.input));
    for (const td_command& command : c_.commands) {
      const Node* node = command.tag != 0 ? node_of(command.layer) : nullptr;
      if (node == nullptr) {
        continue;
      }
      for (const int input : node->inputs) {
        expect_held(input, "layer " + std::to_string(command.layer));
      }
      execute(command, root(node->output));
    }
    expect_held(graph.output, "the end");
  }

 private:
  static constexpr int kNobody = -1;
  static constexpr int kPartial = -2;

  [[nodiscard]] int root(int tensor) const {  // a reshape's output is its input under another name
    const int producer = graph_.producer(tensor);
    if (producer >= 0 && graph_.nodes[static_cast<std::size_t>(producer)].kind == NodeKind::reshape) {
      return root(graph_.nodes[static_cast<std::size_t>(producer)].inputs.front());
    }
    return tensor;
  }
  [[nodiscard]] const Node* node_of(std::uint32_t layer) const {
    for (const Node& node : graph_.nodes) {
      if (node.name == c_.name(c_.layers[layer].name)) {
        return &node;
      }
    }
    return nullptr;
  }
  [[nodiscard]] int owner(std::uint64_t address) const {
    const auto found = owner_.find(address);
    return found != owner_.end() ? found->second : kNobody;
  }
  [[nodiscard]] bool there(std::uint64_t address) const {
    if (address >= TD_SRAM_BASE) {
      return address >= TD_DRAM_BASE ? address - TD_DRAM_BASE < c_.model.dram_bytes
                                     : address - c_.model.arena_base < c_.model.arena_bytes;
    }
    return address >= TD_TILE_BASE && (address - TD_TILE_BASE) % TD_TILE_STRIDE >= TD_TILE_INPUT_BUFFER_OFFSET;
  }
  void write(std::uint64_t address, std::uint64_t bytes, int who) {
    for (std::uint64_t i = 0; i < bytes; ++i) {
      ASSERT_TRUE(there(address + i)) << address + i;
      owner_[address + i] = who;
    }
  }
  void expect_held(int tensor, const std::string& when) const {
    const td_tensor& t = c_.tensors[static_cast<std::size_t>(tensor)];
    for (std::uint32_t i = 0; i < t.bytes; ++i) {
      ASSERT_EQ(owner(std::uint64_t{t.address} + i), root(tensor)) << when << ", byte " << i << " of tensor " << tensor;
    }
  }
  void execute(const td_command& command, int who) {
    for (const td_tile_job& job : c_.tile_jobs) {
      const bool partial = (job.flags & TD_TILE_STORE_PARTIAL) != 0;
      for (std::uint32_t n = job.product_first; job.tag == command.tag && n < job.product_first + job.product_count;
           ++n) {
        if ((job.flags & TD_TILE_ADD_PARTIAL) != 0) {
          ASSERT_EQ(owner(job.partial_src + n * job.outputs * 4U), kPartial);
        }
        write(partial ? job.dst + n * job.outputs * 4U : job.dst + n * job.dst_stride,
              job.outputs * (partial ? 4U : 1U), partial ? kPartial : who);
      }
    }
    for (const td_vector_job& job : c_.vector_jobs) {
      if (job.tag == command.tag) {
        write(job.dst, std::uint64_t{job.out_h} * job.out_w * job.out_c, who);
      }
    }
    for (const td_cpu_job& job : c_.cpu_jobs) {
      if (job.tag == command.tag) {
        write(job.dst, std::uint64_t{job.rows} * job.columns, who);
      }
    }
  }

  const Graph& graph_;
  const deployment::Contents& c_;
  std::map<std::uint64_t, int> owner_;  ///< address -> tensor
};

}  // namespace tessera::compiler
