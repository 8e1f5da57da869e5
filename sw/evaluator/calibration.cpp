// SPDX-License-Identifier: Apache-2.0
#include "sw/evaluator/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "models/analog/inl.h"
#include "models/analog/trim.h"
#include "models/tile/job_core.h"
#include "sw/firmware/driver/tsr_adc.h"
#include "tessera_registers.hpp"

namespace tessera::evaluator {
namespace {

namespace reg = registers::tile;

/// Activations of one stimulus, where its job looks for them.
class Stimulus final : public memory::MemoryPort {
 public:
  std::vector<std::uint8_t> bytes;
  [[nodiscard]] bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    const std::size_t offset = address - TD_SRAM_BASE;
    if (address < TD_SRAM_BASE || offset > bytes.size() || to.size() > bytes.size() - offset) {
      return false;
    }
    std::memcpy(to.data(), &bytes[offset], to.size());
    return true;
  }
  [[nodiscard]] bool write(std::uint32_t /*address*/, std::span<const std::uint8_t> /*from*/) override { return false; }
};

struct Bench {
  const tile::TileParameters& parameters;
  const analog::Array& array;
  tile::JobCore core;
  Stimulus memory;
  std::uint64_t event = TSR_ADC_EVENT;
  std::string problem;

  Bench(const tile::TileParameters& p, const analog::Array& a) : parameters(p), array(a), core(p) {}

  bool measure(const tsr_adc_stimulus& stimulus, std::int64_t* sums) {
    const std::size_t codes = std::size_t{TSR_ADC_PRODUCTS} * stimulus.rows;
    memory.bytes.assign(codes, 0);
    std::memcpy(memory.bytes.data(), stimulus.codes, codes);
    td_tile_job job{};
    tsr_adc_job(&stimulus, TD_SRAM_BASE, TD_SRAM_BASE + 0x10000, &job);
    problem = tile::check(job, parameters);
    std::fill_n(sums, std::size_t{TSR_ADC_PRODUCTS} * stimulus.pairs, std::int64_t{0});
    for (std::uint32_t n = 0; problem.empty() && n < stimulus.repeats; ++n) {
      if (!core.compute(job, array, event, memory)) {
        problem = "no memory";
        break;
      }
      event += job.product_count;
      for (std::uint32_t product = 0; product < job.product_count; ++product) {
        const auto bytes = core.output(job, product);
        for (std::size_t pair = 0; pair < stimulus.pairs; ++pair) {
          std::int32_t sum = 0;
          std::memcpy(&sum, &bytes[pair * sizeof sum], sizeof sum);
          sums[product * stimulus.pairs + pair] += sum;
        }
      }
    }
    return problem.empty();
  }
};

bool measure(void* context, const tsr_adc_stimulus* stimulus, std::int64_t* sums) {
  return static_cast<Bench*>(context)->measure(*stimulus, sums);
}

tsr_adc_facts facts_of(const tile::TrimFacts& of) {
  tsr_adc_facts facts{};
  facts.converters = of.converters;
  facts.bits = of.bits;
  facts.cancels = of.cancels;
  facts.pass_weight = of.pass_weight;
  facts.lsb = of.lsb;
  facts.gains = static_cast<std::uint32_t>(of.gain_weights.size());
  std::copy(of.gain_weights.begin(), of.gain_weights.end(), facts.gain_weight);
  return facts;
}

std::vector<tsr_adc_area> areas_of(std::uint32_t tile, const deployment::Contents& contents) {
  std::vector<tsr_adc_area> areas;
  for (const td_region& region : contents.regions) {
    if (region.tile != tile) {
      continue;
    }
    if (region.column0 % 2 != 0 || region.columns % 2 != 0) {
      throw std::runtime_error(fmt::format("calibration of tile {}: a region splits a column pair", tile));
    }
    areas.push_back({region.row0, region.rows, static_cast<std::uint16_t>(region.column0 / 2),
                     static_cast<std::uint16_t>(region.columns / 2), contents.cells.data() + region.cells_offset,
                     region.columns});
  }
  return areas;
}

}  // namespace

void calibrate(const tile::TileParameters& parameters, const analog::Array& array, std::uint32_t tile,
               const deployment::Contents& contents, tile::TrimBank& bank) {
  const tsr_adc_facts facts = facts_of(bank.facts());
  if (facts.converters == 0 || facts.bits < TSR_ADC_LEAST_BITS || facts.lsb == 0) {
    return;
  }
  const std::vector<tsr_adc_area> areas = areas_of(tile, contents);
  if (areas.size() > TSR_ADC_MOST_AREAS || facts.converters > TSR_ADC_MOST_CONVERTERS) {
    throw std::runtime_error(
        fmt::format("calibration of tile {}: {} regions and {} converters; the runtime takes {} and {}", tile,
                    areas.size(), facts.converters, TSR_ADC_MOST_AREAS, TSR_ADC_MOST_CONVERTERS));
  }
  Bench bench(parameters, array);
  const auto work = std::make_unique<tsr_adc_work>();
  std::vector<tsr_adc_sums> sums(facts.converters);
  for (const tsr_adc_area& area : areas) {
    if (!tsr_adc_observe(&facts, &area, TSR_ADC_REPEATS, measure, &bench, work.get(), sums.data())) {
      throw std::runtime_error(fmt::format("calibration of tile {}: {}", tile, bench.problem));
    }
  }
  tsr_adc_classify(&facts, sums.data());
  for (std::uint32_t k = 0; k < facts.converters; ++k) {
    bank.write(reg::adc_trim + k * reg::adc_trim_stride, tsr_adc_word(&facts, &sums[k]));
  }
  bank.write(reg::trim_ctrl, reg::trim_ctrl_enable);
}

namespace {

/// Offset and slope of a converter behind a trim, without noise and code widths.
struct Line {
  double offset = 0, slope = 0;
};

Line line_of(const tile::TileParameters& parameters, const analog::AdcTrim& trim, const analog::InlCurve& curve,
             std::uint32_t word) {
  const double half = std::ldexp(1.0, parameters.array.adc.bits - 1);
  const auto corrected = [&](double x) {
    double v = parameters.array.effects.adc_offset_gain ? trim.gain * x + trim.offset_lsb : x;
    if (parameters.array.effects.adc_inl) {
      v += analog::inl_lsb(curve, std::clamp(v / half, -1.0, 1.0));
    }
    return (v - tile::TrimBank::offset_lsb(word)) * tile::TrimBank::gain(word);
  };
  Line line{corrected(0.0), 0.0};
  double xx = 0, xy = 0;
  constexpr int kSteps = 52;
  for (int i = -kSteps; i <= kSteps; ++i) {
    const double x = half * 13.0 / 16.0 * i / kSteps;
    xx += x * x;
    xy += x * (corrected(x) - line.offset);
  }
  line.slope = xy / xx;
  return line;
}

}  // namespace

ConverterErrors converter_errors(const tile::TileParameters& parameters, std::uint64_t seed, std::uint32_t tile,
                                 const deployment::Contents& contents, std::span<const std::uint32_t> words) {
  ConverterErrors errors;
  if (tile::trim_facts(parameters).converters == 0) {
    return errors;
  }
  const analog::AdcParameters& adc = parameters.array.adc;
  const std::vector<analog::AdcTrim> trims = analog::adc_trims(adc, seed, tile);
  const std::vector<analog::InlCurve> curves = analog::inl_curves(adc, seed, tile);
  std::vector<bool> used(adc.per_tile);
  for (const td_region& region : contents.regions) {
    for (std::uint32_t pair = region.column0 / 2U; region.tile == tile && pair < (region.column0 + region.columns) / 2U;
         ++pair) {
      used[pair % adc.per_tile] = true;
    }
  }
  for (std::uint32_t k = 0; k < adc.per_tile; ++k) {
    if (!used[k]) {
      continue;
    }
    const std::uint32_t word = k < words.size() ? words[k] : tile::TrimBank::reset_word;
    const Line before = line_of(parameters, trims[k], curves[k], tile::TrimBank::reset_word);
    const Line after = line_of(parameters, trims[k], curves[k], word);
    ++errors.converters;
    errors.trimmed += word != tile::TrimBank::reset_word ? 1 : 0;
    errors.offset_lsb += before.offset * before.offset;
    errors.gain += (before.slope - 1) * (before.slope - 1);
    errors.left_lsb += after.offset * after.offset;
    errors.left_gain += (after.slope - 1) * (after.slope - 1);
  }
  for (double* value : {&errors.offset_lsb, &errors.gain, &errors.left_lsb, &errors.left_gain}) {
    *value = errors.converters > 0 ? std::sqrt(*value / errors.converters) : 0.0;
  }
  return errors;
}

}  // namespace tessera::evaluator
