// SPDX-License-Identifier: Apache-2.0
// Ways in which a guest talks to whoever runs it: semihosting and the HTIF words `tohost` and `fromhost`. SystemC-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "models/host/core.h"

namespace tessera::host {

class GuestCalls {
 public:
  struct Exit {
    bool semihosting = false;  ///< else tohost
    std::uint32_t code = 0;
  };

  /// Console output of either way.
  std::function<void(std::uint8_t)> output;
  /// Simulated time since the start [ps], for a program that asks for the time. May be empty: always 0.
  std::function<std::uint64_t()> time_ps;

  explicit GuestCalls(Core& core) : core_(core) {}

  /// Watches the word; fromhost 0: none.
  void set_htif(std::uint32_t tohost, std::uint32_t fromhost);

  /// @return true: the ebreak at pc was a semihosting call and is done
  bool semihosting();
  /// A store touched `tohost`.
  void tohost_written(std::uint32_t address, std::uint32_t bytes);

  /// Set once the guest has asked to end.
  [[nodiscard]] const std::optional<Exit>& exit() const { return exit_; }
  /// An exit code whose upper half may still be written: to be taken for complete from this cycle on. 0: none.
  [[nodiscard]] std::uint64_t exit_deadline() const { return deadline_; }
  void deadline_passed();

 private:
  [[nodiscard]] std::uint32_t word(std::uint32_t address) const;
  void put_word(std::uint32_t address, std::uint32_t value);
  [[nodiscard]] std::uint32_t operation(std::uint32_t number, std::uint32_t parameter);
  [[nodiscard]] std::uint64_t nanoseconds() const;
  /// @return a handle, or all ones
  [[nodiscard]] std::uint32_t open(std::uint32_t name, std::uint32_t mode, std::uint32_t length);
  /// @return bytes not read
  [[nodiscard]] std::uint32_t read(std::uint32_t handle, std::uint32_t address, std::uint32_t size);
  /// @return bytes written
  std::uint32_t write(std::uint32_t address, std::uint32_t size);
  void complete(std::uint32_t low, std::uint32_t high);
  void system_call(std::uint32_t block);
  void put(std::uint32_t character) const;

  Core& core_;
  std::uint32_t tohost_ = 0;
  std::uint32_t fromhost_ = 0;
  enum class Half : std::uint8_t { none, low, high };
  Half pending_ = Half::none;  ///< written, and the other half may follow
  std::uint64_t deadline_ = 0;
  std::uint32_t features_at_ = 0;  ///< where the next read of the list of extensions begins
  std::optional<Exit> exit_;
};

}  // namespace tessera::host
