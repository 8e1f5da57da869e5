// SPDX-License-Identifier: Apache-2.0
// Cells of one row while they are being programmed, field by field, so that loops over cells vectorise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/analog/programming.h"

namespace tessera::analog {

class PulseBatch {
 public:
  void prepare(const FlashArray& flash, const FlashRow& state, std::uint32_t row, std::uint32_t column0,
               std::span<const std::uint8_t> levels);
  /// Verify reads before the first pulse: cells on target get none.
  void first_look(const FlashArray& flash, std::uint32_t row, std::uint32_t column0);
  [[nodiscard]] bool any_active() const;
  /// One pulse, and the verify read after it.
  void slot(const FlashArray& flash, std::uint32_t row, std::uint32_t column0, std::uint32_t number,
            ProgrammingMethod method);
  [[nodiscard]] ProgrammingOutcome outcome(const FlashArray& flash, ProgrammingMethod method, std::uint32_t most) const;
  /// Writes the cells back, with what they disturbed.
  void store(FlashArray& flash, FlashRow& state, std::uint32_t column0, std::span<const std::uint8_t> levels) const;

 private:
  void draw(const FlashArray& flash, std::uint32_t row, std::uint32_t column0, std::uint32_t slot_pair);
  void judge(const FlashArray& flash, const float* noise, bool correct);
  void erase_softly(const FlashArray& flash, const float* normal, std::uint32_t number);

  std::size_t count_ = 0;
  std::vector<float> vt_, gate_, onset_, target_, active_, gap_;
  std::vector<std::int32_t> phase_;  ///< kProgrammingPhases: on target
  std::vector<std::uint8_t> off_;    ///< the cell goes to level 0: coarse pulses only
  std::vector<std::uint8_t> soft_pending_, soft_used_;
  std::vector<std::uint32_t> writes_, pulses_, last_slot_;
  std::vector<std::uint32_t> soft_slots_;  ///< by group
  std::vector<std::uint32_t> block_, event_low_, event_high_;
  std::vector<float> normal_, pulse_normal_, verify_normal_;
  float sigma_verify_ = 0.0F, jitter_rel_ = 0.0F;
  std::uint64_t soft_erases_ = 0;
};

}  // namespace tessera::analog
