// SPDX-License-Identifier: Apache-2.0
#include "models/analog/cell_curves.h"

#include <algorithm>
#include <cmath>

#include "models/analog/compression.h"
#include "models/analog/measured_curves.h"

namespace tessera::analog {

CellCurves::CellCurves(const ArrayParameters& p, const FixedPoint& fixed) : level_unit_(fixed.level_unit) {
  if (!p.compresses() && !p.has_curves()) {
    return;
  }
  const CurveLaw law = p.has_curves() ? measured_law(p) : ekv_law(p, kFullScale / level_unit_);
  const auto full = static_cast<std::int32_t>(p.max_code()) * fixed.code_unit;
  const auto of_steps = [&](const std::function<double(double)>& of_current) {
    std::vector<double> table;
    for (std::int32_t step = 0; step <= kFullScale; ++step) {
      table.push_back(of_current(step / level_unit_));
    }
    return table;
  };
  for (const CurveLaw::Term& term : law.terms) {
    Term made;
    made.of_currents = of_steps(term.of_cell);
    const auto [least, most] = std::minmax_element(made.of_currents.begin(), made.of_currents.end());
    const double spread = std::max(*most, 0.0) - std::min(*least, 0.0);
    made.cell_unit = spread > 0.0 ? kFullScale / spread : 0.0;
    double peak = 0.0;
    for (std::int32_t drive = 0; drive <= full; ++drive) {
      peak = std::max(peak, std::abs(term.of_input(static_cast<double>(drive) / full)));
    }
    made.drive_unit = peak > 0.0 ? kFullScale / peak : 0.0;
    for (std::int32_t drive = 0; drive <= kFullScale; ++drive) {
      const double steps = made.drive_unit * term.of_input(static_cast<double>(drive) / full);
      made.of_drives.push_back(static_cast<std::int16_t>(
          std::clamp(std::nearbyint(steps), -static_cast<double>(kFullScale), static_cast<double>(kFullScale))));
    }
    if (spread > 0.0 && peak > 0.0) {
      terms_.push_back(std::move(made));
    }
  }
  sensitive_ = of_steps(law.sensitive_current);
  for (std::int32_t drive = 0; drive <= kFullScale; ++drive) {
    noise_.push_back(static_cast<float>(full * law.noise_of_input(static_cast<double>(drive) / full)));
  }
}

double CellCurves::at(const std::vector<double>& table, double w) const {
  const double step = std::clamp(w * level_unit_, 0.0, static_cast<double>(kFullScale));
  const auto below = std::min(static_cast<std::size_t>(step), table.size() - 2);
  return table[below] + (step - static_cast<double>(below)) * (table[below + 1] - table[below]);
}

}  // namespace tessera::analog
