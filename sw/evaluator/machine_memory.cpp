// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "sw/evaluator/machine.h"

namespace tessera::evaluator {

MachineMemory::MachineMemory(std::span<const std::uint8_t> rom, const td_model& model,
                             const platform::PlatformParameters& platform)
    : rom_(rom), arena_base_(model.arena_base), arena_(model.arena_bytes) {
  for (const auto& tile : platform.tiles) {
    tile_buffers_.emplace_back(tile.input_buffer_B);
  }
}

std::uint8_t* MachineMemory::writable(std::uint32_t address, std::size_t bytes) {
  if (address >= arena_base_) {
    const std::size_t at = address - arena_base_;
    return at <= arena_.size() && bytes <= arena_.size() - at ? arena_.data() + at : nullptr;
  }
  if (address < TD_TILE_BASE) {
    return nullptr;
  }
  const std::size_t tile = (address - TD_TILE_BASE) / TD_TILE_STRIDE;
  const std::size_t offset = (address - TD_TILE_BASE) % TD_TILE_STRIDE;
  if (tile >= tile_buffers_.size() || offset < TD_TILE_INPUT_BUFFER_OFFSET) {
    return nullptr;
  }
  auto& buffer = tile_buffers_[tile];
  const std::size_t at = offset - TD_TILE_INPUT_BUFFER_OFFSET;
  return at <= buffer.size() && bytes <= buffer.size() - at ? buffer.data() + at : nullptr;
}

bool MachineMemory::read(std::uint32_t address, std::span<std::uint8_t> to) {
  const std::uint8_t* from = nullptr;
  if (address >= TD_ROM_BASE && address - TD_ROM_BASE < rom_.size()) {
    const std::size_t at = address - TD_ROM_BASE;
    from = to.size() <= rom_.size() - at ? rom_.data() + at : nullptr;
  } else {
    from = writable(address, to.size());
  }
  if (from == nullptr) {
    return false;
  }
  std::copy_n(from, to.size(), to.data());
  return true;
}

bool MachineMemory::write(std::uint32_t address, std::span<const std::uint8_t> from) {
  std::uint8_t* to = writable(address, from.size());
  if (to == nullptr) {
    return false;
  }
  std::copy_n(from.data(), from.size(), to);
  return true;
}

void MachineMemory::clear() {
  std::fill(arena_.begin(), arena_.end(), std::uint8_t{0});
  for (auto& buffer : tile_buffers_) {
    std::fill(buffer.begin(), buffer.end(), std::uint8_t{0});
  }
}

std::span<std::uint8_t> MachineMemory::arena(std::uint32_t address, std::uint32_t bytes) {
  const std::uint64_t at = std::uint64_t{address} - arena_base_;
  if (address < arena_base_ || at + bytes > arena_.size()) {
    throw std::out_of_range("machine memory: bytes outside the arena");
  }
  return std::span(arena_).subspan(at, bytes);
}

}  // namespace tessera::evaluator
