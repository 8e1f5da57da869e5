// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "sw/deployment/validate.h"

namespace tessera::deployment {

AddressRanges::AddressRanges(const Contents& contents, const std::vector<SectionPlace>& places, const Limits& limits)
    : c_(contents), limits_(limits), listed_(limits.tiles.size(), false) {
  for (const td_tile& tile : contents.tiles) {
    if (tile.tile < listed_.size()) {
      listed_[tile.tile] = true;
    }
  }
  for (const auto& place : places) {
    if (place.kind != TD_SECTION_CELLS) {
      rom_end_ = std::max(rom_end_,
                          std::uint64_t{TD_ROM_BASE} + place.offset + std::uint64_t{place.entry_bytes} * place.count);
    }
  }
}

void AddressRanges::require_listed(std::uint32_t tile, const std::string& where) const {
  if (!listed(tile)) {
    fail(where, fmt::format("tile {}", tile), "a tile of the tiles section");
  }
}

bool AddressRanges::in_tile_buffer(std::uint64_t address, std::uint64_t bytes) const {
  if (address < TD_TILE_BASE) {
    return false;
  }
  const std::uint64_t tile = (address - TD_TILE_BASE) / TD_TILE_STRIDE;
  const std::uint64_t at = (address - TD_TILE_BASE) % TD_TILE_STRIDE;
  return listed(tile) && at >= TD_TILE_INPUT_BUFFER_OFFSET &&
         at - TD_TILE_INPUT_BUFFER_OFFSET + bytes <= limits_.tiles[tile].input_buffer_bytes;
}

bool AddressRanges::in_arena(std::uint64_t address, std::uint64_t bytes) const {
  return address >= c_.model.arena_base && address + bytes <= std::uint64_t{c_.model.arena_base} + c_.model.arena_bytes;
}

bool AddressRanges::in_dram(std::uint64_t address, std::uint64_t bytes) const {
  return address >= TD_DRAM_BASE && address + bytes <= std::uint64_t{TD_DRAM_BASE} + c_.model.dram_bytes;
}

void AddressRanges::writable(std::uint64_t address, std::uint64_t bytes, const std::string& where,
                             const char* what) const {
  if (!in_arena(address, bytes) && !in_dram(address, bytes) && !in_tile_buffer(address, bytes)) {
    const std::uint64_t dram_end = std::uint64_t{TD_DRAM_BASE} + c_.model.dram_bytes;
    fail(where, fmt::format("{} covers {:#x}..{:#x}", what, address, address + bytes),
         fmt::format("a range inside the arena {:#x}..{:#x}{} or the input buffer of a tile of the tiles section",
                     c_.model.arena_base, std::uint64_t{c_.model.arena_base} + c_.model.arena_bytes,
                     c_.model.dram_bytes == 0 ? "" : fmt::format(", DRAM {:#x}..{:#x}", TD_DRAM_BASE, dram_end)));
  }
}

void AddressRanges::readable(std::uint64_t address, std::uint64_t bytes, const std::string& where,
                             const char* what) const {
  if (!(address >= TD_ROM_BASE && address + bytes <= rom_end_)) {
    writable(address, bytes, where, what);
  }
}

void AddressRanges::channel_table(std::uint64_t address, std::uint64_t outputs, const std::string& where) const {
  if (address % 4 != 0) {
    fail(where, fmt::format("the channel table is at {:#x}", address), "a 4-byte aligned address");
  }
  readable(address, outputs * sizeof(td_channel), where, "the channel table");
}

}  // namespace tessera::deployment
