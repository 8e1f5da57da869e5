// SPDX-License-Identifier: Apache-2.0
// A bank of DACs or ADCs: a resource that one product uses at a time. Private to a tile by default; a bank shared by a
// row, a column or the whole chip is one ConverterBank that several tiles hold, and they wait for each other.
// The arithmetic of a conversion is models/analog; this is its time, energy and counters.
#pragma once

#include <cstdint>
#include <string_view>
#include <systemc>

#include "models/interconnect/calendar.h"
#include "models/probe/probe.h"

namespace tessera::converter {

class ConverterBank : public sc_core::sc_module {
 public:
  enum class Kind : std::uint8_t { dac, adc };

  ConverterBank(const sc_core::sc_module_name& name, Kind kind, probe::Probe& probe);

  /// Reserves the bank for `duration` at the earliest time >= `at`. @return begin of the conversion [ps]
  [[nodiscard]] probe::Time reserve(probe::Time at, probe::Time duration);
  /// Books what one product converted.
  /// @param conversions  codes converted; @param clipped  of them at the end of the range (ADC)
  void book(probe::ScopeId scope, probe::Time at, std::uint64_t conversions, std::uint64_t clipped,
            probe::Energy energy);
  /// A piece of the bank's time line.
  void span(std::string_view what, probe::ScopeId scope, probe::Time begin, probe::Time end) {
    probe_.span(lane_, what, scope, begin, end);
  }
  /// Writes the counters to the probe.
  void dump(probe::Time until);

  [[nodiscard]] std::uint64_t conversions() const { return conversions_; }
  [[nodiscard]] std::uint64_t clipped() const { return clipped_; }
  [[nodiscard]] probe::Time busy() const { return calendar_.busy(); }

 private:
  probe::Probe& probe_;
  probe::LaneId lane_;
  probe::ComponentId component_;
  probe::CounterId conversions_id_, clipped_id_, busy_id_;
  interconnect::Calendar calendar_;
  std::uint64_t conversions_ = 0;
  std::uint64_t clipped_ = 0;
};

}  // namespace tessera::converter
