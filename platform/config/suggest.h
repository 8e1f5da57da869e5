// SPDX-License-Identifier: Apache-2.0
// What a mistyped name may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera::platform {

/// Insertions, deletions, substitutions and swaps of neighbours that turn a into b; letters' case counts half.
/// @return that number doubled (so that it is whole), or 2 * limit + 1 if it is above limit
[[nodiscard]] int edit_distance(std::string_view a, std::string_view b, int limit);

/// The nearest candidate, the first of equals, or one that contains the name; empty if none is a likely slip.
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// What to write instead of an unknown key: `did you mean ...`, or the names that the section has.
/// @param section  path of the section it stood in, empty for the top level
[[nodiscard]] std::string instead_of(std::string_view section, std::string_view name);

}  // namespace tessera::platform
