// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/sensor/sensor.h"

#include <algorithm>
#include <utility>

#include "tessera_registers.hpp"

namespace tessera::peripherals {

namespace reg = registers::sensor;
using probe::Time;

namespace {

__extension__ typedef unsigned __int128 Wide;
constexpr Wide picoseconds = 1'000'000'000'000'000;  ///< in a thousand seconds: rates are in millihertz
constexpr std::uint32_t data_end = reg::data + reg::data_stride * reg::data_count;

}  // namespace

Sensor::Sensor(const sc_core::sc_module_name& name, std::uint32_t base, std::uint32_t fifo_samples, SensorData data)
    : RegisterTarget(name, base),
      capacity_(std::max(fifo_samples, 1u)),
      data_(std::move(data)),
      rate_mHz_(data_.rate_mHz) {
  SC_HAS_PROCESS(Sensor);
  SC_METHOD(due);
  sensitive << event_;
  dont_initialize();
}

// --- the sample clock ------------------------------------------------------------------------------------------------

Time Sensor::time_of(std::uint64_t n) const {
  return started_ + static_cast<Time>(Wide{n} * picoseconds / running_rate_mHz_);
}

std::uint64_t Sensor::samples_by(Time at) const {
  if (at < started_) {
    return 0;
  }
  // The largest n with floor(n * period) <= elapsed: n * period < elapsed + 1.
  const Wide reach = (Wide{at - started_} + 1) * running_rate_mHz_;
  return static_cast<std::uint64_t>((reach + picoseconds - 1) / picoseconds - 1);
}

void Sensor::advance(Time at) {
  if (!running_) {
    return;
  }
  const std::uint64_t come = std::min(samples_by(at), clocked_ + (data_.samples() - position_));
  if (come <= clocked_) {
    return;
  }
  const std::uint64_t fresh = come - clocked_;
  const std::uint64_t kept = std::min<std::uint64_t>(fresh, capacity_ - fifo_.size());
  for (std::uint64_t i = 0; i < kept; ++i) {
    fifo_.push_back(position_ + i);
  }
  if (kept < fresh) {
    overruns_ += fresh - kept;
    overrun_ = true;
  }
  position_ += fresh;
  clocked_ = come;
}

void Sensor::schedule(Time at) {
  event_.cancel();
  if (!running_ || ended()) {
    return;
  }
  // The end of the recording, the watermark, the first loss: whichever comes first.
  std::uint64_t next = clocked_ + (data_.samples() - position_);
  if (level() < watermark_) {
    next = std::min<std::uint64_t>(next, clocked_ + (watermark_ - level()));
  } else if (!overrun_ && (irq_enable_ & reg::irq_enable_overrun) != 0) {
    next = std::min<std::uint64_t>(next, clocked_ + (capacity_ - level()) + 1);
  }
  const Time now = sc_core::sc_time_stamp().value();
  event_.notify(sc_core::sc_time::from_value(std::max(time_of(next), at) - now));
}

void Sensor::due() {
  const Time now = sc_core::sc_time_stamp().value();
  advance(now);
  update(now);
}

// --- interrupt and DMA request ---------------------------------------------------------------------------------------

std::uint32_t Sensor::irq_status() const {
  return (level() >= watermark_ ? reg::irq_status_watermark : 0) | (overrun_ ? reg::irq_status_overrun : 0) |
         (ended() ? reg::irq_status_end : 0);
}

void Sensor::update(Time at) {
  if (dma_ && dma_due_ == 0 && level() >= watermark_ && request_dma) {
    const std::uint32_t second = dma_descriptors_[1] != 0 ? 1 : 0;
    if (request_dma(dma_channel_, dma_descriptors_[dma_next_ & second], at)) {
      ++dma_requests_;
      ++dma_next_;
      dma_due_ = watermark_;
    }
  }
  const bool level_now = (irq_status() & irq_enable_) != 0;
  if (level_now != line_) {
    line_ = level_now;
    if (interrupt) {
      interrupt(level_now);
    }
  }
  schedule(at);
}

void Sensor::retry_dma(Time at) {
  advance(at);
  update(at);
}

// --- registers -------------------------------------------------------------------------------------------------------

std::uint32_t Sensor::read_register(std::uint32_t offset, Time at, bool debug) {
  if (!debug) {
    advance(at);
    update(at);
  }
  switch (offset) {
    case reg::id:
      return reg::id_reset;
    case reg::ctrl:
      return (running_ ? reg::ctrl_enable : 0) | (dma_ ? reg::ctrl_dma : 0);
    case reg::status:
      return (level() >= watermark_ ? reg::status_watermark : 0) | (fifo_.empty() ? reg::status_empty : 0) |
             (level() >= capacity_ ? reg::status_full : 0) | (ended() ? reg::status_end : 0) |
             (present() ? reg::status_present : 0);
    case reg::format:
      return data_.value_bytes | data_.channels << reg::format_channels_shift |
             (data_.is_signed ? reg::format_signed : 0);
    case reg::fifo_samples:
      return capacity_;
    case reg::level:
      return level();
    case reg::watermark:
      return watermark_;
    case reg::rate:
      return static_cast<std::uint32_t>(rate_mHz_);
    case reg::irq_status:
      return irq_status();
    case reg::irq_enable:
      return irq_enable_;
    case reg::overruns:
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(overruns_, 0xFFFFFFFF));
    case reg::underruns:
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(underruns_, 0xFFFFFFFF));
    case reg::samples_lo:
      if (!debug) {
        high_word_ = static_cast<std::uint32_t>(clocked_ >> 32);
      }
      return static_cast<std::uint32_t>(clocked_);
    case reg::samples_hi:
      return high_word_;
    case reg::window_samples:
      return data_.window_samples;
    case reg::dma_channel:
      return dma_channel_;
    case reg::dma_descriptor:
      return dma_descriptors_[0];
    case reg::dma_descriptor + reg::dma_descriptor_stride:
      return dma_descriptors_[1];
    case reg::dma_requests:
      return dma_requests_;
    default:
      return 0;
  }
}

void Sensor::write_control(std::uint32_t value, Time at) {
  const bool run = (value & reg::ctrl_enable) != 0 && present() && rate_mHz_ != 0;
  if (run && !running_) {
    started_ = at;
    clocked_ = 0;
    running_rate_mHz_ = rate_mHz_;
  }
  running_ = run;
  dma_ = (value & reg::ctrl_dma) != 0;
  if ((value & reg::ctrl_flush) != 0) {
    fifo_.clear();
    partial_ = 0;
    overrun_ = false;
    overruns_ = 0;
    underruns_ = 0;
    dma_requests_ = 0;
    dma_next_ = 0;
    dma_due_ = 0;
  }
}

void Sensor::write_register(std::uint32_t offset, std::uint32_t value, Time at) {
  advance(at);
  switch (offset) {
    case reg::ctrl:
      write_control(value, at);
      break;
    case reg::watermark:
      watermark_ = std::clamp(value, 1u, capacity_);
      break;
    case reg::rate:
      rate_mHz_ = value;
      break;
    case reg::irq_status:
      overrun_ = overrun_ && (value & reg::irq_status_overrun) == 0;
      break;
    case reg::irq_enable:
      irq_enable_ = value & (reg::irq_enable_watermark | reg::irq_enable_overrun | reg::irq_enable_end);
      break;
    case reg::dma_channel:
      dma_channel_ = value;
      break;
    case reg::dma_descriptor:
      dma_descriptors_[0] = value;
      break;
    case reg::dma_descriptor + reg::dma_descriptor_stride:
      dma_descriptors_[1] = value;
      break;
    default:
      break;
  }
  update(at);
}

std::uint8_t Sensor::next_byte() {
  if (fifo_.empty()) {
    ++underruns_;
    return 0;
  }
  const std::uint8_t byte = data_.bytes[fifo_.front() * data_.sample_bytes() + partial_];
  if (++partial_ == data_.sample_bytes()) {
    partial_ = 0;
    fifo_.pop_front();
    dma_due_ -= std::min<std::uint64_t>(dma_due_, 1);
  }
  return byte;
}

bool Sensor::access_port(tlm::tlm_generic_payload& payload, std::uint64_t offset, bool debug) {
  if (offset < reg::data || offset >= data_end) {
    return false;
  }
  const std::uint64_t length = payload.get_data_length();
  if (!payload.is_read() || offset + length > data_end) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return true;
  }
  std::uint8_t* to = payload.get_data_ptr();
  if (debug) {
    std::fill_n(to, length, std::uint8_t{0});  // looking takes nothing
    return true;
  }
  advance(access_time());
  for (std::uint64_t i = 0; i < length; ++i) {
    to[i] = next_byte();
  }
  update(access_time());
  return true;
}

}  // namespace tessera::peripherals
