// SPDX-License-Identifier: Apache-2.0
// What the vector unit computes: int8 operators with TFLite Micro's arithmetic. SystemC-free; the evaluator runs the
// same functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/memory/memory_port.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::vector {

/// Work of one job, for time and energy.
struct Work {
  std::uint64_t operations = 0;  ///< MACs, or elements touched for operators without products
  std::uint64_t saturated = 0;   ///< accumulations that left 32 bits
};

/// Empty if the descriptor can be executed, else what is wrong with it.
[[nodiscard]] std::string check(const td_vector_job& job);

[[nodiscard]] std::uint64_t input_bytes(const td_vector_job& job);  ///< of src0 (and of src1 for ADD)
[[nodiscard]] std::uint64_t output_bytes(const td_vector_job& job);
[[nodiscard]] std::uint64_t weight_bytes(const td_vector_job& job);  ///< 0 for operators without weights

/// Executes jobs; holds the buffers so that repeated jobs do not allocate.
class Kernels {
 public:
  /// Reads the sources through `memory` and computes the whole output tensor (int8, NHWC, in outputs()).
  /// @return false if memory could not be read. Requires check(job).empty().
  [[nodiscard]] bool compute(const td_vector_job& job, memory::MemoryPort& memory);
  [[nodiscard]] const std::vector<std::int8_t>& outputs() const { return out_; }
  [[nodiscard]] const Work& work() const { return work_; }

 private:
  bool load(const td_vector_job& job, memory::MemoryPort& memory);
  void max_pool(const td_vector_job& job);
  void average_pool(const td_vector_job& job);
  void add(const td_vector_job& job);
  void requantise(const td_vector_job& job);
  void depthwise(const td_vector_job& job);
  void convolution(const td_vector_job& job);

  std::vector<std::int8_t> in0_, in1_, weights_, out_;
  std::vector<td_channel> channels_;
  Work work_;
};

}  // namespace tessera::vector
