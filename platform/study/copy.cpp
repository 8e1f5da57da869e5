// SPDX-License-Identifier: Apache-2.0
#include "platform/study/copy.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "platform/study/bare_chip.h"
#include "platform/study/isolated.h"
#include "platform/study/traffic.h"
#include "sw/deployment/tessera_deployment.h"
#include "tessera_registers.hpp"

namespace tessera::platform {

CopyResult run_dram_copy_isolated(PlatformParameters platform, std::uint32_t bytes) {
  platform.ext_dram.present = true;
  platform.dma.channels = std::max(platform.dma.channels, 1u);
  const std::string text = isolated([&] {
    TrafficProbe probe;
    BareChip bare(platform, probe);
    td_dma_job job{};
    job.tag = 1;
    job.src = TD_DRAM_BASE;
    job.dst = TD_SRAM_BASE + 64;
    job.count[0] = bytes;
    job.count[1] = job.count[2] = 1;
    static_assert(sizeof(job) <= 64);
    std::memcpy(bare.chip().sram().bytes().data(), &job, sizeof(job));
    bare.run({{registers::dma::base_address, TD_SRAM_BASE}});
    return nlohmann::json{static_cast<double>(probe.end - probe.begin) * 1e-12, bare.run_s(),
                          bare.chip().bus().violations()}
        .dump();
  });
  const nlohmann::json values = nlohmann::json::parse(text);
  CopyResult result;
  result.time_s = values.at(0);
  result.processor_s = values.at(1);
  result.violations = values.at(2);
  return result;
}

}  // namespace tessera::platform
