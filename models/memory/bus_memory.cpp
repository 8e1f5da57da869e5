// SPDX-License-Identifier: Apache-2.0
#include "models/memory/bus_memory.h"

#include <algorithm>
#include <cmath>

#include "models/interconnect/transaction_context.h"
#include "models/memory/byte_access.h"
#include "models/memory/sram_energy.h"

namespace tessera::memory {

BusMemory::BusMemory(const sc_core::sc_module_name& name, std::uint32_t base, const SramParameters& parameters,
                     const interconnect::BusParameters& bus, bool writable, probe::Probe& probe)
    : sc_module(name),
      socket("socket"),
      base_(base),
      parameters_(at_bank_size(parameters)),
      probe_(probe),
      component_(probe.add_component(this->name(), probe::Category::memory)),
      leakage_component_(probe.add_component(std::string(this->name()) + ".leakage", probe::Category::statics)),
      writable_(writable),
      word_(bus.bytes_per_beat()),
      cycle_(static_cast<probe::Time>(std::llround(1.0e12 / bus.clock_Hz))),
      bytes_(parameters.size_B),
      bank_free_(std::max(parameters.banks, 1u)) {
  residency_.begin_in(probe::PowerState::active);
  socket.register_b_transport(this, &BusMemory::b_transport);
  socket.register_transport_dbg(this, &BusMemory::transport_dbg);
}

bool BusMemory::copy(tlm::tlm_generic_payload& payload, bool debug) {
  return access_bytes(payload, base_, bytes_, writable_ || debug);
}

void BusMemory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!copy(payload, false)) {
    return;
  }
  const std::uint64_t first = payload.get_address() / word_;
  const std::uint64_t beats = (payload.get_address() + payload.get_data_length() - 1) / word_ - first + 1;
  const probe::Time now = sc_core::sc_time_stamp().value();
  const probe::Time access = cycle_ * parameters_.access_cycles;
  // The beats arrive back to back and end at `arrived`; each then takes its bank for `access`.
  const probe::Time arrived = now + delay.value();
  probe::Time done = arrived;
  probe::Time late = 0;
  for (std::uint64_t beat = 0; beat < beats; ++beat) {
    const probe::Time at = arrived - std::min(arrived, (beats - 1 - beat) * cycle_) + late;
    probe::Time& free = bank_free_[(first + beat) % bank_free_.size()];
    // A bank reserved far ahead by an initiator that runs ahead of this one does not block it.
    const probe::Time wait = free > at && free - at <= access ? free - at : 0;
    late += wait;
    free = std::max(free, at + wait + access);
    done = at + wait + access;
  }
  bank_wait_ += late;
  delay = sc_core::sc_time::from_value(done - now);

  interconnect::TransactionContext* context = nullptr;
  payload.get_extension(context);
  const bool narrow = payload.get_data_length() <= 4;
  const double joules =
      payload.is_write() ? parameters_.write_128b_J * (narrow ? parameters_.read_32b_J / parameters_.read_128b_J : 1.0)
      : narrow           ? parameters_.read_32b_J
                         : parameters_.read_128b_J;
  // Energies are per 128-bit access; a wider or narrower bus word costs in proportion.
  const double accesses = narrow ? 1.0 : static_cast<double>(beats) * word_ / 16.0;
  probe_.energy(component_, probe::Cause::dynamic, context != nullptr ? context->scope : probe::idle_scope, done,
                probe::to_attojoules(joules * accesses));
}

unsigned BusMemory::transport_dbg(tlm::tlm_generic_payload& payload) {
  return copy(payload, true) ? payload.get_data_length() : 0;
}

void BusMemory::sleep(probe::Time at, bool retain, double retention_W) {
  book_leakage(at);
  retention_W_ = retention_W;
  residency_.enter(retain ? probe::PowerState::sleep : probe::PowerState::off);
  if (!retain) {
    std::fill(bytes_.begin(), bytes_.end(), lost_byte);
  }
}

void BusMemory::wake_up(probe::Time at) {
  book_leakage(at);
  residency_.enter(probe::PowerState::active);
}

void BusMemory::book_leakage(probe::Time until) {
  if (until <= leakage_booked_) {
    return;
  }
  if (writable_) {  // a ROM is flash: no standby power
    const double leakage_W = parameters_.leakage_W_per_kB * static_cast<double>(parameters_.size_B) / 1024.0;
    const double watts = residency_.state() == probe::PowerState::active  ? leakage_W
                         : residency_.state() == probe::PowerState::sleep ? retention_W_
                                                                          : 0.0;
    probe_.power(leakage_component_, probe::Cause::leakage, probe::idle_scope, leakage_booked_, until, watts);
    residency_.add_time(until - leakage_booked_);
    residency_.add_energy(until - leakage_booked_, watts);
  }
  leakage_booked_ = until;
}

}  // namespace tessera::memory
