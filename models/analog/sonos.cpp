// SPDX-License-Identifier: Apache-2.0
#include "models/analog/sonos.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace tessera::analog::sonos {

namespace {

struct Day {
  double a, b;                  ///< sigma = a (1 - exp(-I / b))
  std::array<double, 11> mean;  ///< shift = sum p_i I^i
};

constexpr std::array<Day, 6> kDays = {{
    {19.88665, 176.3115, {}},
    {25.59102,
     186.85544,
     {1.72684e-1, 5.72552e-2, -6.85715e-4, 3.50271e-6, -9.37682e-9, 1.40575e-11, -1.19803e-14, 5.41293e-18,
      -8.85448e-22, -1.66869e-25, 5.95180e-29}},
    {28.72753,
     193.56834,
     {2.50712e-1, 6.62195e-2, -6.83218e-4, 2.99442e-6, -6.78255e-9, 7.70482e-12, -3.04983e-15, -2.15919e-18,
      2.94617e-21, -1.23359e-24, 1.85329e-28}},
    {31.04318,
     198.90332,
     {-1.75300e-2, 9.76883e-2, -9.63791e-4, 4.55551e-6, -1.22391e-8, 1.93786e-11, -1.85899e-14, 1.07659e-17,
      -3.58211e-21, 5.96785e-25, -3.30410e-29}},
    {33.76214,
     204.77023,
     {4.03338e-2, 1.03111e-1, -1.04740e-3, 4.83961e-6, -1.28132e-8, 1.99484e-11, -1.85139e-14, 1.00008e-17,
      -2.84944e-21, 3.01008e-25, 1.18747e-29}},
    {34.57909,
     207.34309,
     {3.19927e-1, 1.06596e-1, -1.04054e-3, 4.50290e-6, -1.10352e-8, 1.56477e-11, -1.27592e-14, 5.45513e-18,
      -7.26841e-22, -2.43893e-25, 7.14608e-29}},
}};

/// Coefficients at a time between two days: each interpolated linearly.
Day at(double current_nA, double days) {
  const double largest = days > 0.0 ? 1800.0 : 3200.0;
  if (!(days >= 0.0 && days <= 5.0)) {
    throw std::out_of_range("sonos: " + std::to_string(days) + " days; measured for 0..5");
  }
  if (!(current_nA >= 0.0 && current_nA <= largest)) {
    throw std::out_of_range("sonos: " + std::to_string(current_nA) + " nA; measured for 0.." + std::to_string(largest));
  }
  const auto before = std::min(static_cast<std::size_t>(days), kDays.size() - 2);
  const double part = days - static_cast<double>(before);
  Day day = kDays[before];
  const Day& next = kDays[before + 1];
  day.a += part * (next.a - day.a);
  day.b += part * (next.b - day.b);
  for (std::size_t i = 0; i < day.mean.size(); ++i) {
    day.mean[i] += part * (next.mean[i] - day.mean[i]);
  }
  return day;
}

}  // namespace

double sigma_programmed_nA(double current_nA, double days) {
  const Day day = at(current_nA, days);
  // The drifted current sets the spread: it is drawn when the drift is applied.
  const double current = std::max(0.0, current_nA + mean_shift_nA(current_nA, days));
  return day.a * (1.0 - std::exp(-current / day.b));
}

double mean_shift_nA(double current_nA, double days) {
  const Day day = at(current_nA, days);
  double shift = 0.0;
  for (std::size_t i = day.mean.size(); i-- > 0;) {
    shift = shift * current_nA + day.mean[i];
  }
  return shift;
}

double sigma_read_nA(double current_nA) {
  return 12.58037 * (1.0 - std::exp(-current_nA / 215.36557));
}

}  // namespace tessera::analog::sonos
