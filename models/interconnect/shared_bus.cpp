// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/shared_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tessera::interconnect {

SharedBus::SharedBus(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe)
    : sc_module(name),
      targets("targets"),
      initiators("initiators"),
      parameters_(parameters),
      probe_(probe),
      component_(probe.add_component("bus", probe::Category::bus)),
      cycle_(static_cast<probe::Time>(std::llround(1.0e12 / parameters.clock_Hz))),
      word_(parameters.bytes_per_beat()) {
  counter_ids_ = {probe.add_counter("bus.busy", "cycles", "data path held by a burst"),
                  probe.add_counter("bus.beats", "events", "bus words moved"),
                  probe.add_counter("bus.bursts", "events", "bursts granted"),
                  probe.add_counter("bus.wait", "cycles", "sum over bursts: request to grant"),
                  probe.add_counter("bus.bytes", "bytes", "payload")};
  targets.register_b_transport(this, &SharedBus::b_transport);
  targets.register_transport_dbg(this, &SharedBus::transport_dbg);
  targets.register_get_direct_mem_ptr(this, &SharedBus::get_direct_mem_ptr);
}

void SharedBus::add_region(std::uint32_t base, std::uint64_t size, const std::string& name) {
  const std::uint64_t end = std::uint64_t{base} + size;
  if (size == 0 || end > (std::uint64_t{1} << 32)) {
    throw std::invalid_argument(
        fmt::format("bus region {} at {:#x} has size {:#x}: it must lie within 32-bit addresses", name, base, size));
  }
  const Region region{base, static_cast<std::uint32_t>(end - 1), static_cast<std::uint32_t>(regions_.size()), name};
  for (const Region& other : regions_) {
    if (region.base <= other.last && other.base <= region.last) {
      throw std::invalid_argument(fmt::format("bus regions {} and {} overlap", name, other.name));
    }
  }
  regions_.insert(std::upper_bound(regions_.begin(), regions_.end(), region,
                                   [](const Region& a, const Region& b) { return a.base < b.base; }),
                  region);
}

const SharedBus::Region* SharedBus::find(std::uint64_t address, std::uint64_t bytes) const {
  const auto after = std::upper_bound(regions_.begin(), regions_.end(), address,
                                      [](std::uint64_t a, const Region& region) { return a < region.base; });
  if (after == regions_.begin()) {
    return nullptr;
  }
  const Region& region = *std::prev(after);
  return bytes != 0 && address + bytes - 1 <= region.last ? &region : nullptr;
}

void SharedBus::b_transport(int /*port*/, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t bytes = payload.get_data_length();
  const Region* region = find(address, bytes);
  if (region == nullptr) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  TransactionContext* context = nullptr;
  payload.get_extension(context);
  const probe::Time now = sc_core::sc_time_stamp().value();
  const probe::Time latency = cycle_ * parameters_.latency_cycles;
  const probe::Time offset = delay.value();
  const probe::Time request =
      now + (context != nullptr && context->pipelined && offset >= latency ? offset - latency : offset);
  data_path_.forget_before(now > 1'000'000'000 ? now - 1'000'000'000 : 0);  // nobody asks for more than 1 ms ago

  std::uint64_t beats = (address + bytes - 1) / word_ - address / word_ + 1;
  counters_.beats += beats;
  counters_.bytes += bytes;
  probe::Time at = request;
  probe::Time waited = 0;
  probe::Time granted = 0;
  while (beats > 0) {
    const std::uint64_t burst = std::min<std::uint64_t>(beats, parameters_.burst_beats);
    const probe::Time begin = data_path_.reserve(at, burst * cycle_);
    granted = granted == 0 ? begin : granted;
    waited += begin - at;
    at = begin + burst * cycle_;
    beats -= burst;
    ++counters_.bursts;
  }
  counters_.busy = data_path_.busy();
  counters_.wait += waited;
  const probe::ScopeId scope = context != nullptr ? context->scope : probe::idle_scope;
  probe_.energy(component_, probe::Cause::dynamic, scope, at,
                probe::to_attojoules(parameters_.energy_per_bit_J * 8.0 * static_cast<double>(bytes)));
  delay = sc_core::sc_time::from_value(at + latency - now);
  if (context != nullptr) {
    context->bus_wait = waited;
    if (probe_.full()) {
      probe_.transaction({context->lane, scope, request, granted, at + latency, static_cast<std::uint32_t>(address),
                          static_cast<std::uint32_t>(bytes), payload.is_write()});
    }
  }
  initiators[static_cast<int>(region->port)]->b_transport(payload, delay);
}

void SharedBus::dump(probe::Time until) {
  probe_.counter(counter_ids_[0], counters_.busy / cycle_, until);
  probe_.counter(counter_ids_[1], counters_.beats, until);
  probe_.counter(counter_ids_[2], counters_.bursts, until);
  probe_.counter(counter_ids_[3], counters_.wait / cycle_, until);
  probe_.counter(counter_ids_[4], counters_.bytes, until);
}

unsigned SharedBus::transport_dbg(int /*port*/, tlm::tlm_generic_payload& payload) {
  const Region* region = find(payload.get_address(), payload.get_data_length());
  return region == nullptr ? 0 : initiators[static_cast<int>(region->port)]->transport_dbg(payload);
}

bool SharedBus::get_direct_mem_ptr(int /*port*/, tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& dmi) {
  // A direct pointer would bypass the contention that this bus exists to model.
  dmi.allow_none();
  dmi.set_start_address(0);
  dmi.set_end_address(~sc_dt::uint64{0});
  return false;
}

std::string SharedBus::nearest_regions(std::uint32_t address) const {
  const Region* below = nullptr;
  const Region* above = nullptr;
  for (const Region& region : regions_) {
    if (region.base <= address) {
      below = &region;
    } else if (above == nullptr) {
      above = &region;
    }
  }
  std::string text;
  for (const Region* region : {below, above}) {
    if (region != nullptr) {
      text +=
          fmt::format("{}{} {:#010x}..{:#010x}", text.empty() ? "" : ", ", region->name, region->base, region->last);
    }
  }
  return text;
}

}  // namespace tessera::interconnect
