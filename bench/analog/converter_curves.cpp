// SPDX-License-Identifier: Apache-2.0
// Pictures of converters: curves of instances, where to put the range, time and energy by resolution.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <vector>

#include "bench/analog/figure.h"
#include "models/analog/array.h"
#include "models/analog/quantiser.h"
#include "models/analog/trim.h"
#include "models/tile/cost.h"

namespace tessera::curves {
namespace {

using analog::ArrayParameters;

constexpr std::uint32_t kStepsPerLsb = 64;

/// Code widths of the converter of a pair, from a ramp over the whole range without noise [LSB]; the two end codes,
/// which have no outer end, are left out.
std::vector<double> code_widths(const analog::Array& array, std::uint32_t pair) {
  const int half = 1 << (array.parameters().adc.bits - 1);
  const double lsb = array.lsb_in_column_sum(0);
  std::vector<double> ramp;
  for (double v = -half - 4; v < half + 4; v += 1.0 / kStepsPerLsb) {
    ramp.push_back(v * lsb);
  }
  const std::vector<double> variances(ramp.size(), 0.0);
  const auto count = static_cast<std::uint32_t>(ramp.size());
  std::vector<std::int32_t> codes(count);
  std::vector<analog::Activity> activity(count);
  array.convert(*array.block(0, 1, pair, 1), {0, 1, pair, 1, count, 0, 0}, 0, ramp, variances, codes, activity);
  std::vector<double> widths(std::size_t{2} * half, 0.0);
  for (const std::int32_t code : codes) {
    widths[static_cast<std::size_t>(code + half)] += 1.0 / kStepsPerLsb;
  }
  return {widths.begin() + 1, widths.end() - 1};
}

void adc_instances(const Folder& folder) {
  constexpr std::uint32_t kConverters = 3;
  ArrayParameters p = quiet_array(1, 2 * kConverters);
  p.effects.adc_inl = true;
  text::Plot inl =
      plot("Bend of three converters",
           "INL from the code widths of a ramp without noise; peak 0.5 LSB, code widths ideal", "code", "INL [LSB]");
  text::Plot dnl =
      plot("Code widths of one converter", "from a ramp without noise; adc_dnl with a spread of 0.2 LSB, and bend",
           "code", "width less one step (DNL) [LSB]");
  inl.x.low = dnl.x.low = -128;
  inl.x.high = dnl.x.high = 128;
  inl.x.ticks = dnl.x.ticks = {-128, -64, 0, 64, 128};
  const int first = -(1 << (p.adc.bits - 1)) + 1;
  const analog::Array smooth(p, 1, 0);
  p.effects.adc_dnl = true;
  const analog::Array rough(p, 1, 0);
  for (std::uint32_t converter = 0; converter < kConverters; ++converter) {
    const std::vector<double> widths = code_widths(smooth, converter);
    double mean = 0;
    for (const double width : widths) {
      mean += width / static_cast<double>(widths.size());
    }
    text::PlotSeries line = series(fmt::format("converter {}", converter));
    double sum = 0;
    for (std::size_t k = 0; k < widths.size(); ++k) {
      if (k % 3 == 0) {
        add(line, first + static_cast<double>(k), sum);
      }
      sum += widths[k] - mean;
    }
    add(line, first + static_cast<double>(widths.size()), sum);
    inl.series.push_back(line);
  }
  text::PlotSeries with = series("code widths and bend", Kind::steps), without = series("bend alone");
  const std::vector<double> wide = code_widths(rough, 0), even = code_widths(smooth, 0);
  for (std::size_t k = 0; k < wide.size(); ++k) {
    add(with, first + static_cast<double>(k), wide[k] - 1);
    if (k % 4 == 0) {
      add(without, first + static_cast<double>(k), even[k] - 1);
    }
  }
  dnl.series = {with, without};
  write(folder, "adc-inl", inl);
  write(folder, "adc-dnl", dnl);
}

void dac_instances(const Folder& folder) {
  constexpr std::uint32_t kRows = 3;
  ArrayParameters p = quiet_array(kRows, 2);
  p.effects.dac_errors = true;
  text::Plot figure = plot("Errors of three DACs",
                           "logarithmic voltage, default errors: offset 0.2 mV, gain 0.2 %, bend 0.1 mV, codes 0.05 mV",
                           "code", "error of the row drive [% of the code]");
  figure.x.low = 0;
  figure.x.high = 255;
  figure.x.ticks = {0, 64, 128, 192, 255};
  const analog::FixedPoint fixed(p, 1.0);
  const analog::DriveTable table = analog::drive_table(p, fixed, 1, 0);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    text::PlotSeries line = series(fmt::format("row {}", row));
    for (int code = 1; code <= p.max_code(); code += code < 32 ? 1 : 3) {
      add(line, code, 100 * (static_cast<double>(table.of_row(row)[code]) / (code * fixed.code_unit) - 1));
    }
    figure.series.push_back(line);
  }
  write(folder, "dac-errors", figure);
}

}  // namespace

void converter_curves(const Folder& folder) {
  adc_instances(folder);
  dac_instances(folder);
}

void converter_range(const Folder& folder) {
  text::Plot figure =
      plot("Signal to error of an ADC against its range", "normal input, quantisation and clipping, no noise",
           "half range [standard deviations of the input]", "SQNR [dB]");
  text::PlotSeries best = series("best range", Kind::points);
  for (const int bits : {8, 6, 4}) {
    text::PlotSeries line = series(fmt::format("{} bits", bits));
    for (double range = 1; range <= 8.001; range += 0.125) {
      add(line, range, analog::quantiser_sqnr_dB(bits, range));
    }
    figure.series.push_back(line);
    const analog::QuantiserRange optimum = analog::optimal_quantiser_range(bits);
    add(best, optimum.range_sigma, optimum.sqnr_dB);
  }
  figure.series.push_back(best);
  write(folder, "adc-range", figure);
}

void converter_laws(const Folder& folder) {
  using Law = tile::TileParameters::AdcLaw;
  const tile::TileParameters parameters;
  const std::string note = "by tile.adc.law; 8 bits take the stated value";
  text::Plot time = plot("Time of a conversion", note, "bits", "time [ns]");
  text::Plot energy = plot("Energy of a conversion", note, "bits", "energy [pJ]");
  time.y.logarithmic = energy.y.logarithmic = true;
  struct Named {
    Law law;
    const char* name;
  };
  for (const Named& each : std::array<Named, 4>{
           {{Law::stated, "stated"}, {Law::sar, "sar"}, {Law::ramp, "ramp"}, {Law::integrating, "integrating"}}}) {
    text::PlotSeries seconds = series(each.name, Kind::line_points), joules = seconds;
    for (int bits = 4; bits <= 12; ++bits) {
      const tile::ConversionCost cost = tile::conversion_cost(each.law, bits);
      add(seconds, bits, 1e9 * parameters.timing.adc_conversion_s * cost.time);
      add(joules, bits, 1e12 * parameters.energy.adc_conversion_J * cost.energy);
    }
    time.series.push_back(seconds);
    energy.series.push_back(joules);
  }
  write(folder, "adc-law-time", time);
  write(folder, "adc-law-energy", energy);
}

}  // namespace tessera::curves
