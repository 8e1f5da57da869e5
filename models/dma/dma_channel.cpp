// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
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

namespace {

Time cycle_of(const interconnect::BusParameters& bus) {
  return static_cast<Time>(std::llround(1.0e12 / bus.clock_Hz));
}

}  // namespace

DmaChannel::DmaChannel(const sc_core::sc_module_name& name, const DmaParameters& parameters, std::uint32_t base,
                       const interconnect::BusParameters& bus, probe::Probe& probe)
    : JobUnit(name,
              {.base = base,
               .window = 0x100,
               .id = reg::id_dma,
               .queue_depth = parameters.queue_depth,
               .cycle = cycle_of(bus),
               .kind = 3,
               .power = {.active_W = parameters.active_W}},
              probe),
      parameters_(parameters),
      burst_B_(std::min(bus.burst_beats * bus.bytes_per_beat(), 256u)),
      answer_(bus.latency_cycles * unit().cycle),
      buffers_{std::vector<std::uint8_t>(burst_B_), std::vector<std::uint8_t>(burst_B_)} {}

/// The bursts of a job, one after the other.
class DmaChannel::Walk {
 public:
  Walk(const td_dma_job& job, std::uint32_t burst_B) : job_(job), burst_B_(burst_B) {}

  /// @return false behind the last one
  bool next(Burst& burst) {
    if (x_ >= job_.count[0]) {
      x_ = 0;
      if (++y_ == job_.count[1]) {
        y_ = 0;
        ++z_;
      }
    }
    if (z_ == job_.count[2]) {
      return false;
    }
    // Unsigned arithmetic: a hostile stride wraps around and meets a bus error, nothing worse.
    const std::uint32_t src = job_.src + y_ * static_cast<std::uint32_t>(job_.src_stride[0]) +
                              z_ * static_cast<std::uint32_t>(job_.src_stride[1]);
    const std::uint32_t dst = job_.dst + y_ * static_cast<std::uint32_t>(job_.dst_stride[0]) +
                              z_ * static_cast<std::uint32_t>(job_.dst_stride[1]);
    burst.size = std::min(burst_B_, job_.count[0] - x_);
    burst.from = (job_.flags & TD_DMA_FIXED_SRC) != 0 ? job_.src : src + x_;
    burst.to = (job_.flags & TD_DMA_FIXED_DST) != 0 ? job_.dst : dst + x_;
    x_ += burst.size;
    return true;
  }

 private:
  const td_dma_job& job_;
  std::uint32_t burst_B_;
  std::uint32_t x_ = 0, y_ = 0, z_ = 0;
};

DmaChannel::Outcome DmaChannel::unreadable(const Burst& burst) {
  return {Error::bus_error, fmt::format("no readable memory at {:#010x} ({} bytes)", burst.from, burst.size), false};
}

DmaChannel::Outcome DmaChannel::unwritable(const Burst& burst) {
  return {Error::bus_error, fmt::format("no writable memory at {:#010x} ({} bytes)", burst.to, burst.size), false};
}

Time DmaChannel::least_time(const Burst& burst) const {
  return (burst.size + parameters_.bytes_per_cycle - 1) / parameters_.bytes_per_cycle * unit().cycle;
}

DmaChannel::Outcome DmaChannel::copy_booked(const td_dma_job& job, Time at, probe::JobRecord& record) {
  Walk walk(job, burst_B_);
  Burst next;
  bool more = walk.next(next);
  std::size_t side = 0;
  Time read_begin = at;
  Time write_free = at;
  const auto ask = [&] {  // for the bytes of `next`
    return transfer(false, next.from, std::span(buffers_[side]).first(next.size), read_begin);
  };
  Time read = more ? ask() : at;
  Time written = at;
  while (more) {
    const Burst current = next;
    const auto bytes = std::span(buffers_[side]).first(current.size);
    if (read == 0) {
      return unreadable(current);
    }
    const Time here = read;
    more = walk.next(next);
    if (more) {
      // A port's next request is taken when the last one has been served, an answer's way before its bytes are here:
      // this read goes before the write of those bytes.
      side = 1 - side;
      read_begin = std::max(here - answer_, read_begin + least_time(current));
      wait_until(read_begin);
      read = ask();
    }
    written = transfer(true, current.to, bytes, std::max(here, write_free));
    if (written == 0) {
      return unwritable(current);
    }
    write_free = written - answer_;
    add(Counter::products, current.size);
    record.count += current.size;
  }
  wait_until(written);
  return {};
}

DmaChannel::Outcome DmaChannel::copy_phased(const td_dma_job& job, Time at, probe::JobRecord& record) {
  using Channel = interconnect::AtPort::Channel;
  Walk walk(job, burst_B_);
  Burst next;
  bool more = walk.next(next);
  std::size_t side = 0;
  Time read_begin = at;
  const auto ask = [&] {  // for the bytes of `next`
    return port()->read(next.from, next.size, read_begin, context(), std::span(buffers_[side]).first(next.size));
  };
  Ticket reads = more ? ask() : 0;
  Burst current;
  while (more) {
    current = next;
    const Ticket own = reads;
    const auto bytes = std::span(buffers_[side]).first(current.size);
    more = walk.next(next);
    if (more) {
      side = 1 - side;
      read_begin = std::max(now(), read_begin + least_time(current));
      reads = ask();  // the bus takes it when it has taken the one before
    }
    if (!port()->wait_done(Channel::read, own)) {
      return unreadable(current);
    }
    port()->write(current.to, bytes, now(), context());
    add(Counter::products, current.size);
    record.count += current.size;
  }
  return port()->wait_done(Channel::write, port()->last(Channel::write)) ? Outcome{} : unwritable(current);
}

DmaChannel::Outcome DmaChannel::execute(const Job& queued, probe::JobRecord& record) {
  td_dma_job job{};
  std::array<std::uint8_t, sizeof(job)> raw{};
  moves(interconnect::Traffic::descriptor);
  Time at = transfer(false, queued.address, raw, now());
  moves(interconnect::Traffic::dma);
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
  const Outcome outcome = port() == nullptr ? copy_booked(job, at, record) : copy_phased(job, at, record);
  if (outcome.error != Error::none) {
    return outcome;
  }
  record.compute = now() - at;
  return {Error::none, {}, (job.flags & TD_TILE_INTERRUPT) != 0};
}

}  // namespace tessera::dma
