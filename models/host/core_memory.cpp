// SPDX-License-Identifier: Apache-2.0
// Core: memory off the fast path, misaligned and atomic accesses.
#include <algorithm>
#include <cstring>

#include "models/host/core.h"

namespace tessera::host {
namespace {

std::uint32_t combine(Opcode op, std::uint32_t memory, std::uint32_t operand) {
  const auto a = static_cast<std::int32_t>(memory);
  const auto b = static_cast<std::int32_t>(operand);
  switch (op) {
    case Opcode::amoadd:
      return memory + operand;
    case Opcode::amoxor:
      return memory ^ operand;
    case Opcode::amoand:
      return memory & operand;
    case Opcode::amoor:
      return memory | operand;
    case Opcode::amomin:
      return a < b ? memory : operand;
    case Opcode::amomax:
      return a > b ? memory : operand;
    case Opcode::amominu:
      return std::min(memory, operand);
    case Opcode::amomaxu:
      return std::max(memory, operand);
    default:
      return operand;  // amoswap
  }
}

/// Largest aligned piece at `address` that is not larger than `bytes`.
std::uint32_t piece(std::uint32_t address, std::uint32_t bytes) {
  std::uint32_t size = bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
  while ((address & (size - 1)) != 0) {
    size /= 2;
  }
  return size;
}

}  // namespace

bool Core::in_memory(std::uint32_t address, std::uint32_t size) const {
  const std::uint32_t offset = address - memory_base;
  return offset <= memory_size_ && size <= memory_size_ - offset;
}

bool Core::read_memory(std::uint32_t address, std::span<std::uint8_t> bytes) const {
  if (bytes.size() > memory_size_ || !in_memory(address, static_cast<std::uint32_t>(bytes.size()))) {
    return false;
  }
  if (!bytes.empty()) {
    std::memcpy(bytes.data(), memory_.get() + (address - memory_base), bytes.size());
  }
  return true;
}

bool Core::write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  if (bytes.size() > memory_size_ || !in_memory(address, static_cast<std::uint32_t>(bytes.size()))) {
    return false;
  }
  if (bytes.empty()) {
    return true;
  }
  std::memcpy(memory_.get() + (address - memory_base), bytes.data(), bytes.size());
  cache_->invalidate(address, static_cast<std::uint32_t>(bytes.size()));
  return true;
}

bool Core::fill_zero(std::uint32_t address, std::uint32_t size) {
  if (!in_memory(address, size)) {
    return false;
  }
  if (size == 0) {
    return true;
  }
  std::memset(memory_.get() + (address - memory_base), 0, size);
  cache_->invalidate(address, size);
  return true;
}

void Core::watch(std::uint32_t address, std::uint32_t size) {
  watch_begin_ = address;
  watch_end_ = address + size;
  cache_->watch(address, size);
}

bool Core::load_any(std::uint32_t address, std::uint32_t bytes, Access kind, std::uint32_t& value) {
  value = 0;
  const bool aligned = (address & (bytes - 1)) == 0;
  if (aligned && address - memory_base >= memory_size_) [[likely]] {
    if (port_.read(address, bytes, kind, value)) {
      value &= mask_of(bytes);
      return true;
    }
    fault_address_ = address;
    return false;
  }
  if (in_memory(address, bytes)) {
    std::memcpy(&value, memory_.get() + (address - memory_base), bytes);
    return true;
  }
  for (std::uint32_t done = 0; done < bytes;) {
    const std::uint32_t at = address + done;
    const std::uint32_t size = piece(at, bytes - done);
    std::uint32_t part = 0;
    if (in_memory(at, size)) {
      std::memcpy(&part, memory_.get() + (at - memory_base), size);
    } else if (!port_.read(at, size, kind, part)) {
      fault_address_ = at;
      return false;
    }
    value |= (part & mask_of(size)) << (8 * done);
    done += size;
  }
  return true;
}

bool Core::store_any(std::uint32_t address, std::uint32_t bytes, std::uint32_t value) {
  const bool aligned = (address & (bytes - 1)) == 0;
  if (aligned && address - memory_base >= memory_size_) [[likely]] {
    fault_address_ = address;
    return port_.write(address, bytes, value & mask_of(bytes));
  }
  for (std::uint32_t done = 0; done < bytes;) {
    const std::uint32_t at = address + done;
    const bool inside = in_memory(at, bytes - done);
    const std::uint32_t size = inside ? bytes - done : piece(at, bytes - done);
    const std::uint32_t part = (value >> (8 * done)) & mask_of(size);
    if (in_memory(at, size)) {
      std::memcpy(memory_.get() + (at - memory_base), &part, size);
      cache_->invalidate(at, size);
      if (at < watch_end_ && at + size > watch_begin_) {
        port_.watched_store(at, size);
      }
    } else if (!port_.write(at, size, part)) {
      fault_address_ = at;
      return false;
    }
    done += size;
  }
  return true;
}

Stop Core::atomic(const Place& place, const Op& op) {
  const std::uint32_t address = x_[op.rs1];
  const bool is_lr = op.opcode == Opcode::lr;
  if ((address & 3u) != 0) {
    return trap(is_lr ? cause_load_misaligned : cause_store_misaligned, address, &place);
  }
  std::uint32_t value = 0;
  if (op.opcode == Opcode::sc) {
    const bool success = reserved_ && reservation_ == address;
    if (success && watched(address, 4, false, true)) {
      return Stop::watchpoint;
    }
    reserved_ = false;
    if (success && !store_any(address, 4, x_[op.rs2])) {
      return trap(cause_store_access, fault_address_, &place);
    }
    x_[op.rd] = success ? 0 : 1;
    retire(place);
    return Stop::none;
  }
  if (watched(address, 4, true, !is_lr)) {
    return Stop::watchpoint;
  }
  if (!load_any(address, 4, Access::load, value)) {
    return trap(is_lr ? cause_load_access : cause_store_access, fault_address_, &place);
  }
  if (is_lr) {
    reserved_ = true;
    reservation_ = address;
  } else if (!store_any(address, 4, combine(op.opcode, value, x_[op.rs2]))) {
    return trap(cause_store_access, fault_address_, &place);
  }
  x_[op.rd] = value;
  retire(place);
  return Stop::none;
}

}  // namespace tessera::host
