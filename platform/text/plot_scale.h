// SPDX-License-Identifier: Apache-2.0
// One axis of a plot: its ends, its ticks, and where a value lies between the ends.
#pragma once

#include <string>
#include <vector>

#include "platform/text/plot.h"

namespace tessera::text {

class PlotScale {
 public:
  /// @param values  all that the axis must show; not finite ones are ignored
  /// @param zero    the axis must show 0, too (bars); without meaning on a logarithmic axis
  PlotScale(const PlotAxis& axis, const std::vector<double>& values, bool zero);

  [[nodiscard]] bool shows(double value) const;
  /// 0 at the low end, 1 at the high end; may lie outside.
  [[nodiscard]] double place(double value) const;
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] const std::vector<double>& ticks() const { return ticks_; }

 private:
  void linear_ticks();
  void logarithmic_ticks();

  bool logarithmic_;
  double low_ = 0, high_ = 1;
  std::vector<double> ticks_;
};

/// "0", "12.5", "4e-09" as "4e-9": short, without exponent between 0.001 and 99999.
[[nodiscard]] std::string tick_text(double value);

}  // namespace tessera::text
