// SPDX-License-Identifier: Apache-2.0
// The codings of signed inputs compared on one matrix: time, energy, range and error, with the zero point of keyword
// spotting. Its table stands in docs/analog.md.
#include "tests/tile/coding_bench.h"
#include "tests/tile/page_section.h"

namespace tessera::tile {
namespace {

using namespace test;
using SignedInput = TileParameters::SignedInput;

constexpr int zero_point = 83;

TileParameters with(SignedInput coding) {
  TileParameters p;
  p.signed_input = coding;
  return p;
}

TEST(SignedInputs, TableOfThePageIsCurrent) {
  Words words;
  std::vector<std::int8_t> q;
  for (std::uint32_t i = 0; i < products * inputs; ++i) {
    const bool zero = words() % 4 == 0;
    const int value = zero_point + static_cast<int>(std::lround(25.0 * words.normal()));
    q.push_back(static_cast<std::int8_t>(zero ? zero_point : std::clamp(value, -128, 127)));
  }
  std::vector<double> weights(outputs * inputs);
  for (double& w : weights) {
    w = std::clamp(std::round(5.0 * words.normal()), -15.0, 15.0);
  }
  CodingBench bench(zero_point, q, weights);
  const std::array codings = {SignedInput::offset, SignedInput::two_phase, SignedInput::row_pair};
  const std::array<Result, 3> results = {bench.of(with(codings[0]), 1.0), bench.of(with(codings[1]), 1.0),
                                         bench.of(with(codings[2]), 1.0)};
  CodingTable table({"offset", "two_phase", "row_pair"});
  table.row("longest vector, 1024 rows", [&](std::size_t i) { return fmt::format("{}", with(codings[i]).inputs()); });
  table.row("passes a product", [&](std::size_t i) { return fmt::format("{}", with(codings[i]).passes()); });
  table.row("time of a product", [&](std::size_t i) {
    return fmt::format("{:.4g} ns", static_cast<double>(results[i].time.total()) * 1e-3);
  });
  table.row("DAC code of a real zero", [&](std::size_t i) {
    const PassCodes codes = pass_codes(with(codings[i]), zero_point, 0);
    const auto zero = static_cast<std::uint8_t>(zero_point);
    return fmt::format("{}", codings[i] == SignedInput::row_pair ? std::max(codes.codes[zero], codes.second[zero])
                                                                 : codes.codes[zero]);
  });
  table.row("rows driven", [&](std::size_t i) { return fmt::format("{}", results[i].rows); });
  table.row("energy: array", [&](std::size_t i) { return joules(results[i].energy.array); });
  table.row("energy: DAC, row drivers", [&](std::size_t i) { return joules(results[i].energy.dac); });
  table.row("energy: front end, ADC",
            [&](std::size_t i) { return joules(results[i].energy.frontend + results[i].energy.adc); });
  table.row("energy: all", [&](std::size_t i) { return joules(results[i].energy.total()); });
  table.row("energy: all, inputs all zero", [&](std::size_t i) { return joules(results[i].energy_of_zero.total()); });
  table.row("gain of least error", [&](std::size_t i) { return fmt::format("{}", results[i].gain); });
  table.row("one LSB, in steps of q x level", [&](std::size_t i) { return fmt::format("{:.4g}", results[i].lsb); });
  table.row("error of a sum, 1 sigma", [&](std::size_t i) { return fmt::format("{:.4g}", results[i].error); });
  table.row("signal to error", [&](std::size_t i) { return decibels(results[i].rms, results[i].error); });
  table.row("error, inputs all zero", [&](std::size_t i) { return fmt::format("{:.4g}", results[i].error_of_zero); });
  expect_section("signed inputs", table.text());

  const auto& [offset, two_phase, row_pair] = results;
  EXPECT_EQ(row_pair.time.total(), offset.time.total()) << "one pass";
  EXPECT_EQ(row_pair.rows, two_phase.rows) << "the same rows, at once";
  EXPECT_EQ(row_pair.energy_of_zero.array, 0U);
  EXPECT_GT(offset.energy_of_zero.array, 0U);
  EXPECT_GT(offset.error, 2.0 * row_pair.error) << "the zero point uses up range, and adds noise";
  EXPECT_GT(two_phase.error, row_pair.error) << "each phase is converted by itself";
}

}  // namespace
}  // namespace tessera::tile
