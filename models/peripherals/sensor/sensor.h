// SPDX-License-Identifier: Apache-2.0
// A streaming sensor: samples come at the pace of a clock of their own, wait in a FIFO, and are lost and counted when
// nobody fetches them in time (docs/power.md, "Sensor"). What the samples are is the platform's to give.
//
// Sample n is there (n + 1) periods after the clock was started, to the picosecond. Between two accesses nothing is
// simulated: samples are accounted for when somebody looks, and one event waits for the watermark or the first loss.
// It belongs to the always-on domain: samples go on coming in deep sleep, and the watermark can wake the chip.
// Not modelled: jitter of the sample clock; power of the sensor itself, which is outside the chip.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "models/peripherals/register_target.h"

namespace tessera::peripherals {

/// A recording, as the sensor plays it.
struct SensorData {
  std::vector<std::uint8_t> bytes;  ///< samples one after the other, values little-endian
  std::uint32_t value_bytes = 1;    ///< 1, 2 or 4
  std::uint32_t channels = 1;       ///< values of one sample, 1 .. 255
  bool is_signed = false;
  std::uint64_t rate_mHz = 0;        ///< samples per second in millihertz, 1 .. 2^32 - 1
  std::uint32_t window_samples = 0;  ///< samples that belong together; 0: continuous

  [[nodiscard]] std::size_t sample_bytes() const { return std::size_t{value_bytes} * channels; }
  [[nodiscard]] std::uint64_t samples() const { return sample_bytes() == 0 ? 0 : bytes.size() / sample_bytes(); }
};

class Sensor : public RegisterTarget {
 public:
  /// @param data  no bytes: no sensor is connected
  Sensor(const sc_core::sc_module_name& name, std::uint32_t base, std::uint32_t fifo_samples, SensorData data);

  std::function<void(bool level)> interrupt;
  /// Writes a descriptor to a DMA channel's queue. @return false: it has to wait (no such channel, or asleep)
  std::function<bool(std::uint32_t channel, std::uint32_t descriptor, probe::Time at)> request_dma;

  [[nodiscard]] std::uint64_t overruns() const { return overruns_; }
  [[nodiscard]] std::uint64_t clocked() const { return clocked_; }
  [[nodiscard]] bool present() const { return data_.samples() != 0; }
  /// The chip is awake again: a request for DMA that had to wait is made now.
  void retry_dma(probe::Time at);

 private:
  std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) override;
  void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) override;
  bool access_port(tlm::tlm_generic_payload& payload, std::uint64_t offset, bool debug) override;

  /// Time at which `n` samples have come since the start, and how many have come by then.
  [[nodiscard]] probe::Time time_of(std::uint64_t n) const;
  [[nodiscard]] std::uint64_t samples_by(probe::Time at) const;
  [[nodiscard]] std::uint32_t level() const { return static_cast<std::uint32_t>(fifo_.size()); }
  [[nodiscard]] bool ended() const { return position_ >= data_.samples(); }
  [[nodiscard]] std::uint32_t irq_status() const;
  /// Samples that have come up to `at` go into the FIFO or are lost.
  void advance(probe::Time at);
  void write_control(std::uint32_t value, probe::Time at);
  /// Interrupt line, DMA request and the next event follow what has changed.
  void update(probe::Time at);
  void schedule(probe::Time at);
  void due();
  [[nodiscard]] std::uint8_t next_byte();

  std::uint32_t capacity_;
  SensorData data_;
  sc_core::sc_event event_;
  bool running_ = false, dma_ = false;
  std::uint64_t rate_mHz_, running_rate_mHz_ = 1;
  probe::Time started_ = 0;
  std::uint64_t clocked_ = 0;       ///< samples since the start, lost ones included
  std::uint64_t position_ = 0;      ///< next sample of the recording
  std::deque<std::uint64_t> fifo_;  ///< sample numbers
  std::size_t partial_ = 0;         ///< bytes of the oldest sample that were read
  std::uint32_t watermark_ = 1;
  std::uint32_t irq_enable_ = 0;
  bool overrun_ = false, line_ = false;
  std::uint64_t overruns_ = 0, underruns_ = 0;
  std::uint32_t dma_channel_ = 0;
  std::array<std::uint32_t, 2> dma_descriptors_{};
  std::uint32_t dma_next_ = 0, dma_requests_ = 0;
  std::uint64_t dma_due_ = 0;  ///< samples still to be fetched before the next request
  std::uint32_t high_word_ = 0;
};

}  // namespace tessera::peripherals
