// SPDX-License-Identifier: Apache-2.0
// The stream port: frames of sensor data come in, results go out (docs/architecture.md). Where frames come from and
// where results go are functions that the platform gives.
// Not modelled: a sample clock; the next frame is ready as soon as the last one is done.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/peripherals/register_target.h"

namespace tessera::peripherals {

class StreamPort : public RegisterTarget {
 public:
  /// Fills `frame` with frame number `index`; returns false when there is none.
  using Source = std::function<bool(std::uint64_t index, std::vector<std::uint8_t>& frame)>;
  using Sink = std::function<void(std::uint64_t index, std::span<const std::uint8_t> result, probe::Time at)>;

  StreamPort(const sc_core::sc_module_name& name, std::uint32_t base, std::uint64_t first_frame, Source source,
             Sink sink);

  std::function<void(bool level)> interrupt;

  [[nodiscard]] std::uint64_t frames_done() const { return index_ - first_; }
  /// Bytes read beyond the end of a frame, or while none was ready.
  [[nodiscard]] std::uint64_t underruns() const { return underruns_; }

 private:
  std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) override;
  void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) override;
  bool access_port(tlm::tlm_generic_payload& payload, std::uint64_t offset, bool debug) override;
  void next_frame();
  void update_interrupt();

  Source source_;
  Sink sink_;
  std::uint64_t first_;
  std::uint64_t index_;
  std::vector<std::uint8_t> frame_;
  std::vector<std::uint8_t> result_;
  std::size_t read_ = 0;
  bool ready_ = false;
  bool line_ = false;
  std::uint32_t irq_enable_ = 0;
  std::uint32_t result_bytes_ = 0;
  std::uint64_t underruns_ = 0;
};

}  // namespace tessera::peripherals
