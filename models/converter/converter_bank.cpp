// SPDX-License-Identifier: Apache-2.0
#include "models/converter/converter_bank.h"

#include <string>

namespace tessera::converter {

ConverterBank::ConverterBank(const sc_core::sc_module_name& name, Kind kind, probe::Probe& probe)
    : sc_module(name),
      probe_(probe),
      lane_(probe.add_lane(this->name())),
      component_(probe.add_component(this->name(), kind == Kind::dac ? probe::Category::dac : probe::Category::adc)),
      conversions_id_(probe.add_counter(std::string(this->name()) + ".conversions", "events", "codes converted")),
      clipped_id_(
          probe.add_counter(std::string(this->name()) + ".clipped", "events", "conversions at the range's end")),
      busy_id_(probe.add_counter(std::string(this->name()) + ".busy", "ps", "time reserved by products")) {}

probe::Time ConverterBank::reserve(probe::Time at, probe::Time duration) {
  constexpr probe::Time horizon = 1'000'000'000;  // nobody asks for more than 1 ms ago
  const probe::Time now = sc_core::sc_time_stamp().value();
  calendar_.forget_before(now > horizon ? now - horizon : 0);
  return calendar_.reserve(at, duration);
}

void ConverterBank::book(probe::ScopeId scope, probe::Time at, std::uint64_t conversions, std::uint64_t clipped,
                         probe::Energy energy) {
  conversions_ += conversions;
  clipped_ += clipped;
  probe_.energy(component_, probe::Cause::dynamic, scope, at, energy);
}

void ConverterBank::dump(probe::Time until) {
  probe_.counter(conversions_id_, conversions_, until);
  probe_.counter(clipped_id_, clipped_, until);
  probe_.counter(busy_id_, calendar_.busy(), until);
}

}  // namespace tessera::converter
