// SPDX-License-Identifier: Apache-2.0
// What the input pins do, from a text file: one change a line, `TIME PIN LEVEL`, such as `1.5ms 3 1`; `#` begins a
// comment. Times count from the start of the run and do not fall.
#pragma once

#include <filesystem>
#include <vector>

#include "models/peripherals/gpio/gpio.h"

namespace tessera::platform {

/// @throws InputError         `file:line:column: what is wrong; what was expected`
/// @throws MissingInputError  the file cannot be read
[[nodiscard]] std::vector<peripherals::PinChange> load_gpio_script(const std::filesystem::path& file);

}  // namespace tessera::platform
