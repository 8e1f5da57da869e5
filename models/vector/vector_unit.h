// SPDX-License-Identifier: Apache-2.0
// The vector unit: a job unit that runs models/vector/kernels.h with time and energy.
//
// Timing law: a job is cut into its output rows; for each, input bytes are loaded, operations run at macs_per_cycle and
// the row is stored, in a three-stage pipeline over double buffers. Weights and channel tables are loaded first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/job_unit/job_unit.h"
#include "models/vector/kernels.h"
#include "models/vector/vector_parameters.h"

namespace tessera::vector {

class VectorUnit : public job_unit::JobUnit {
 public:
  /// @param burst_B  largest burst of the bus [bytes]; @param cycle  of the bus clock [ps]
  VectorUnit(const sc_core::sc_module_name& name, const VectorParameters& parameters, std::uint32_t base,
             std::uint32_t burst_B, probe::Time cycle, probe::Probe& probe);

 private:
  Outcome execute(const Job& job, probe::JobRecord& record) override;
  /// Reads a contiguous range in bursts. @return time of completion, 0 on a bus error
  [[nodiscard]] probe::Time read(std::uint32_t address, std::uint64_t bytes, probe::Time at);
  /// Writes a contiguous range in bursts. @return the last of them
  [[nodiscard]] Pending write(std::uint32_t address, std::span<const std::int8_t> data, probe::Time at);

  VectorParameters parameters_;
  std::uint32_t burst_B_;
  probe::ComponentId component_;
  Kernels kernels_;
  std::vector<std::uint8_t> scratch_;
};

}  // namespace tessera::vector
