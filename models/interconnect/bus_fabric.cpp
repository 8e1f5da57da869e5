// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/bus_fabric.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace tessera::interconnect {

BusFabric::BusFabric(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe)
    : sc_module(name),
      targets("targets"),
      initiators("initiators"),
      parameters_(parameters),
      probe_(probe),
      cycle_(static_cast<probe::Time>(std::llround(1.0e12 / parameters.clock_Hz))),
      word_shift_(static_cast<std::uint32_t>(std::countr_zero(parameters.bytes_per_beat()))),
      arbiter_(make_arbiter(parameters, cycle_)),
      component_(probe.add_component("bus", probe::Category::bus)) {
  counter_ids_ = {probe.add_counter("bus.busy", "cycles", "data path held by a burst"),
                  probe.add_counter("bus.beats", "events", "bus words moved"),
                  probe.add_counter("bus.bursts", "events", "bursts granted"),
                  probe.add_counter("bus.wait", "cycles", "sum over bursts: request to grant"),
                  probe.add_counter("bus.bytes", "bytes", "payload")};
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    traffic_ids_[i] =
        probe.add_counter(fmt::format("bus.bytes.{}", traffic_names[i]), "bytes", "payload, by what it is for");
  }
  targets.register_b_transport(this, &BusFabric::b_transport);
  targets.register_nb_transport_fw(this, &BusFabric::nb_transport_fw);
  initiators.register_nb_transport_bw(this, &BusFabric::nb_transport_bw);
  targets.register_transport_dbg(this, &BusFabric::transport_dbg);
  targets.register_get_direct_mem_ptr(this, &BusFabric::get_direct_mem_ptr);
}

void BusFabric::b_transport(int /*port*/, tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
  payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
}

tlm::tlm_sync_enum BusFabric::nb_transport_fw(int /*port*/, tlm::tlm_generic_payload& payload,
                                              tlm::tlm_phase& /*phase*/, sc_core::sc_time& /*delay*/) {
  payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum BusFabric::nb_transport_bw(int /*target*/, tlm::tlm_generic_payload& /*payload*/,
                                              tlm::tlm_phase& /*phase*/, sc_core::sc_time& /*delay*/) {
  return tlm::TLM_ACCEPTED;
}

void BusFabric::add_region(std::uint32_t base, std::uint64_t size, const std::string& name) {
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
  latest_ = nullptr;
  regions_.insert(std::upper_bound(regions_.begin(), regions_.end(), region,
                                   [](const Region& a, const Region& b) { return a.base < b.base; }),
                  region);
}

ProtocolChecker& BusFabric::add_checker() {
  const std::string module_name = fmt::format("protocol_checker_{}", checkers_.size());
  checkers_.push_back(std::make_unique<ProtocolChecker>(module_name.c_str()));
  checkers_.back()->report = [this](std::string_view what) {
    if (report_violation) {
      report_violation(what);
    }
  };
  return *checkers_.back();
}

std::uint64_t BusFabric::violations() const {
  std::uint64_t sum = 0;
  for (const auto& checker : checkers_) {
    sum += checker->violations();
  }
  return sum;
}

const BusFabric::Region* BusFabric::find(std::uint64_t address, std::uint64_t bytes) const {
  if (bytes == 0) {
    return nullptr;
  }
  const auto holds = [&](const Region& region) {
    return address >= region.base && address <= region.last && bytes - 1 <= region.last - address;
  };
  if (latest_ != nullptr && holds(*latest_)) {
    return latest_;
  }
  const auto after = std::upper_bound(regions_.begin(), regions_.end(), address,
                                      [](std::uint64_t a, const Region& region) { return a < region.base; });
  if (after == regions_.begin()) {
    return nullptr;
  }
  const Region& region = *std::prev(after);
  if (!holds(region)) {
    return nullptr;
  }
  return latest_ = &region;
}

void BusFabric::dump(probe::Time until) {
  probe_.counter(counter_ids_[0], counters_.busy / cycle_, until);
  probe_.counter(counter_ids_[1], counters_.beats, until);
  probe_.counter(counter_ids_[2], counters_.bursts, until);
  probe_.counter(counter_ids_[3], counters_.wait / cycle_, until);
  probe_.counter(counter_ids_[4], counters_.bytes, until);
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    probe_.counter(traffic_ids_[i], counters_.bytes_for[i], until);
  }
}

unsigned BusFabric::transport_dbg(int /*port*/, tlm::tlm_generic_payload& payload) {
  const Region* region = find(payload.get_address(), payload.get_data_length());
  return region == nullptr ? 0 : initiators[static_cast<int>(region->port)]->transport_dbg(payload);
}

bool BusFabric::get_direct_mem_ptr(int /*port*/, tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& dmi) {
  // A direct pointer would bypass the contention that this bus exists to model.
  dmi.allow_none();
  dmi.set_start_address(0);
  dmi.set_end_address(~sc_dt::uint64{0});
  return false;
}

std::string BusFabric::nearest_regions(std::uint32_t address) const {
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
