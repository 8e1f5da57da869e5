// SPDX-License-Identifier: Apache-2.0
#include "models/host/clint.h"

namespace tessera::host {
namespace {

constexpr std::uint32_t msip_offset = 0x0000;
constexpr std::uint32_t mtimecmp_offset = 0x4000;
constexpr std::uint32_t mtime_register_offset = 0xBFF8;

constexpr std::uint32_t half(std::uint64_t value, bool high) {
  return static_cast<std::uint32_t>(high ? value >> 32 : value);
}
constexpr std::uint64_t replaced(std::uint64_t value, bool high, std::uint32_t part) {
  return high ? (value & 0xFFFF'FFFFu) | static_cast<std::uint64_t>(part) << 32 : (value & ~0xFFFF'FFFFull) | part;
}

}  // namespace

bool Clint::read(std::uint32_t offset, std::uint32_t bytes, std::uint64_t now_ps, std::uint32_t& value) const {
  if (bytes != 4 || (offset & 3u) != 0) {
    return false;
  }
  const bool high = (offset & 4u) != 0;
  switch (offset & ~4u) {
    case msip_offset:
      value = !high && msip_ ? 1 : 0;
      return !high;
    case mtimecmp_offset:
      value = half(mtimecmp_, high);
      return true;
    case mtime_register_offset:
      value = half(mtime(now_ps), high);
      return true;
    default:
      return false;
  }
}

bool Clint::write(std::uint32_t offset, std::uint32_t bytes, std::uint64_t now_ps, std::uint32_t value) {
  if (bytes != 4 || (offset & 3u) != 0) {
    return false;
  }
  const bool high = (offset & 4u) != 0;
  switch (offset & ~4u) {
    case msip_offset:
      if (high) {
        return false;
      }
      msip_ = (value & 1u) != 0;
      return true;
    case mtimecmp_offset:
      mtimecmp_ = replaced(mtimecmp_, high, value);
      update_timer(now_ps);
      return true;
    case mtime_register_offset:
      mtime_offset_ = replaced(mtime(now_ps), high, value) - now_ps / tick_ps;
      update_timer(now_ps);
      return true;
    default:
      return false;
  }
}

void Clint::update_timer(std::uint64_t now_ps) {
  const std::uint64_t now = mtime(now_ps);
  const std::uint64_t ticks = now_ps / tick_ps;
  const std::uint64_t distance = mtimecmp_ - now;
  if (now >= mtimecmp_) {
    timer_ps_ = 0;
  } else if (distance >= never / tick_ps - ticks) {
    timer_ps_ = never;
  } else {
    timer_ps_ = (ticks + distance) * tick_ps;
  }
}

}  // namespace tessera::host
