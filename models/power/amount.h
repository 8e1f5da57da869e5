// SPDX-License-Identifier: Apache-2.0
// Sums of energy: attojoules in 128 bits. 2^127 aJ are 1.7e20 J, so no number of postings wraps.
#pragma once

#include <string>

namespace tessera::power {

__extension__ typedef __int128 Amount;  ///< attojoules

/// Exact decimal number of joules, 18 places: "-0.000000021660000000".
[[nodiscard]] std::string joules_text(Amount attojoules);
/// Nearest double, for ratios and plots; never sum these.
[[nodiscard]] double joules(Amount attojoules);

}  // namespace tessera::power
