// SPDX-License-Identifier: Apache-2.0
// What `monitor ...` in a debugger answers: the state of the chip as someone who programs it wants to see it. Looking
// changes nothing; "io" and "reset" do, and say so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "models/host/debug/debug_port.h"
#include "models/host/elf_image.h"
#include "models/power/ledger.h"
#include "platform/chip/chip.h"

namespace tessera::debug {

class Monitor {
 public:
  /// Everything given must outlive the monitor.
  Monitor(platform::Chip& chip, const power::Ledger& ledger, host::DebugPort& port, const host::ElfImage& program,
          std::string program_name);

  /// @return text for a human, never empty
  [[nodiscard]] std::string run(std::string_view command);

 private:
  using Words = std::span<const std::string_view>;
  [[nodiscard]] std::string tiles();
  [[nodiscard]] std::string tile(Words words);
  [[nodiscard]] std::string bus();
  [[nodiscard]] std::string energy();
  [[nodiscard]] std::string time();
  [[nodiscard]] std::string interrupts();
  [[nodiscard]] std::string fault();
  [[nodiscard]] std::string catching(Words words);
  [[nodiscard]] std::string io(Words words);
  [[nodiscard]] std::string reset();
  /// A device's register, without side effects.
  [[nodiscard]] std::optional<std::uint32_t> word(std::uint32_t address);
  [[nodiscard]] double now_s() const;

  platform::Chip& chip_;
  const power::Ledger& ledger_;
  host::DebugPort& port_;
  const host::ElfImage& program_;
  std::string program_name_;
};

}  // namespace tessera::debug
