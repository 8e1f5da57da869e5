// SPDX-License-Identifier: Apache-2.0
#include "models/analog/programming.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "models/analog/cell.h"
#include "models/analog/kernels.h"
#include "models/analog/programming_batch.h"

namespace tessera::analog {

namespace {

/// A cell of level 0 goes this far beyond the off current.
constexpr double off_margin_V = 0.01;
/// Thresholds above count as off, whatever the off current.
constexpr double least_off_ratio = 1.0e-4;

}  // namespace

ProgrammingOutcome& ProgrammingOutcome::operator+=(const ProgrammingOutcome& other) {
  cells += other.cells;
  pulses += other.pulses;
  groups += other.groups;
  slots += other.slots;
  cell_slots += other.cell_slots;
  soft_slots += other.soft_slots;
  soft_erases += other.soft_erases;
  overshot += other.overshot;
  unfinished += other.unfinished;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    histogram[i] += other.histogram[i];
  }
  return *this;
}

double ProgrammingOutcome::time_s(const ProgrammingTiming& timing, ProgrammingMethod method) const {
  const double first_reads = method == ProgrammingMethod::verify ? static_cast<double>(groups) * timing.verify_s : 0.0;
  return first_reads + static_cast<double>(slots) * timing.slot_s() +
         static_cast<double>(soft_slots) * timing.soft_erase_s;
}

double ProgrammingOutcome::energy_J(const ProgrammingTiming& timing) const {
  return static_cast<double>(cell_slots) * timing.pulse_J;
}

FlashArray::FlashArray(const ArrayParameters& array, const ProgrammingParameters& parameters, std::uint64_t seed,
                       std::uint32_t tile)
    : array_(array),
      parameters_(parameters),
      seed_(seed),
      tile_(tile),
      n_ut_V_(SubthresholdCell(array.cell, array.temperature_K).n_ut_V()),
      cells_(array.rows),
      cycles_((array.rows + 1) / 2),
      column_disturb_V_(array.columns) {
  const double ratio = std::max(array.cell.i_off_A / array.cell.i_lsb_A, least_off_ratio);
  off_V_ = -n_ut_V_ * portable_log(ratio) + off_margin_V;
  // White read noise averages over the time of a read; its size is given for a product.
  sigma_verify_V_ = array.effects.read_noise
                        ? array.cell.sigma_read_vt_V * std::sqrt(parameters.timing.read_s / parameters.timing.verify_s)
                        : 0.0;
}

FlashRow& FlashArray::row(std::uint32_t index) {
  std::unique_ptr<FlashRow>& entry = cells_.at(index);
  if (!entry) {
    entry = std::make_unique<FlashRow>();
    entry->vt_V.assign(array_.columns, static_cast<float>(off_V_));
    entry->writes.assign(array_.columns, 0);
    entry->levels.assign(array_.columns, 0);
  }
  return *entry;
}

void FlashArray::import_row(std::uint32_t index, std::span<const float> currents, std::span<const std::uint8_t> levels,
                            std::span<const std::uint32_t> writes) {
  FlashRow& to = row(index);
  for (std::size_t c = 0; c < to.vt_V.size(); ++c) {
    const double vt = currents[c] > 0.0F ? -n_ut_V_ * portable_log(static_cast<double>(currents[c])) : off_V_;
    to.vt_V[c] = static_cast<float>(vt - to.disturb_V - column_disturb_V_[c]);
    to.levels[c] = levels[c];
    to.writes[c] = writes[c];
  }
}

void FlashArray::restore(std::uint32_t index, FlashRow state) {
  const std::size_t columns = array_.columns;
  if (index >= array_.rows || state.vt_V.size() != columns || state.writes.size() != columns ||
      state.levels.size() != columns) {
    throw std::invalid_argument("analog::FlashArray::restore: row " + std::to_string(index) + " of " +
                                std::to_string(state.vt_V.size()) + " cells; the array has " +
                                std::to_string(array_.rows) + " rows of " + std::to_string(columns));
  }
  cells_[index] = std::make_unique<FlashRow>(std::move(state));
}

double FlashArray::vt_V(std::uint32_t index, std::uint32_t column) const {
  const FlashRow* cells = cells_.at(index).get();
  return cells == nullptr ? off_V_
                          : static_cast<double>(cells->vt_V.at(column)) + cells->disturb_V + column_disturb_V_[column];
}

double FlashArray::target_V(std::uint8_t level) const {
  return level == 0 ? off_V_ : -n_ut_V_ * portable_log(static_cast<double>(level));
}

void FlashArray::currents(std::uint32_t index, std::span<float> out) const {
  const FlashRow* cells = cells_.at(index).get();
  if (cells == nullptr) {
    std::fill(out.begin(), out.end(), 0.0F);
    return;
  }
  const bool exact = !array_.effects.programming_error;
  const double off = exp_of(off_V_ - off_margin_V);
  // The array's sums hold four times the top level; what conducts more clips every converter anyway.
  const double largest = 4.0 * array_.max_level();
  const double most =
      exact ? array_.max_level() : std::min(parameters_.cell.erased_current_A / array_.cell.i_lsb_A, largest);
  for (std::size_t c = 0; c < out.size(); ++c) {
    const double vt = static_cast<double>(cells->vt_V[c]) + cells->disturb_V + column_disturb_V_[c];
    const double current = std::min(exp_of(vt), most);
    const std::uint8_t level = cells->levels[c];
    const bool finished = exact && std::abs(current - level) < 0.5;
    out[c] = static_cast<float>(finished ? level : exact ? std::floor(current + 0.5) : current > off ? current : 0.0);
  }
}

double FlashArray::exp_of(double vt_V) const {
  return portable_exp(std::clamp(-vt_V / n_ut_V_, -40.0, 40.0));
}

double FlashArray::wear(std::uint32_t index) const {
  return std::sqrt(cycles_[index / 2] / parameters_.wear.endurance_cycles);
}

void FlashArray::draw_per_cell(Purpose purpose, std::uint64_t event, std::uint32_t index, std::uint32_t column0,
                               std::size_t count, float* out) const {
  const std::uint32_t first = index * array_.columns + column0;
  const std::size_t blocks = (first % 4 + count + 3) / 4;
  const std::size_t padded = kernels::round_up(blocks, kernels::kNormalPadding);
  static thread_local std::vector<std::uint32_t> block, low, high;
  static thread_local std::vector<float> normal;
  const PhiloxCounter counter = philox_counter(seed_, event, first / 4);
  block.resize(padded);
  low.assign(padded, counter[1]);
  high.assign(padded, counter[2]);
  normal.resize(4 * padded);
  for (std::size_t b = 0; b < padded; ++b) {
    block[b] = counter[0] + static_cast<std::uint32_t>(b);
  }
  kernels::normals({philox_key(seed_, tile_, purpose), static_cast<std::uint32_t>(seed_ >> 32U), block.data(),
                    low.data(), high.data(), blocks},
                   normal.data());
  std::copy_n(normal.data() + first % 4, count, out);
}

void FlashArray::erase_pair(std::uint32_t pair, double done, bool begins) {
  const ProgrammingCell& cell = parameters_.cell;
  cycles_.at(pair) += begins ? 1 : 0;
  const std::uint32_t cycle = cycles_[pair];
  std::vector<float> normal(array_.columns);
  // Tunnelling is fast at first: the shift grows with the logarithm of the time.
  const double share = portable_log(1.0 + 99.0 * done) / portable_log(100.0);
  for (std::uint32_t r = 2 * pair; r < std::min(2 * pair + 2, array_.rows); ++r) {
    FlashRow& to = row(r);
    draw_per_cell(Purpose::erase, cycle, r, 0, array_.columns, normal.data());
    const double centre = cell.erased_V + parameters_.wear.window_V * wear(r);
    for (std::size_t c = 0; c < normal.size(); ++c) {
      const double from = static_cast<double>(to.vt_V[c]) + to.disturb_V;
      const double erased = centre + cell.erased_sigma_V * static_cast<double>(normal[c]) - column_disturb_V_[c];
      to.vt_V[c] = static_cast<float>(erased < from ? from + share * (erased - from) : from);
      to.levels[c] = 0;
    }
    to.disturb_V = 0.0;
  }
}

ProgrammingOutcome FlashArray::program(std::uint32_t index, std::uint32_t column0, std::span<const std::uint8_t> levels,
                                       ProgrammingMethod method, std::uint32_t pulses) {
  check_cells("program", index, column0, levels);
  const ProgrammingController& controller = parameters_.controller;
  const bool verify = method == ProgrammingMethod::verify;
  const std::uint32_t most = pulses != 0 ? pulses : verify ? controller.most_pulses : controller.pulses;
  FlashRow& state = row(index);
  static thread_local PulseBatch batch;
  batch.prepare(*this, state, index, column0, levels);
  if (verify) {
    batch.first_look(*this, index, column0);
  }
  std::uint32_t slot = 0;
  for (; slot < most && (!verify || batch.any_active()); ++slot) {
    batch.slot(*this, index, column0, slot, method);
  }
  const ProgrammingOutcome outcome = batch.outcome(*this, method, most);
  batch.store(*this, state, column0, levels);
  return outcome;
}

void FlashArray::verify(std::uint32_t index, std::uint32_t column0, std::span<const std::uint8_t> levels,
                        std::uint64_t read, std::span<float> deviation) const {
  check_cells("verify", index, column0, levels);
  std::vector<float> normal(levels.size());
  draw_per_cell(Purpose::verify, read, index, column0, levels.size(), normal.data());
  const double sigma = verify_sigma_V(index);
  const double off = exp_of(off_V_ - off_margin_V);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double vt = vt_V(index, column0 + static_cast<std::uint32_t>(i)) + sigma * static_cast<double>(normal[i]);
    const double current = exp_of(vt);
    deviation[i] = static_cast<float>(levels[i] != 0      ? current / levels[i] - 1.0
                                      : current > 2 * off ? current / off - 1.0
                                                          : 0.0);
  }
}

double FlashArray::verify_sigma_V(std::uint32_t index) const {
  return sigma_verify_V_ * (1.0 + parameters_.wear.noise_rel * wear(index));
}

void FlashArray::check_cells(const char* what, std::uint32_t index, std::uint32_t column0,
                             std::span<const std::uint8_t> levels) const {
  if (index >= array_.rows || std::uint64_t{column0} + levels.size() > array_.columns) {
    throw std::out_of_range("analog::FlashArray::" + std::string(what) + ": row " + std::to_string(index) +
                            ", columns " + std::to_string(column0) + "+" + std::to_string(levels.size()) +
                            " leave the array of " + std::to_string(array_.rows) + " x " +
                            std::to_string(array_.columns));
  }
  const auto bad = std::find_if(levels.begin(), levels.end(), [&](std::uint8_t l) { return l > array_.max_level(); });
  if (bad != levels.end()) {
    throw std::out_of_range("analog::FlashArray::" + std::string(what) + ": level " + std::to_string(*bad) +
                            " at row " + std::to_string(index) + ", column " +
                            std::to_string(column0 + (bad - levels.begin())) + "; cells hold 0.." +
                            std::to_string(array_.max_level()));
  }
}

}  // namespace tessera::analog
