// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/stream/stream_port.h"

#include <algorithm>
#include <utility>

#include "tessera_registers.hpp"

namespace tessera::peripherals {

namespace reg = registers::stream;

namespace {
constexpr std::uint32_t in_data = reg::in_data;
constexpr std::uint32_t out_data = reg::out_data;
constexpr std::uint32_t data_end = reg::out_data + reg::out_data_stride * reg::out_data_count;
constexpr std::size_t largest_result = std::size_t{1} << 24;
}  // namespace

StreamPort::StreamPort(const sc_core::sc_module_name& name, std::uint32_t base, std::uint64_t first_frame,
                       Source source, Sink sink)
    : RegisterTarget(name, base),
      source_(std::move(source)),
      sink_(std::move(sink)),
      first_(first_frame),
      index_(first_frame) {
  next_frame();
}

void StreamPort::next_frame() {
  frame_.clear();
  read_ = 0;
  ready_ = source_ && source_(index_, frame_);
  result_.clear();
}

void StreamPort::update_interrupt() {
  const bool level = (irq_enable_ & (ready_ ? reg::irq_enable_ready : reg::irq_enable_end)) != 0;
  if (level != line_ && interrupt) {
    interrupt(level);
  }
  line_ = level;
}

std::uint32_t StreamPort::read_register(std::uint32_t offset, probe::Time /*at*/, bool /*debug*/) {
  switch (offset) {
    case reg::id:
      return reg::id_reset;
    case reg::status:
      return (ready_ ? reg::status_ready : 0) | (ready_ ? 0 : reg::status_end);
    case reg::frame_bytes:
      return static_cast<std::uint32_t>(frame_.size());
    case reg::frame_index:
      return static_cast<std::uint32_t>(index_);
    case reg::irq_enable:
      return irq_enable_;
    case reg::result_bytes:
      return result_bytes_;
    default:
      return 0;
  }
}

void StreamPort::write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) {
  switch (offset) {
    case reg::irq_enable:
      irq_enable_ = value & (reg::irq_enable_ready | reg::irq_enable_end);
      break;
    case reg::result_bytes:
      result_bytes_ = value;
      break;
    case reg::frame_done:
      if (ready_) {
        if (sink_) {
          sink_(index_, result_, at);
        }
        ++index_;
        next_frame();
      }
      break;
    default:
      break;
  }
  update_interrupt();
}

bool StreamPort::access_port(tlm::tlm_generic_payload& payload, std::uint64_t offset, bool debug) {
  const std::uint64_t length = payload.get_data_length();
  if (offset < in_data || offset >= data_end) {
    return false;
  }
  const bool input = offset < out_data;
  if (offset + length > (input ? out_data : data_end) || payload.is_read() != input) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return true;
  }
  std::uint8_t* data = payload.get_data_ptr();
  if (input) {
    const std::size_t available = std::min<std::size_t>(length, frame_.size() - read_);
    std::copy_n(frame_.begin() + static_cast<std::ptrdiff_t>(read_), available, data);
    std::fill(data + available, data + length, std::uint8_t{0});
    if (!debug) {
      read_ += available;
      underruns_ += length - available;
    }
  } else if (!debug && result_.size() + length <= largest_result) {
    result_.insert(result_.end(), data, data + length);
  }
  return true;
}

}  // namespace tessera::peripherals
