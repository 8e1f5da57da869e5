// SPDX-License-Identifier: Apache-2.0
#include "models/power/amount.h"

#include <algorithm>

namespace tessera::power {

std::string joules_text(Amount attojoules) {
  constexpr std::size_t places = 18;
  const bool negative = attojoules < 0;
  std::string digits;
  for (Amount rest = attojoules; rest != 0; rest /= 10) {
    const auto digit = static_cast<int>(rest % 10);  // takes the sign of rest: no overflow at the most negative value
    digits.push_back(static_cast<char>('0' + (negative ? -digit : digit)));
    if (digits.size() == places) {
      digits.push_back('.');
    }
  }
  while (digits.size() < places) {
    digits.push_back('0');
  }
  if (digits.size() == places) {
    digits.push_back('.');
  }
  if (digits.back() == '.') {
    digits.push_back('0');
  }
  if (negative) {
    digits.push_back('-');
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

double joules(Amount attojoules) {
  return static_cast<double>(attojoules) / 1.0e18;
}

}  // namespace tessera::power
