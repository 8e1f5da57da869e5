// SPDX-License-Identifier: Apache-2.0
// tsr_tile_calibrate against the tile's own physics and trim registers; only time and the bus are fakes.
//
// What averaging allows. A converter with noise s LSB gives codes of variance v = s^2 + 1/12 (rounding). With n
// repeats:
//   offset: sd = sqrt(v / (n pairs)), pairs that the converter serves, and the trim's step 1/64 / sqrt(12)
//   gain:   sd = sqrt(v / n) / sqrt(sum of x^2), x in LSB, plus the offset's error times sum x / sum x^2
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "models/analog/inl.h"
#include "models/analog/trim.h"
#include "models/tile/job_core.h"
#include "tests/firmware/chip_fake.h"
#include "tsr_calibration.h"
#include "tsr_clint.h"
#include "tsr_port.h"

namespace tessera::firmware_test {
namespace {

constexpr std::uint32_t kScratch = TD_SRAM_BASE + 0x100, kTrims = 0x300;
constexpr std::uint64_t kSeed = 11;

class FakeMemory : public memory::MemoryPort {
 public:
  explicit FakeMemory(ChipFake& chip) : chip_(chip) {}
  bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    std::memcpy(to.data(), chip_.memory(address, static_cast<std::uint32_t>(to.size())), to.size());
    return true;
  }
  bool write(std::uint32_t address, std::span<const std::uint8_t> from) override {
    std::memcpy(chip_.memory(address, static_cast<std::uint32_t>(from.size())), from.data(), from.size());
    return true;
  }

 private:
  ChipFake& chip_;
};

struct Calibration : testing::Test {
  ChipFake chip{1, 1, 1};
  FakeMemory memory{chip};
  FakeDevice device;
  tile::TileParameters parameters;
  std::unique_ptr<analog::Array> array;
  std::unique_ptr<tile::TrimBank> trims;
  std::unique_ptr<tile::JobCore> core;
  std::vector<std::uint8_t> levels;
  tsr_unit unit{};
  tsr_adc_area area{};
  tsr_adc_work work{};
  std::vector<tsr_adc_sums> sums;
  std::vector<std::uint32_t> words;
  tsr_calibration how{};
  tsr_calibration_report report{};

  void SetUp() override {
    parameters.array.rows = 80;
    parameters.array.columns = 300;  // 150 pairs: more than one job measures
    parameters.array.effects = analog::NonIdealities::none();
    parameters.array.effects.adc_offset_gain = true;
    parameters.array.effects.adc_noise = true;
    parameters.array.adc.per_tile = 50;
    parameters.array.adc.offset_lsb = 2.0;
    parameters.array.adc.gain_rel = 0.02;
  }

  void build() {
    chip.tile(0).rows = parameters.array.rows;
    chip.tile(0).columns = parameters.array.columns;
    array = std::make_unique<analog::Array>(parameters.array, kSeed, 0);
    trims = std::make_unique<tile::TrimBank>(parameters);
    core = std::make_unique<tile::JobCore>(parameters);
    core->use(trims.get());
    std::mt19937 random(5);
    levels.resize(std::size_t{parameters.array.rows} * parameters.array.columns);
    for (std::size_t i = 0; i < levels.size(); i += 2) {  // as a compiled network's: one cell of each pair conducts
      levels[i + random() % 2] = static_cast<std::uint8_t>(random() % 16);
    }
    array->program(0, 0, parameters.array.rows, parameters.array.columns, levels);
    device.base = TD_TILE_BASE + kTrims;
    device.size = 0x8000 - kTrims;
    device.on_read = [this](std::uint32_t at, std::uint32_t, std::uint32_t) { return trims->read(at + kTrims); };
    device.on_write = [this](std::uint32_t at, std::uint32_t value) { trims->write(at + kTrims, value); };
    chip.add(device);
    chip.on_tile_job = [this](FakeUnit& tile, const td_tile_job& job) {
      ASSERT_EQ(tile::check(job, parameters), "");
      ASSERT_TRUE(core->compute(job, *array, tile.event - job.product_count, memory));
      ASSERT_TRUE(core->store(job, memory));
    };
    tsr_plic_init();
    ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_TILE, 0), TSR_OK);
    const std::uint32_t converters = tsr_tile_converters(&unit);
    sums.resize(std::max(converters, 1U));
    words.resize(sums.size());
    area = {0,
            static_cast<std::uint16_t>(parameters.array.rows),
            0,
            static_cast<std::uint16_t>(parameters.array.pairs()),
            levels.data(),
            parameters.array.columns};
    how = {
        &area, 1, 16, kScratch, TSR_FOREVER, &work, sums.data(), words.data(), static_cast<std::uint32_t>(sums.size())};
  }

  [[nodiscard]] double variance() const {
    return parameters.array.adc.sigma_lsb * parameters.array.adc.sigma_lsb + 1.0 / 12.0;
  }
  /// Root mean square over converters of what the trims leave, against the truth. `skip`: a converter that is broken.
  void residuals(double& offset, double& gain, std::uint32_t skip = ~0U) const {
    const auto truth = analog::adc_trims(parameters.array.adc, kSeed, 0);
    double o = 0, g = 0;
    int count = 0;
    for (std::uint32_t k = 0; k < truth.size(); ++k) {
      if (k != skip) {
        const double by = tile::TrimBank::gain(trims->word(k));
        o += std::pow((truth[k].offset_lsb - tile::TrimBank::offset_lsb(trims->word(k))) * by, 2);
        g += std::pow(truth[k].gain * by - 1.0, 2);
        ++count;
      }
    }
    offset = std::sqrt(o / count);
    gain = std::sqrt(g / count);
  }
  /// The formula above; sums over x from the levels.
  void allowed(double& offset, double& gain) const {
    const double pairs = static_cast<double>(parameters.array.pairs()) / parameters.array.adc.per_tile;
    offset = std::sqrt(variance() / (how.repeats * pairs) + 1.0 / (12.0 * 64 * 64));
    double slope = 0;
    for (const tsr_adc_sums& of : sums) {
      const double xx = static_cast<double>(of.xx) / 65536.0, x = static_cast<double>(of.x) / 256.0;
      slope += variance() / (how.repeats * xx) + std::pow(offset * x / xx, 2);
    }
    gain = std::sqrt(slope / static_cast<double>(sums.size()));
  }
};

TEST_F(Calibration, ResidualsAreWhatAveragingAllows) {
  build();
  double offset = 0, gain = 0, offset_limit = 0, gain_limit = 0;
  residuals(offset, gain);
  EXPECT_NEAR(offset, 2.0, 0.6) << "before";
  EXPECT_NEAR(gain, 0.02, 0.006) << "before";
  tsr_unit_set_event(&unit, 1234);
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  residuals(offset, gain);
  allowed(offset_limit, gain_limit);
  fmt::print("offset {:.4f} LSB (averaging: {:.4f}), gain {:.5f} (averaging: {:.5f})\n", offset, offset_limit, gain,
             gain_limit);
  // 50 converters: the root mean square of a sample is within 40 % of its own, four sigma.
  EXPECT_LT(offset, 1.4 * offset_limit);
  EXPECT_LT(gain, 1.4 * gain_limit);
  EXPECT_EQ(report.converters, 50U);
  EXPECT_EQ(report.trimmed, 50U);
  EXPECT_EQ(report.bad, 0U);
  EXPECT_EQ(report.first_bad, UINT32_MAX);
  EXPECT_NEAR(report.before.offset / 256.0, 2.0, 0.6);
  EXPECT_NEAR(report.before.gain / 1e6, 0.02, 0.006);
  // The corrected code is rounded to a unit of the accumulator, which no average sees through.
  EXPECT_LT(report.after.offset / 256.0, std::sqrt(offset_limit * offset_limit + 1.0 / 12.0) * 1.4);
  EXPECT_LT(report.after.gain / 1e6, 0.003);
  EXPECT_TRUE(tsr_tile_trims_enabled(&unit));
  EXPECT_EQ(tsr_unit_event(&unit), 1234U) << "as before";
  EXPECT_GT(report.ticks, 0U);
  for (std::uint32_t k = 0; k < 50; ++k) {
    EXPECT_EQ(words[k], trims->word(k));
  }
}

TEST_F(Calibration, MoreRepeatsLeaveLess) {
  parameters.array.adc.sigma_lsb = 1.5;
  build();
  double previous = 0;
  for (const std::uint16_t repeats : {std::uint16_t{4}, std::uint16_t{64}}) {
    how.repeats = repeats;
    ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
    double offset = 0, gain = 0, offset_limit = 0, gain_limit = 0;
    residuals(offset, gain);
    allowed(offset_limit, gain_limit);
    EXPECT_LT(offset, 1.4 * offset_limit) << repeats;
    EXPECT_LT(gain, 1.4 * gain_limit) << repeats;
    if (previous != 0) {
      EXPECT_LT(offset, 0.4 * previous) << "sixteen times the repeats: a quarter";
    }
    previous = offset;
  }
}

TEST_F(Calibration, ByInterruptTheSameTrims) {
  build();
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  const std::vector<std::uint32_t> polled = words;
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  tsr_interrupts_enable();
  const std::uint64_t sleeps = chip.sleeps;
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  EXPECT_EQ(words, polled) << "its noise is that of its events";
  EXPECT_GT(chip.sleeps, sleeps);
}

TEST_F(Calibration, AConverterThatDoesNotAnswerIsReported) {
  build();
  for (const int code : {0, 40, -128}) {
    analog::InjectedFaults faults;
    faults.converters[7].stuck = code;
    array->inject(faults);
    ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
    EXPECT_EQ(report.bad, 1U) << code;
    EXPECT_EQ(report.first_bad, 7U) << code;
    EXPECT_EQ(report.trimmed, 49U) << code;
    EXPECT_EQ(trims->word(7), TSR_ADC_NEUTRAL) << code;
    EXPECT_EQ(sums[7].state, TSR_ADC_BAD) << code;
    double offset = 0, gain = 0;
    residuals(offset, gain, 7);
    EXPECT_LT(offset, 0.2) << "the others";
    EXPECT_LT(gain, 0.005) << "the others";
  }
  analog::InjectedFaults faults;
  faults.converters[3].offset = 20;  // large, but a trim reaches it
  array->inject(faults);
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  EXPECT_EQ(report.bad, 0U);
  const double truth = analog::adc_trims(parameters.array.adc, kSeed, 0)[3].offset_lsb;
  EXPECT_NEAR(tile::TrimBank::offset_lsb(trims->word(3)), truth + 20.0, 0.4);
}

/// What is seen of a converter's gain: pairs that it serves, patterns of rows, x of each [LSB].
struct Patterns {
  struct Pair {
    double unit = 0;                              ///< of level 1 at full input [LSB]
    std::vector<double> weight;                   ///< of each row at full input [LSB]
    std::vector<std::array<bool, 8>> on;          ///< of each row
    std::array<double, TSR_ADC_PATTERNS> x = {};  ///< sum over rows that are on
  };
  std::vector<std::vector<Pair>> converters;
  const Calibration* bench = nullptr;

  static bool see(void* context, const tsr_adc_stimulus* s, std::int64_t* sums) {
    auto& self = *static_cast<Patterns*>(context);
    const double lsb = self.bench->array->lsb_in_column_sum(s->gain_index);
    std::fill_n(sums, std::size_t{TSR_ADC_PRODUCTS} * s->pairs, std::int64_t{0});
    for (std::uint32_t pair = s->pair0; pair < std::uint32_t{s->pair0} + s->pairs; ++pair) {
      Pair one;
      one.unit = 255 / lsb;
      for (std::uint32_t row = 0; row < s->rows; ++row) {
        const std::uint8_t* cell = &self.bench->levels[std::size_t{row} * self.bench->area.stride + 2 * pair];
        one.weight.push_back((int{cell[0]} - int{cell[1]}) * one.unit);
        one.on.emplace_back();
        for (std::size_t p = 0; p < TSR_ADC_PATTERNS; ++p) {
          one.on.back()[p] = s->codes[(1 + p) * s->rows + row] == 127;
          one.x[p] += one.on.back()[p] ? one.weight.back() : 0.0;
        }
      }
      self.converters[pair % self.converters.size()].push_back(one);
    }
    return true;
  }
  /// Root mean square over converters of `error`, which gets the pairs and the sum of x^2.
  template <typename Error>
  [[nodiscard]] double rms(Error&& error) const {
    double sum = 0;
    for (std::size_t k = 0; k < converters.size(); ++k) {
      double xx = 0;
      for (const Pair& pair : converters[k]) {
        for (const double x : pair.x) {
          xx += x * x;
        }
      }
      const double one = error(k, converters[k], xx);
      sum += one * one;
    }
    return std::sqrt(sum / static_cast<double>(converters.size()));
  }
};

// Every cause of the gain error that stays, by itself, against a formula without free numbers. The trim is the inverse
// of the slope sum x y / sum x^2 over patterns, so that an error d of the measurement y leaves -sum x d / sum x^2.
//   noise:       sqrt(v / n / sum x^2), besides the offset's own error
//   programming: d of a pattern is the sum of w e over its rows: sigma sqrt(sum over cells of (w X)^2) / sum x^2, X the
//                sum of x over the patterns that the cell is on in
//   read noise:  the same without a common draw: sigma sqrt(sum x^2 sum w^2 / n) / sum x^2
//   off current: the other cell of a pair takes i_off from a cell that is on: d = -(i_off / i_lsb) sum of signs
//   bend:        d = INL(x) - INL(0) of this converter's own curve
TEST_F(Calibration, EveryCauseLeavesWhatItsFormulaSays) {
  build();
  Patterns seen;
  seen.bench = this;
  seen.converters.resize(parameters.array.adc.per_tile);
  tsr_adc_facts facts{};
  const tile::TrimFacts own = trims->facts();
  facts.converters = own.converters;
  facts.bits = own.bits;
  facts.pass_weight = own.pass_weight;
  facts.lsb = own.lsb;
  facts.gains = static_cast<std::uint32_t>(own.gain_weights.size());
  std::copy(own.gain_weights.begin(), own.gain_weights.end(), facts.gain_weight);
  std::vector<tsr_adc_sums> unused(facts.converters);
  ASSERT_TRUE(tsr_adc_observe(&facts, &area, 1, Patterns::see, &seen, &work, unused.data()));

  using Pairs = std::vector<Patterns::Pair>;
  const double n = how.repeats, half = 128;
  const analog::CellParameters& cell = parameters.array.cell;
  const double programming = seen.rms([&](std::size_t, const Pairs& pairs, double xx) {
    double sum = 0;
    for (const auto& pair : pairs) {
      for (std::size_t row = 0; row < pair.weight.size(); ++row) {
        double x = 0;
        for (std::size_t p = 0; p < pair.x.size(); ++p) {
          x += pair.on[row][p] ? pair.x[p] : 0.0;
        }
        sum += std::pow(pair.weight[row] * x, 2);
      }
    }
    return cell.sigma_prog_rel * std::sqrt(sum) / xx;
  });
  const double n_ut = cell.n_slope * 1.380649e-23 * parameters.array.temperature_K / 1.602176634e-19;
  const double read = seen.rms([&](std::size_t, const Pairs& pairs, double xx) {
    double sum = 0;
    for (const auto& pair : pairs) {
      for (std::size_t row = 0; row < pair.weight.size(); ++row) {
        for (std::size_t p = 0; p < pair.x.size(); ++p) {
          sum += pair.on[row][p] ? std::pow(pair.weight[row] * pair.x[p], 2) : 0.0;
        }
      }
    }
    return cell.sigma_read_vt_V / n_ut * std::sqrt(sum / n) / xx;
  });
  const double off = seen.rms([&](std::size_t, const Pairs& pairs, double xx) {
    double sum = 0;
    for (const auto& pair : pairs) {
      for (std::size_t row = 0; row < pair.weight.size(); ++row) {
        const double sign = pair.weight[row] > 0 ? 1.0 : pair.weight[row] < 0 ? -1.0 : 0.0;
        for (std::size_t p = 0; p < pair.x.size(); ++p) {
          sum += pair.on[row][p] ? pair.x[p] * sign * pair.unit * cell.i_off_A / cell.i_lsb_A : 0.0;
        }
      }
    }
    return sum / xx;
  });
  const auto curves = analog::inl_curves(parameters.array.adc, kSeed, 0);
  const auto truth = analog::adc_trims(parameters.array.adc, kSeed, 0);
  const double bend = seen.rms([&](std::size_t k, const Pairs& pairs, double xx) {
    const auto inl = [&](double x) {
      return analog::inl_lsb(curves[k], std::clamp((truth[k].gain * x + truth[k].offset_lsb) / half, -1.0, 1.0));
    };
    double sum = 0;
    for (const auto& pair : pairs) {
      for (const double x : pair.x) {
        sum += x * (inl(x) - inl(0.0));
      }
    }
    return sum / xx;
  });

  const auto left = [&](const char* cause, auto&& set, double formula) {
    parameters.array.effects = analog::NonIdealities::none();
    parameters.array.effects.adc_offset_gain = parameters.array.effects.adc_noise = true;
    set(parameters.array.effects);
    build();
    EXPECT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
    EXPECT_EQ(report.trimmed, 50U);
    double offset = 0, gain = 0, offset_limit = 0, noise = 0;
    residuals(offset, gain);
    allowed(offset_limit, noise);
    const double expected = std::sqrt(noise * noise + formula * formula);
    fmt::print("{:<18} {:.3f} %, formula {:.3f} % (with noise {:.3f} %)\n", cause, 100 * gain, 100 * formula,
               100 * expected);
    // 50 converters: a sample's root mean square is within 40 %, four sigma.
    EXPECT_NEAR(gain / expected, 1.0, 0.4) << cause;
    return expected;
  };
  using Effects = analog::NonIdealities;
  left(
      "noise", [](Effects&) {}, 0.0);
  left(
      "programming error", [](Effects& e) { e.programming_error = true; }, programming);
  left(
      "read noise", [](Effects& e) { e.read_noise = true; }, read);
  left(
      "off current", [](Effects& e) { e.off_current = true; }, off);
  left(
      "bend", [](Effects& e) { e.adc_inl = true; }, bend);
  EXPECT_GT(programming, 0.002);
  left(
      "all nominal",
      [](Effects& e) {
        e = Effects{};
        e.adc_offset_gain = true;
      },
      std::sqrt(programming * programming + read * read + off * off + bend * bend));
  double offset = 0, gain = 0;
  residuals(offset, gain);
  EXPECT_LT(offset, 0.6) << "an offset is measured with the bend at code 0, at most 0.5 LSB";
}

TEST_F(Calibration, TwoPhasesCancelOffsets) {
  parameters.signed_input = tile::TileParameters::SignedInput::two_phase;
  build();
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  double offset = 0, gain = 0;
  residuals(offset, gain);
  EXPECT_LT(report.before.offset / 256.0, 0.3) << "nothing to see";
  EXPECT_LT(gain, 0.002);
}

TEST_F(Calibration, BitSerialInputsWeighTheOffset) {
  parameters.array.dac.coding = analog::DacParameters::Coding::bit_serial;
  build();
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  double offset = 0, gain = 0;
  residuals(offset, gain);
  EXPECT_EQ(report.trimmed, 50U);
  EXPECT_LT(offset, 0.15);
  EXPECT_LT(gain, 0.002);
}

TEST_F(Calibration, OtherResolutionsOfDacAndAdc) {
  for (const auto& [dac, adc] : {std::pair{6, 10}, std::pair{10, 12}, std::pair{8, 5}}) {
    parameters.array.dac.bits = dac;
    parameters.array.adc.bits = adc;
    build();
    ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
    double offset = 0, gain = 0, offset_limit = 0, gain_limit = 0;
    residuals(offset, gain);
    allowed(offset_limit, gain_limit);
    EXPECT_EQ(report.bad, 0U) << dac << " " << adc;
    EXPECT_LT(offset, 1.4 * offset_limit) << dac << " " << adc;
    EXPECT_LT(gain, 1.4 * gain_limit + 2e-4) << dac << " " << adc;
  }
}

TEST_F(Calibration, PairsWithoutWeightsGetTheOffsetOnly) {
  build();
  std::fill(levels.begin(), levels.end(), std::uint8_t{0});
  array->program(0, 0, parameters.array.rows, parameters.array.columns, levels);
  area.pairs = 20;
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  EXPECT_EQ(report.offset_only, 20U);
  EXPECT_EQ(report.trimmed, 0U);
  EXPECT_EQ(trims->word(3) >> 16, 0x8000U);
  EXPECT_NE(trims->word(3), TSR_ADC_NEUTRAL);
  EXPECT_EQ(trims->word(20), TSR_ADC_NEUTRAL) << "nobody looked at it";
}

TEST_F(Calibration, TrimsAreWrittenBack) {
  build();
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  trims->reset();  // the supply has gone
  EXPECT_FALSE(tsr_tile_trims_enabled(&unit));
  ASSERT_EQ(tsr_tile_trims_write(&unit, words.data(), 50), TSR_OK);
  EXPECT_TRUE(tsr_tile_trims_enabled(&unit));
  EXPECT_EQ(trims->word(49), words[49]);
  EXPECT_EQ(tsr_tile_trims_write(&unit, words.data(), 51), TSR_BAD_ARGUMENT);
  ASSERT_EQ(tsr_tile_trims_write(&unit, nullptr, 0), TSR_OK);
  EXPECT_FALSE(tsr_tile_trims_enabled(&unit));
}

TEST_F(Calibration, RefusesWhatCannotBe) {
  build();
  const auto refused = [&] { return tsr_tile_calibrate(&unit, &how, &report) == TSR_BAD_ARGUMENT; };
  how.room = 49;
  EXPECT_TRUE(refused());
  how.room = 50;
  how.repeats = 0;
  EXPECT_TRUE(refused());
  how.repeats = 257;
  EXPECT_TRUE(refused());
  how.repeats = 1;
  how.scratch += 2;
  EXPECT_TRUE(refused());
  how.scratch -= 2;
  area.rows = 81;
  EXPECT_TRUE(refused());
  area.rows = 80;
  area.pair0 = 1;
  EXPECT_TRUE(refused());
  area.pair0 = 0;
  area.stride = 2;
  EXPECT_TRUE(refused());
}

TEST_F(Calibration, AJobThatFailsLeavesTrimsOff) {
  build();
  ASSERT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_OK);
  chip.failing_tags[1] = 3;
  EXPECT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_UNIT_ERROR);
  EXPECT_FALSE(tsr_tile_trims_enabled(&unit));
}

TEST_F(Calibration, ExactConvertersHaveNoTrims) {
  parameters.array.effects = analog::NonIdealities::none();
  parameters.array.adc.bits = 0;
  build();
  EXPECT_EQ(tsr_tile_converters(&unit), 0U);
  EXPECT_EQ(tsr_tile_calibrate(&unit, &how, &report), TSR_NO_DEVICE);
}

}  // namespace
}  // namespace tessera::firmware_test
