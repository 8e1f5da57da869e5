// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/analog/array_parameters.h"
#include "models/analog/faults.h"
#include "models/analog/injected_faults.h"
#include "models/analog/packing.h"
#include "models/analog/philox.h"
#include "models/analog/temperature.h"

namespace tessera::analog {

/// The currents that the cells really have: programmed, aged, at the operating temperature, broken ones included.
class OperatingCells {
 public:
  OperatingCells(const ArrayParameters& parameters, std::uint64_t seed, std::uint32_t tile, const CellStore& cells);

  /// Faults that beat everything else; must live as long as this. Null: none.
  void inject(const InjectedFaults* faults) { injected_ = faults; }
  /// Current at full input in units of i_lsb; the cell must exist.
  [[nodiscard]] double current(std::uint32_t row, std::uint32_t column) const;
  /// Current of a cell that is off, in units of i_lsb.
  [[nodiscard]] double off() const { return off_; }
  /// Every current is a whole number of i_lsb.
  [[nodiscard]] bool whole_levels() const { return whole_levels_; }
  [[nodiscard]] const FaultMap& faults() const { return faults_; }

 private:
  [[nodiscard]] double aged(double current, std::uint32_t row, std::uint32_t column) const;
  [[nodiscard]] std::uint32_t word(Purpose purpose, std::uint64_t event, std::uint32_t row, std::uint32_t column) const;

  const ArrayParameters& parameters_;
  std::uint64_t seed_;
  std::uint32_t tile_;
  const CellStore& cells_;
  FaultMap faults_;
  double off_ = 0.0;
  bool whole_levels_ = false;
  const InjectedFaults* injected_ = nullptr;
  bool changed_ = false;
  double decades_ = 0.0;  ///< of age
  TemperatureLaw heat_;
};

/// Largest current that a cell of the top level is likely to have (5 sigma), relative to nominal; at least 1.
[[nodiscard]] double largest_relative_current(const ArrayParameters& parameters);

}  // namespace tessera::analog
