// SPDX-License-Identifier: Apache-2.0
#include "platform/world/gpio_script.h"

#include <fmt/format.h>

#include "platform/text/duration.h"
#include "platform/world/script_line.h"

namespace tessera::platform {

std::vector<peripherals::PinChange> load_gpio_script(const std::filesystem::path& file) {
  const std::string text = script_text(file);
  std::vector<peripherals::PinChange> changes;
  for (const ScriptLine& line : script_lines(text)) {
    if (line.words.size() != 3) {
      script_error(file, line.number, line.words.back().column,
                   fmt::format("{} words; expected three: a time such as 1.5ms, a pin and a level", line.words.size()));
    }
    const auto at = text::parse_duration(line.words[0].text);
    if (!at) {
      script_error(file, line.number, line.words[0].column,
                   fmt::format("'{}' is no time; expected a number and {}", line.words[0].text, text::duration_units));
    }
    if (!changes.empty() && *at < changes.back().at) {
      script_error(file, line.number, line.words[0].column,
                   fmt::format("{} is before the line above; expected rising times", line.words[0].text));
    }
    const std::size_t pin = script_number(file, line, line.words[1], "pin", 31);
    const std::size_t level = script_number(file, line, line.words[2], "level", 1);
    changes.push_back({*at, static_cast<std::uint32_t>(pin), level == 1});
  }
  return changes;
}

}  // namespace tessera::platform
