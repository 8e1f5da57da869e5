// SPDX-License-Identifier: Apache-2.0
// The chip's memory as one thread of the evaluator sees it: ROM shared, SRAM, external DRAM and tile input
// buffers its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "models/memory/memory_port.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::evaluator {

class FlatMemory final : public memory::MemoryPort {
 public:
  FlatMemory(std::span<const std::uint8_t> rom, std::size_t sram_B, std::size_t dram_B,
             std::span<const std::uint32_t> input_buffer_B)
      : rom_(rom), sram_(sram_B), dram_(dram_B) {
    for (const std::uint32_t bytes : input_buffer_B) {
      buffers_.emplace_back(bytes);
    }
  }

  [[nodiscard]] bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    const std::uint8_t* from = place(address, to.size());
    if (from == nullptr && address >= TD_ROM_BASE && address - TD_ROM_BASE <= rom_.size() &&
        to.size() <= rom_.size() - (address - TD_ROM_BASE)) {
      from = rom_.data() + (address - TD_ROM_BASE);
    }
    if (from == nullptr) {
      return false;
    }
    std::memcpy(to.data(), from, to.size());
    return true;
  }
  [[nodiscard]] bool write(std::uint32_t address, std::span<const std::uint8_t> from) override {
    std::uint8_t* to = place(address, from.size());
    if (to == nullptr) {
      return false;
    }
    std::memmove(to, from.data(), from.size());
    return true;
  }
  /// Writable memory behind an address, or null.
  [[nodiscard]] std::uint8_t* place(std::uint32_t address, std::size_t bytes) {
    if (address >= TD_DRAM_BASE) {
      return inside(dram_, address - TD_DRAM_BASE, bytes);
    }
    if (address >= TD_SRAM_BASE) {
      return inside(sram_, address - TD_SRAM_BASE, bytes);
    }
    if (address >= TD_TILE_BASE) {
      const std::uint32_t tile = (address - TD_TILE_BASE) / TD_TILE_STRIDE;
      const std::uint32_t offset = (address - TD_TILE_BASE) % TD_TILE_STRIDE;
      return tile < buffers_.size() && offset >= TD_TILE_INPUT_BUFFER_OFFSET
                 ? inside(buffers_[tile], offset - TD_TILE_INPUT_BUFFER_OFFSET, bytes)
                 : nullptr;
    }
    return nullptr;
  }
  void clear() {
    std::fill(sram_.begin(), sram_.end(), std::uint8_t{0});
    std::fill(dram_.begin(), dram_.end(), std::uint8_t{0});
    for (auto& buffer : buffers_) {
      std::fill(buffer.begin(), buffer.end(), std::uint8_t{0});
    }
  }

 private:
  static std::uint8_t* inside(std::vector<std::uint8_t>& memory, std::size_t offset, std::size_t bytes) {
    return offset <= memory.size() && bytes <= memory.size() - offset ? memory.data() + offset : nullptr;
  }

  std::span<const std::uint8_t> rom_;
  std::vector<std::uint8_t> sram_, dram_;
  std::vector<std::vector<std::uint8_t>> buffers_;
};

}  // namespace tessera::evaluator
