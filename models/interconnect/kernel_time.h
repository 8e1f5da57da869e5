// SPDX-License-Identifier: Apache-2.0
// Times of the SystemC kernel as picoseconds and back, without calls into its library: on the way of a register access
// sc_time::from_value and sc_time_stamp cost more than the access does.
#pragma once

#include <cstdint>
#include <systemc>
#include <type_traits>

namespace tessera::interconnect {

/// sc_time::from_value. The resolution is one picosecond, which elaboration has fixed.
[[nodiscard]] inline sc_core::sc_time kernel_time(std::uint64_t ps) {
  // A standard-layout object of one number may be written through that number.
  static_assert(std::is_standard_layout_v<sc_core::sc_time> && sizeof(sc_core::sc_time) == sizeof(sc_dt::uint64));
  sc_core::sc_time time;
  reinterpret_cast<sc_dt::uint64&>(time) = ps;
  return time;
}

/// sc_time_stamp().value()
[[nodiscard]] inline std::uint64_t kernel_now() {
  return sc_core::sc_get_curr_simcontext()->time_stamp().value();
}

}  // namespace tessera::interconnect
