// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/tables.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "platform/config/derived.h"
#include "tests/validation/support.h"

namespace tessera::validation {
namespace {

std::string number(double value) {
  return fmt::format("{:.4g}", value);
}

}  // namespace

double Comparison::rms_error() const {
  double sum = 0, count = 0;
  for (const Check& check : checks) {
    sum += check.value() ? check.error() * check.error() : 0;
    count += check.value() ? 1 : 0;
  }
  return count > 0 ? std::sqrt(sum / count) : 0;
}

double Comparison::largest_error() const {
  double most = 0;
  for (const Check& check : checks) {
    most = check.value() ? std::max(most, std::abs(check.error())) : most;
  }
  return most;
}

int Comparison::numbers() const {
  return static_cast<int>(std::count_if(checks.begin(), checks.end(), [](const Check& c) { return !c.alternative; }));
}

std::string Comparison::markdown() const {
  std::string out = fmt::format("### {}\n\n{}\n\n| | ours | source | difference |\n|---|---:|---:|---:|\n", title, law);
  for (const Check& check : checks) {
    out += fmt::format(
        "| {} | {} {} | {}{} {} | {} |\n", check.what, number(check.ours), check.unit, check.bound ? "< " : "",
        number(check.source), check.unit,
        check.bound ? (check.ours < check.source ? "holds" : "fails") : fmt::format("{:+.1f} %", 100 * check.error()));
  }
  out += fmt::format(
      "\n{} parameter{} from the data, {} number{} checked{}; root mean square {:.1f} %, largest {:.1f} %.{}\n\n",
      fitted, fitted == 1 ? "" : "s", numbers(), numbers() == 1 ? "" : "s", calibration() ? ": a calibration" : "",
      100 * rms_error(), 100 * largest_error(), remark.empty() ? "" : " " + remark);
  return out;
}

Comparison nominal() {
  const platform::Derived d = platform::derived(chip(""));
  Comparison c;
  c.title = "Nominal tile (`membrain40_nominal`)";
  c.law = "Time and energy of one product of 1024 rows and 512 pairs from the sources of the single keys.";
  c.checks = {{"product time", d.product_time_s * 1e6, 1.000, "us"},
              {"product energy", static_cast<double>(d.product_energy.total()) * 1e-9, 21.66, "nJ"},
              {"efficiency", d.tile_ops_per_J * 1e-12, 48.4, "TOPS/W"},
              {"peak of the chip", d.peak_ops * 1e-12, 12.58, "TOPS"},
              {"limited by the bus", d.bus_limited_ops * 1e-12, 2.18, "TOPS"}};
  c.remark = "The source is the sum of the same assumptions done by hand: it checks the cost law, not silicon.";
  return c;
}

Comparison vendor_target() {
  const platform::Derived d = platform::derived(chip("preset: vendor_target"));
  Comparison c;
  c.title = "Vendor's target (`vendor_target`)";
  c.law = "Eight energies lowered until the tile reaches what the vendor announced (120 TOPS/W, a target).";
  c.fitted = 8;
  c.checks = {{"efficiency", d.tile_ops_per_J * 1e-12, 119.8, "TOPS/W"},
              {"product energy", static_cast<double>(d.product_energy.total()) * 1e-9, 8.75, "nJ"}};
  return c;
}

Comparison mythic_like() {
  const platform::PlatformParameters platform = chip("preset: silicon_mythic_like");
  Comparison c;
  c.title = "Mythic M1076 (`silicon_mythic_like`)";
  c.law = "One conversion time and one energy scale for 26 TOPS of 76 tiles and 0.27 pJ a MAC, all inclusive.";
  c.fitted = 2;
  c.checks = {{"product time", platform::derived(platform).product_time_s * 1e6, 6.1, "us"},
              {"product energy", energy_J(platform) * 1e9, 283, "nJ"}};
  return c;
}

Comparison hermes() {
  const platform::PlatformParameters one = chip("preset: hermes_core"),
                                     four = chip("preset: hermes_core\ntile: {phases: 4}");
  Comparison c;
  c.title = "HERMES core (`hermes_core`), one phase and four";
  c.law =
      "One phase gives the times of the stages and one energy scale (published totals of 64 cores); `tile.phases: 4` "
      "takes the signs of inputs and weights one after the other: settling, integration and conversion, time and "
      "energy, four times.";
  c.fitted = 2;
  c.checks = {{"product time, one phase", platform::derived(one).product_time_s * 1e9, 133, "ns"},
              {"product energy, one phase", energy_J(one) * 1e9, 13.4, "nJ"},
              {"rate of 64 cores, four phases", 64 * platform::derived(four).tile_peak_ops * 1e-12, 16.1, "TOPS"},
              {"efficiency, four phases", platform::derived(four).tile_ops_per_J * 1e-12, 2.48, "TOPS/W"}};
  c.remark =
      "The first two are the calibration, the last two follow. Rate (63.1 TOPS) and efficiency (9.76 TOPS/W) of one "
      "phase are the first two rows in other units; 10.5 TOPS/W, of one core measured alone, is the second energy once "
      "more, from another source: 7 % beside it, and not counted.";
  return c;
}

std::vector<Comparison> all() {
  return {nominal(),          vendor_target(),       mythic_like(),       hermes(),    neurram_law(),
          neurram_rate_law(), neurram_energy_rows(), neurram_time_rows(), guo_180nm(), jin_55nm()};
}

}  // namespace tessera::validation
