// SPDX-License-Identifier: Apache-2.0
// Faults to put into tiles, from a text file; one a line, `#` begins a comment (docs/power.md, "Faults"):
//
//   tile 3 stuck_cell row 17 column 4 level 15
//   tile 3 stuck_column column 9 level 0
//   tile 0 dead_row row 100
//   tile 5 adc_offset converter 3 lsb -20
//   tile 5 adc_stuck converter 3 code 127
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "models/analog/injected_faults.h"
#include "platform/config/platform_parameters.h"

namespace tessera::platform {

using TileFaults = std::map<std::uint32_t, analog::InjectedFaults>;  ///< by tile

/// @throws InputError         `file:line:column: what is wrong; what was expected`
/// @throws MissingInputError  the file cannot be read
[[nodiscard]] TileFaults load_fault_script(const std::filesystem::path& file, const PlatformParameters& platform);

}  // namespace tessera::platform
