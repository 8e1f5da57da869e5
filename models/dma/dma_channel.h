// SPDX-License-Identifier: Apache-2.0
// One channel of the DMA engine: a job unit that copies up to three-dimensional blocks over the shared bus, burst by
// burst, reading the next burst while it writes the last one.
#pragma once

#include <cstdint>
#include <vector>

#include "models/dma/dma_parameters.h"
#include "models/job_unit/job_unit.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::dma {

/// Empty if the descriptor can be executed, else what is wrong with it.
[[nodiscard]] std::string check(const td_dma_job& job);

class DmaChannel : public job_unit::JobUnit {
 public:
  DmaChannel(const sc_core::sc_module_name& name, const DmaParameters& parameters, std::uint32_t base,
             std::uint32_t burst_B, probe::Time cycle, probe::Probe& probe);

 private:
  Outcome execute(const Job& job, probe::JobRecord& record) override;

  DmaParameters parameters_;
  std::uint32_t burst_B_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace tessera::dma
