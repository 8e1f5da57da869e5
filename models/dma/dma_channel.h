// SPDX-License-Identifier: Apache-2.0
// One channel of the DMA engine: a job unit that copies up to three-dimensional blocks over the shared bus, burst by
// burst, reading the next burst while it writes the last one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/dma/dma_parameters.h"
#include "models/interconnect/bus_parameters.h"
#include "models/job_unit/job_unit.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::dma {

/// Empty if the descriptor can be executed, else what is wrong with it.
[[nodiscard]] std::string check(const td_dma_job& job);

class DmaChannel : public job_unit::JobUnit {
 public:
  DmaChannel(const sc_core::sc_module_name& name, const DmaParameters& parameters, std::uint32_t base,
             const interconnect::BusParameters& bus, probe::Probe& probe);

 private:
  struct Burst {
    std::uint32_t from = 0, to = 0, size = 0;
  };
  class Walk;

  Outcome execute(const Job& job, probe::JobRecord& record) override;
  /// Loosely timed: ends of transfers are known when they are asked for.
  [[nodiscard]] Outcome copy_booked(const td_dma_job& job, probe::Time at, probe::JobRecord& record);
  /// Approximately timed: a read is under way while the last one is written.
  [[nodiscard]] Outcome copy_phased(const td_dma_job& job, probe::Time at, probe::JobRecord& record);
  /// A channel moves no more than bytes_per_cycle.
  [[nodiscard]] probe::Time least_time(const Burst& burst) const;
  [[nodiscard]] static Outcome unreadable(const Burst& burst);
  [[nodiscard]] static Outcome unwritable(const Burst& burst);

  DmaParameters parameters_;
  std::uint32_t burst_B_;
  probe::Time answer_;  ///< the way of an answer over the bus
  std::array<std::vector<std::uint8_t>, 2> buffers_;
};

}  // namespace tessera::dma
