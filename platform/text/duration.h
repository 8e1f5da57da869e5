// SPDX-License-Identifier: Apache-2.0
// Simulated times as people write them: "10ms", "1.5 us", "2s", "1h".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::text {

inline constexpr const char* duration_units = "ps, ns, us, ms, s, min or h";

/// A decimal number and a unit (`duration_units`), exactly a whole number of picoseconds, below 2^63 ps (106 days).
/// @return nothing: not such a text
[[nodiscard]] std::optional<std::uint64_t> parse_duration(std::string_view text);

/// "1.234567 ms": exact, in the largest unit up to seconds that gives a number from 1 on.
[[nodiscard]] std::string duration(std::uint64_t ps);

}  // namespace tessera::text
