// SPDX-License-Identifier: Apache-2.0
#include "platform/text/plot_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace tessera::text {
namespace {

double given_end(double value, bool logarithmic) {
  if (!std::isfinite(value) || (logarithmic && value <= 0)) {
    throw std::invalid_argument(
        fmt::format("plot: {} cannot be the end of {} axis", value, logarithmic ? "a logarithmic" : "an"));
  }
  return value;
}

/// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) {
      return factor * power;
    }
  }
  return 10.0 * power;
}

}  // namespace

PlotScale::PlotScale(const PlotAxis& axis, const std::vector<double>& values, bool zero)
    : logarithmic_(axis.logarithmic) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const double value : values) {
    if (std::isfinite(value) && (!logarithmic_ || value > 0)) {
      least = std::min(least, value);
      most = std::max(most, value);
    }
  }
  if (least > most) {
    least = logarithmic_ ? 1 : 0;
    most = logarithmic_ ? 10 : 1;
  }
  if (zero && !logarithmic_) {
    least = std::min(least, 0.0);
    most = std::max(most, 0.0);
  }
  if (!axis.categories.empty()) {
    low_ = -0.5;
    high_ = static_cast<double>(axis.categories.size()) - 0.5;
    for (std::size_t i = 0; i < axis.categories.size(); ++i) {
      ticks_.push_back(static_cast<double>(i));
    }
    return;
  }
  // One value alone gets room on both sides.
  if (most - least <= 1e-12 * std::max(std::abs(most), std::abs(least))) {
    const double room = least == 0 ? 1 : 0.5 * std::abs(least);
    least -= logarithmic_ ? 0.5 * room : room;
    most += room;
  }
  low_ = axis.low ? given_end(*axis.low, logarithmic_) : least;
  high_ = axis.high ? given_end(*axis.high, logarithmic_) : most;
  if (low_ >= high_) {
    high_ = logarithmic_ ? low_ * 10 : low_ + 1;
  }
  if (logarithmic_) {
    low_ = axis.low ? low_ : low_ / std::pow(high_ / low_, 0.03);
    high_ = axis.high ? high_ : high_ * std::pow(high_ / low_, 0.03);
  } else {
    const double step = round_step((high_ - low_) / 6);
    low_ = axis.low ? low_ : std::floor(low_ / step + 1e-9) * step;
    high_ = axis.high ? high_ : std::ceil(high_ / step - 1e-9) * step;
  }
  if (!axis.ticks.empty()) {
    ticks_ = axis.ticks;
    ticks_.erase(std::remove_if(ticks_.begin(), ticks_.end(), [&](double tick) { return !shows(tick); }), ticks_.end());
  } else if (logarithmic_) {
    logarithmic_ticks();
  } else {
    linear_ticks();
  }
}

void PlotScale::linear_ticks() {
  const double step = round_step((high_ - low_) / 6);
  const auto first = static_cast<long long>(std::ceil(low_ / step - 1e-9));
  const auto last = static_cast<long long>(std::floor(high_ / step + 1e-9));
  for (long long i = first; i <= last; ++i) {
    ticks_.push_back(static_cast<double>(i) * step);
  }
}

void PlotScale::logarithmic_ticks() {
  const int first = static_cast<int>(std::floor(std::log10(low_)));
  const int last = static_cast<int>(std::ceil(std::log10(high_)));
  const int decades = last - first;
  const int step = std::max(1, (decades + 7) / 8);
  for (int power = first; power <= last; power += step) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10.0, power);
      if ((factor == 1.0 || decades <= 3) && shows(tick)) {
        ticks_.push_back(tick);
      }
    }
  }
}

bool PlotScale::shows(double value) const {
  if (!std::isfinite(value) || (logarithmic_ && value <= 0)) {
    return false;
  }
  const double at = place(value);
  return at >= -1e-9 && at <= 1 + 1e-9;
}

double PlotScale::place(double value) const {
  return logarithmic_ ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
}

std::string tick_text(double value) {
  if (std::abs(value) < 1e-300) {
    return "0";
  }
  std::string text = fmt::format("{:.4g}", value);
  const std::size_t e = text.find('e');
  if (e == std::string::npos) {
    return std::abs(value) >= 1e-3 ? text : fmt::format("{:.3g}", value);
  }
  // "4e-09" -> "4e-9", "1e+06" -> "1e6"
  std::size_t digits = e + 1;
  std::string out = text.substr(0, digits);
  if (text[digits] == '-') {
    out += '-';
  }
  digits += text[digits] == '-' || text[digits] == '+' ? 1 : 0;
  while (digits + 1 < text.size() && text[digits] == '0') {
    ++digits;
  }
  return out + text.substr(digits);
}

}  // namespace tessera::text
