// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tessera_registers.hpp"

namespace tessera::dma {

using job_unit::Counter;
using job_unit::Error;
using probe::Time;
namespace reg = registers::job_unit;

std::string check(const td_dma_job& job) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 28;
  std::uint64_t total = 1;
  for (const std::uint32_t count : job.count) {
    if (count == 0) {
      return "all three counts must be at least 1";
    }
    total *= count;
    if (total > largest) {
      return "more than 256 MiB in one job";
    }
  }
  return {};
}

DmaChannel::DmaChannel(const sc_core::sc_module_name& name, const DmaParameters& parameters, std::uint32_t base,
                       std::uint32_t burst_B, Time cycle, probe::Probe& probe)
    : JobUnit(name,
              {.base = base,
               .window = 0x100,
               .id = reg::id_dma,
               .queue_depth = parameters.queue_depth,
               .cycle = cycle,
               .kind = 3,
               .power = {.active_W = parameters.active_W}},
              probe),
      parameters_(parameters),
      burst_B_(std::min(burst_B, 256u)),
      buffer_(burst_B_) {}

DmaChannel::Outcome DmaChannel::execute(const Job& queued, probe::JobRecord& record) {
  td_dma_job job{};
  std::array<std::uint8_t, sizeof(job)> raw{};
  Time at = transfer(false, queued.address, raw, now());
  if (at == 0) {
    return {Error::bus_error, fmt::format("no memory at descriptor address {:#010x}", queued.address), false};
  }
  std::memcpy(&job, raw.data(), sizeof(job));
  begin_scope(queued, job.tag, job.layer);
  if (const std::string problem = check(job); !problem.empty()) {
    return {Error::bad_descriptor, fmt::format("descriptor at {:#010x}: {}", queued.address, problem), false};
  }
  at += parameters_.setup_cycles * unit().cycle;
  record.fetch = at - record.begin;
  Time read_free = at;
  Time write_free = at;
  bool streaming = false;
  for (std::uint32_t z = 0; z < job.count[2]; ++z) {
    for (std::uint32_t y = 0; y < job.count[1]; ++y) {
      // Unsigned arithmetic: a hostile stride wraps around and meets a bus error, nothing worse.
      const std::uint32_t src = job.src + y * static_cast<std::uint32_t>(job.src_stride[0]) +
                                z * static_cast<std::uint32_t>(job.src_stride[1]);
      const std::uint32_t dst = job.dst + y * static_cast<std::uint32_t>(job.dst_stride[0]) +
                                z * static_cast<std::uint32_t>(job.dst_stride[1]);
      for (std::uint32_t x = 0; x < job.count[0]; x += burst_B_) {
        const std::uint32_t size = std::min(burst_B_, job.count[0] - x);
        const auto burst = std::span(buffer_).first(size);
        wait_until(read_free);
        const Time limit = (size + parameters_.bytes_per_cycle - 1) / parameters_.bytes_per_cycle * unit().cycle;
        const std::uint32_t from = (job.flags & TD_DMA_FIXED_SRC) != 0 ? job.src : src + x;
        const std::uint32_t to = (job.flags & TD_DMA_FIXED_DST) != 0 ? job.dst : dst + x;
        const Time read = transfer(false, from, burst, read_free, streaming);
        if (read == 0) {
          return {Error::bus_error, fmt::format("no readable memory at {:#010x} ({} bytes)", from, size), false};
        }
        read_free = std::max(read, read_free + limit);
        write_free = transfer(true, to, burst, std::max(read_free, write_free), streaming);
        if (write_free == 0) {
          return {Error::bus_error, fmt::format("no writable memory at {:#010x} ({} bytes)", to, size), false};
        }
        streaming = true;
        add(Counter::products, size);
        record.count += size;
      }
    }
  }
  wait_until(std::max(read_free, write_free));
  record.compute = now() - at;
  return {Error::none, {}, (job.flags & TD_TILE_INTERRUPT) != 0};
}

}  // namespace tessera::dma
