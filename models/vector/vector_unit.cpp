// SPDX-License-Identifier: Apache-2.0
#include "models/vector/vector_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tessera_registers.hpp"

namespace tessera::vector {

using job_unit::Counter;
using job_unit::Error;
using probe::Time;
namespace reg = registers::job_unit;

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const VectorParameters& parameters, std::uint32_t base,
                       std::uint32_t burst_B, Time cycle, probe::Probe& probe)
    : JobUnit(name,
              {.base = base,
               .window = 0x100,
               .id = reg::id_vector,
               .queue_depth = parameters.queue_depth,
               .cycle = cycle,
               .kind = 2},
              probe),
      parameters_(parameters),
      burst_B_(burst_B),
      component_(probe.add_component(this->name(), probe::Category::digital)),
      scratch_(burst_B) {}

Time VectorUnit::read(std::uint32_t address, std::uint64_t bytes, Time at) {
  bool pipelined = false;
  for (std::uint64_t done = 0; done < bytes && at != 0;) {
    const std::uint64_t size = std::min<std::uint64_t>(bytes - done, burst_B_);
    at = fetch(address + static_cast<std::uint32_t>(done), std::span(scratch_).first(size), at, pipelined);
    pipelined = true;
    done += size;
  }
  return at == 0 ? 0 : fetched(at, last_fetch());
}

VectorUnit::Pending VectorUnit::write(std::uint32_t address, std::span<const std::int8_t> data, Time at) {
  Pending stored{at, 0};
  for (std::size_t done = 0; done < data.size() && !failed(stored);) {
    const std::size_t size = std::min<std::size_t>(data.size() - done, burst_B_);
    std::memcpy(scratch_.data(), data.data() + done, size);
    stored =
        post(address + static_cast<std::uint32_t>(done), std::span(scratch_).first(size), behind(stored, at), done > 0);
    done += size;
  }
  return stored;
}

VectorUnit::Outcome VectorUnit::execute(const Job& queued, probe::JobRecord& record) {
  td_vector_job job{};
  std::array<std::uint8_t, sizeof(job)> raw{};
  moves(interconnect::Traffic::descriptor);
  Time at = transfer(false, queued.address, raw, now());
  moves(interconnect::Traffic::vector);
  if (at == 0) {
    return {Error::bus_error, fmt::format("no memory at descriptor address {:#010x}", queued.address), false};
  }
  std::memcpy(&job, raw.data(), sizeof(job));
  begin_scope(queued, job.tag, job.layer);
  if (const std::string problem = check(job); !problem.empty()) {
    return {Error::bad_descriptor, fmt::format("descriptor at {:#010x}: {}", queued.address, problem), false};
  }
  const Error no_memory = Error::bus_error;
  if (!kernels_.compute(job, functional())) {
    return {no_memory, fmt::format("no memory at a source of the descriptor at {:#010x}", queued.address), false};
  }
  at += parameters_.setup_cycles * unit().cycle;
  if (weight_bytes(job) > 0) {
    at = read(job.weights, weight_bytes(job), at);
    at = at == 0 ? 0 : read(job.channels, std::uint64_t{job.out_c} * sizeof(td_channel), at);
  }
  record.fetch = at - record.begin;

  const std::uint64_t operations = kernels_.work().operations;
  const std::uint64_t out_bytes = output_bytes(job);
  const std::uint64_t in_bytes = std::uint64_t{job.in_h} * job.in_w * job.in_c;
  const std::uint64_t parts = job.out_h;
  const auto share = [parts](std::uint64_t total, std::uint64_t part) { return total * part / parts; };
  Time load_free = at;
  Time compute_free = at;
  Time compute_begin_previous = at;
  std::array<Pending, 2> stores = {{{at, 0}, {at, 0}}};
  for (std::uint64_t part = 0; part < parts && at != 0; ++part) {
    const Time load_begin = std::max(load_free, compute_begin_previous);
    wait_until(load_begin);
    const std::uint64_t from = share(in_bytes, part);
    const std::uint64_t size = share(in_bytes, part + 1) - from;
    load_free = read(job.src0 + static_cast<std::uint32_t>(from), size, load_begin);
    if (job.op == TD_VECTOR_ADD && load_free != 0) {
      load_free = read(job.src1 + static_cast<std::uint32_t>(from), size, load_free);
    }
    const Time ready = std::max(compute_free, load_free);
    const Time buffer_free = settled(stores[part % 2], ready);
    const Time begin = std::max(ready, buffer_free);
    add(Counter::load_stall, ready - compute_free);
    add(Counter::store_stall, begin - ready);
    const std::uint64_t work = share(operations, part + 1) - share(operations, part);
    const Time duration = (work + parameters_.macs_per_cycle - 1) / parameters_.macs_per_cycle * unit().cycle;
    compute_begin_previous = begin;
    compute_free = begin + duration;
    record.compute += duration;
    add(Counter::products, work);
    probe().energy(component_, probe::Cause::dynamic, scope(), compute_free,
                   probe::to_attojoules(parameters_.mac_J * static_cast<double>(work)));
    const std::uint64_t out_from = share(out_bytes, part);
    stores[part % 2] = write(job.dst + static_cast<std::uint32_t>(out_from),
                             std::span(kernels_.outputs()).subspan(out_from, share(out_bytes, part + 1) - out_from),
                             behind(stores[(part + 1) % 2], compute_free));
    at = load_free == 0 || buffer_free == 0 || failed(stores[part % 2]) ? 0 : compute_free;
  }
  const std::array<Time, 2> ends = {settled(stores[0], compute_free), settled(stores[1], compute_free)};
  at = ends[0] == 0 || ends[1] == 0 ? 0 : at;
  if (at == 0) {
    return {no_memory, fmt::format("no memory at a tensor of the descriptor at {:#010x}", queued.address), false};
  }
  wait_until(std::max(ends[0], ends[1]));
  record.count = operations;
  add(Counter::saturated, kernels_.work().saturated);
  return {Error::none, {}, (job.flags & TD_TILE_INTERRUPT) != 0};
}

}  // namespace tessera::vector
