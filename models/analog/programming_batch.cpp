// SPDX-License-Identifier: Apache-2.0
#include "models/analog/programming_batch.h"

#include <algorithm>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/kernels.h"
#include "models/analog/pulse_kernel.h"

namespace tessera::analog {

namespace {

constexpr std::int32_t on_target = kProgrammingPhases;

/// Gate voltage above the threshold for which one pulse shifts a typical cell by `step`: the inverse of the law.
double overdrive_V(double injection_V, double step_V) {
  const double x = step_V / injection_V;
  return injection_V * portable_log(portable_exp(x) - 1.0);
}

/// What the sequencer knows of a phase.
struct Plan {
  std::array<float, kProgrammingPhases> step{}, margin{}, overdrive{};
  explicit Plan(const ProgrammingParameters& p) {
    for (std::size_t i = 0; i < step.size(); ++i) {
      step[i] = static_cast<float>(p.controller.step_V[i]);
      margin[i] = static_cast<float>(p.controller.margin_V[i]);
      overdrive[i] = static_cast<float>(overdrive_V(p.cell.injection_V, p.controller.step_V[i]));
    }
  }
  [[nodiscard]] std::int32_t advance(std::int32_t phase, float gap, bool off) const {
    if (off) {
      return gap <= 0.0F ? on_target : phase;
    }
    for (std::size_t p = 0; p < margin.size(); ++p) {
      phase = phase == static_cast<std::int32_t>(p) && gap <= margin[p] ? phase + 1 : phase;
    }
    return phase;
  }
};

/// Threshold error of a current that is too low by the relative tolerance.
float overshoot_V(const FlashArray& flash) {
  const double n_ut = SubthresholdCell(flash.array().cell, flash.array().temperature_K).n_ut_V();
  return static_cast<float>(-n_ut * portable_log(1.0 - flash.parameters().controller.overshoot_rel));
}

}  // namespace

void PulseBatch::prepare(const FlashArray& flash, const FlashRow& state, std::uint32_t row, std::uint32_t column0,
                         std::span<const std::uint8_t> levels) {
  const ProgrammingParameters& p = flash.parameters_;
  count_ = levels.size();
  for (auto* field : {&vt_, &gate_, &onset_, &target_, &active_, &gap_, &pulse_normal_, &verify_normal_}) {
    field->assign(count_, 0.0F);
  }
  phase_.assign(count_, 0);
  off_.assign(count_, 0);
  soft_pending_.assign(count_, 0);
  soft_used_.assign(count_, 0);
  pulses_.assign(count_, 0);
  last_slot_.assign(count_, 0);
  soft_slots_.assign(count_ / p.timing.cells_parallel + 1, 0);
  soft_erases_ = 0;
  const std::size_t padded = kernels::round_up(count_, kernels::kNormalPadding);
  block_.resize(padded);
  event_low_.resize(padded);
  event_high_.resize(padded);
  normal_.resize(4 * padded);

  const double worn = flash.wear(row);
  sigma_verify_ = static_cast<float>(flash.verify_sigma_V(row));
  jitter_rel_ = static_cast<float>(p.cell.jitter_rel * (1.0 + p.wear.noise_rel * worn));
  flash.draw_per_cell(Purpose::onset, 0, row, column0, count_, onset_.data());
  writes_.assign(state.writes.begin() + column0, state.writes.begin() + column0 + static_cast<std::ptrdiff_t>(count_));
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t column = column0 + i;
    onset_[i] = static_cast<float>(p.cell.onset_sigma_V * static_cast<double>(onset_[i]) + p.wear.onset_V * worn);
    vt_[i] =
        static_cast<float>(static_cast<double>(state.vt_V[column]) + state.disturb_V + flash.column_disturb_V_[column]);
    target_[i] = static_cast<float>(flash.target_V(levels[i]));
    gate_[i] = target_[i] - static_cast<float>(p.controller.start_below_V);
    off_[i] = levels[i] == 0 ? 1 : 0;
    active_[i] = 1.0F;
  }
}

void PulseBatch::draw(const FlashArray& flash, std::uint32_t row, std::uint32_t column0, std::uint32_t slot_pair) {
  const std::uint32_t first = row * flash.array_.columns + column0;
  for (std::size_t i = 0; i < block_.size(); ++i) {
    const std::uint64_t write = i < count_ ? writes_[i] : 0;
    const PhiloxCounter counter =
        philox_counter(flash.seed_, write << 16U | slot_pair, first + static_cast<std::uint32_t>(i));
    block_[i] = counter[0];
    event_low_[i] = counter[1];
    event_high_[i] = counter[2];
  }
  kernels::normals(
      {philox_key(flash.seed_, flash.tile_, Purpose::pulses), static_cast<std::uint32_t>(flash.seed_ >> 32U),
       block_.data(), event_low_.data(), event_high_.data(), count_},
      normal_.data());
}

void PulseBatch::first_look(const FlashArray& flash, std::uint32_t row, std::uint32_t column0) {
  // Reads of a number that no slot uses.
  draw(flash, row, column0, 0xFFFF);
  const Plan plan(flash.parameters_);
  const float overshoot = overshoot_V(flash);
  for (std::size_t i = 0; i < count_; ++i) {
    gap_[i] = target_[i] - (vt_[i] + sigma_verify_ * normal_[4 * i]);
    const bool off = off_[i] != 0;
    phase_[i] = plan.advance(0, gap_[i], off);
    if (!off && gap_[i] < -overshoot) {
      soft_pending_[i] = 1;
      phase_[i] = on_target;
    } else if (phase_[i] > 0 && phase_[i] < on_target) {
      gate_[i] = target_[i] - gap_[i] + plan.overdrive[static_cast<std::size_t>(phase_[i])];
    }
    active_[i] = phase_[i] < on_target ? 1.0F : 0.0F;
  }
}

bool PulseBatch::any_active() const {
  return std::any_of(active_.begin(), active_.end(), [](float a) { return a != 0.0F; }) ||
         std::any_of(soft_pending_.begin(), soft_pending_.end(), [](std::uint8_t s) { return s != 0; });
}

void PulseBatch::slot(const FlashArray& flash, std::uint32_t row, std::uint32_t column0, std::uint32_t number,
                      ProgrammingMethod method) {
  if (number % 2 == 0) {
    draw(flash, row, column0, number / 2);
  }
  for (std::size_t i = 0; i < count_; ++i) {
    pulse_normal_[i] = normal_[4 * i + 2 * (number % 2)];
    verify_normal_[i] = normal_[4 * i + 2 * (number % 2) + 1];
  }
  const ProgrammingCell& cell = flash.parameters_.cell;
  pulse_kernel::apply({static_cast<float>(cell.injection_V), static_cast<float>(cell.electron_V), jitter_rel_}, count_,
                      gate_.data(), onset_.data(), pulse_normal_.data(), active_.data(), vt_.data());
  for (std::size_t i = 0; i < count_; ++i) {
    const bool active = active_[i] != 0.0F;
    pulses_[i] += active ? 1U : 0U;
    last_slot_[i] = active ? number + 1 : last_slot_[i];
  }
  if (method == ProgrammingMethod::verify) {
    erase_softly(flash, pulse_normal_.data(), number);
  }
  judge(flash, verify_normal_.data(), method == ProgrammingMethod::verify);
}

void PulseBatch::erase_softly(const FlashArray& flash, const float* normal, std::uint32_t number) {
  const ProgrammingCell& cell = flash.parameters_.cell;
  const Plan plan(flash.parameters_);
  const auto shift = static_cast<float>(cell.soft_erase_V);
  const auto spread = static_cast<float>(cell.soft_erase_rel);
  const auto early = static_cast<float>(2.0 * cell.onset_sigma_V);
  std::size_t counted = soft_slots_.size();  // a group's slot counts once
  for (std::size_t i = 0; i < count_; ++i) {
    if (soft_pending_[i] == 0) {
      continue;
    }
    vt_[i] -= shift * std::max(0.0F, 1.0F + spread * normal[i]);
    soft_pending_[i] = 0;
    ++soft_used_[i];
    ++soft_erases_;
    last_slot_[i] = number + 1;
    active_[i] = 1.0F;
    phase_[i] = 1;
    // From well below, as at first: what has overshot is likely to inject early. judge() adds a step when the phase
    // stays.
    gate_[i] = target_[i] - shift + plan.overdrive[1] - plan.step[1] - early;
    const std::size_t group = i / flash.parameters_.timing.cells_parallel;
    soft_slots_[group] += group != counted ? 1 : 0;
    counted = group;
  }
}

void PulseBatch::judge(const FlashArray& flash, const float* noise, bool correct) {
  const Plan plan(flash.parameters_);
  const float overshoot = overshoot_V(flash);
  const std::uint32_t most = flash.parameters_.controller.most_soft_erases;
  for (std::size_t i = 0; i < count_; ++i) {
    if (active_[i] == 0.0F) {
      continue;
    }
    const float gap = target_[i] - (vt_[i] + sigma_verify_ * noise[i]);
    gap_[i] = gap;
    const std::int32_t before = phase_[i];
    const std::int32_t after = plan.advance(before, gap, off_[i] != 0);
    phase_[i] = after;
    const float step = plan.step[static_cast<std::size_t>(before)];
    if (after == before) {
      gate_[i] += step;
    } else if (after < on_target) {
      // The gate falls back so far that the next pulse shifts by the new step instead of the old one.
      gate_[i] +=
          step + plan.overdrive[static_cast<std::size_t>(after)] - plan.overdrive[static_cast<std::size_t>(before)];
    } else {
      active_[i] = 0.0F;
      soft_pending_[i] = correct && off_[i] == 0 && gap < -overshoot && soft_used_[i] < most ? 1 : 0;
    }
  }
}

ProgrammingOutcome PulseBatch::outcome(const FlashArray& flash, ProgrammingMethod method, std::uint32_t most) const {
  ProgrammingOutcome result;
  const std::size_t group_size = flash.parameters_.timing.cells_parallel;
  const float overshoot = overshoot_V(flash);
  result.cells = count_;
  result.soft_erases = soft_erases_;
  for (std::size_t begin = 0; begin < count_; begin += group_size) {
    const std::size_t end = std::min(count_, begin + group_size);
    std::uint32_t slots = most;
    if (method == ProgrammingMethod::verify) {
      slots = *std::max_element(last_slot_.begin() + static_cast<std::ptrdiff_t>(begin),
                                last_slot_.begin() + static_cast<std::ptrdiff_t>(end));
    }
    ++result.groups;
    result.slots += slots;
    result.cell_slots += std::uint64_t{slots} * (end - begin);
    result.soft_slots += soft_slots_[begin / group_size];
    for (std::size_t i = begin; i < end; ++i) {
      result.pulses += pulses_[i];
      ++result.histogram[std::min<std::size_t>(pulses_[i], kPulseBins - 1)];
      const bool finished = phase_[i] == on_target && soft_pending_[i] == 0;
      result.unfinished += finished || gap_[i] <= 0.0F ? 0 : 1;
      result.overshot += off_[i] == 0 && gap_[i] < -overshoot ? 1 : 0;
    }
  }
  return result;
}

void PulseBatch::store(FlashArray& flash, FlashRow& state, std::uint32_t column0,
                       std::span<const std::uint8_t> levels) const {
  const ProgrammingParameters& p = flash.parameters_;
  const bool exact = !flash.array_.effects.programming_error;
  const std::size_t group_size = p.timing.cells_parallel;
  for (std::size_t begin = 0; begin < count_; begin += group_size) {
    const std::size_t end = std::min(count_, begin + group_size);
    std::uint64_t pulses = 0;
    for (std::size_t i = begin; i < end; ++i) {
      pulses += pulses_[i];
    }
    const std::vector<float>& vt = exact ? target_ : vt_;
    state.disturb_V += static_cast<double>(pulses) * p.cell.disturb_row_V;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t column = column0 + i;
      flash.column_disturb_V_[column] += pulses_[i] * p.cell.disturb_column_V;
      const bool finished = phase_[i] == on_target && soft_pending_[i] == 0;
      const float reached = exact && finished ? vt[i] : vt_[i];
      state.vt_V[column] =
          static_cast<float>(static_cast<double>(reached) - state.disturb_V - flash.column_disturb_V_[column]);
      state.levels[column] = levels[i];
      ++state.writes[column];
    }
  }
}

}  // namespace tessera::analog
