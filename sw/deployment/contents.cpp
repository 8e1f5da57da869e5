// SPDX-License-Identifier: Apache-2.0
#include "sw/deployment/contents.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <stdexcept>

namespace tessera::deployment {
namespace {

static_assert(std::endian::native == std::endian::little, "sections are copied as they lie in memory");

constexpr std::uint64_t kLargestImage = std::uint64_t{256} << 20;

std::uint32_t crc(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

constexpr std::uint64_t align16(std::uint64_t value) {
  return (value + 15) / 16 * 16;
}

template <typename T>
SectionPlace place_of(td_section_kind kind, const std::vector<T>& entries) {
  return {kind, static_cast<std::uint32_t>(sizeof(T)), static_cast<std::uint32_t>(entries.size()), 0};
}

const void* data_of(const Contents& c, td_section_kind kind) {
  switch (kind) {
    case TD_SECTION_MODEL:
      return &c.model;
    case TD_SECTION_TENSORS:
      return c.tensors.data();
    case TD_SECTION_LAYERS:
      return c.layers.data();
    case TD_SECTION_TILES:
      return c.tiles.data();
    case TD_SECTION_REGIONS:
      return c.regions.data();
    case TD_SECTION_CELLS:
      return c.cells.data();
    case TD_SECTION_COMMANDS:
      return c.commands.data();
    case TD_SECTION_TILE_JOBS:
      return c.tile_jobs.data();
    case TD_SECTION_VECTOR_JOBS:
      return c.vector_jobs.data();
    case TD_SECTION_DMA_JOBS:
      return c.dma_jobs.data();
    case TD_SECTION_CPU_JOBS:
      return c.cpu_jobs.data();
    case TD_SECTION_CHANNELS:
      return c.channels.data();
    case TD_SECTION_CONSTANTS:
      return c.constants.data();
    case TD_SECTION_NAMES:
      return c.names.data();
  }
  throw std::logic_error("section kind " + std::to_string(static_cast<int>(kind)) + " has no data");
}

}  // namespace

std::uint32_t Contents::add_name(const std::string& text) {
  const std::string clean = text.substr(0, text.find('\0'));
  std::size_t at = 0;
  while (at < names.size()) {
    const std::size_t length = std::strlen(&names[at]);
    if (std::string(&names[at], length) == clean) {
      return static_cast<std::uint32_t>(at);
    }
    at += length + 1;
  }
  names.insert(names.end(), clean.begin(), clean.end());
  names.push_back('\0');
  return static_cast<std::uint32_t>(at);
}

std::string Contents::name(std::uint32_t offset) const {
  if (offset >= names.size()) {
    return {};
  }
  const auto first = names.begin() + offset;
  return {first, std::find(first, names.end(), '\0')};
}

std::vector<SectionPlace> layout(const Contents& c) {
  std::vector<SectionPlace> places = {
      {TD_SECTION_MODEL, sizeof(td_model), 1, 0},  place_of(TD_SECTION_TENSORS, c.tensors),
      place_of(TD_SECTION_LAYERS, c.layers),       place_of(TD_SECTION_TILES, c.tiles),
      place_of(TD_SECTION_REGIONS, c.regions),     place_of(TD_SECTION_COMMANDS, c.commands),
      place_of(TD_SECTION_TILE_JOBS, c.tile_jobs), place_of(TD_SECTION_VECTOR_JOBS, c.vector_jobs),
      place_of(TD_SECTION_DMA_JOBS, c.dma_jobs),   place_of(TD_SECTION_CPU_JOBS, c.cpu_jobs),
      place_of(TD_SECTION_CHANNELS, c.channels),   place_of(TD_SECTION_CONSTANTS, c.constants),
      place_of(TD_SECTION_NAMES, c.names),         place_of(TD_SECTION_CELLS, c.cells)};
  std::uint64_t offset = align16(sizeof(td_header) + places.size() * sizeof(td_section));
  for (auto& place : places) {
    place.offset = static_cast<std::uint32_t>(offset);
    offset = align16(offset + std::uint64_t{place.entry_bytes} * place.count);
    if (offset >= kLargestImage) {
      throw std::length_error("deployment: the image would need " + std::to_string(offset) +
                              " bytes or more; its window in the memory map holds " + std::to_string(kLargestImage));
    }
  }
  return places;
}

std::uint32_t rom_address(const std::vector<SectionPlace>& places, td_section_kind kind, std::uint32_t index) {
  for (const auto& place : places) {
    if (place.kind == kind && kind != TD_SECTION_CELLS) {
      return TD_ROM_BASE + place.offset + index * place.entry_bytes;
    }
  }
  throw std::logic_error(std::string("deployment: section of ") + to_string(kind) + " is not in the ROM");
}

std::vector<std::uint8_t> write_image(const Contents& contents, std::uint64_t platform_hash) {
  const auto places = layout(contents);
  const auto& last = places.back();
  std::vector<std::uint8_t> image(align16(last.offset + std::uint64_t{last.entry_bytes} * last.count));
  std::vector<td_section> table;
  for (const auto& place : places) {
    const std::size_t bytes = std::size_t{place.entry_bytes} * place.count;
    if (bytes != 0) {
      std::memcpy(&image[place.offset], data_of(contents, place.kind), bytes);
    }
    const std::uint32_t checksum = crc({image.data() + place.offset, bytes});
    table.push_back({static_cast<std::uint32_t>(place.kind), place.offset, static_cast<std::uint32_t>(bytes),
                     place.count, place.entry_bytes, checksum});
  }
  td_header header{};
  header.magic = TD_MAGIC;
  header.version_major = TD_VERSION_MAJOR;
  header.version_minor = TD_VERSION_MINOR;
  header.total_bytes = static_cast<std::uint32_t>(image.size());
  header.section_count = static_cast<std::uint32_t>(table.size());
  header.platform_hash = platform_hash;
  header.rom_bytes = last.offset;
  std::memcpy(image.data(), &header, sizeof(header));
  std::memcpy(&image[sizeof(header)], table.data(), table.size() * sizeof(td_section));
  header.crc32 = crc({image.data(), sizeof(header) + table.size() * sizeof(td_section)});
  std::memcpy(image.data(), &header, sizeof(header));
  return image;
}

const char* to_string(td_section_kind kind) {
  switch (kind) {
    case TD_SECTION_MODEL:
      return "model";
    case TD_SECTION_TENSORS:
      return "tensors";
    case TD_SECTION_LAYERS:
      return "layers";
    case TD_SECTION_TILES:
      return "tiles";
    case TD_SECTION_REGIONS:
      return "regions";
    case TD_SECTION_CELLS:
      return "cells";
    case TD_SECTION_COMMANDS:
      return "commands";
    case TD_SECTION_TILE_JOBS:
      return "tile jobs";
    case TD_SECTION_VECTOR_JOBS:
      return "vector jobs";
    case TD_SECTION_DMA_JOBS:
      return "DMA jobs";
    case TD_SECTION_CPU_JOBS:
      return "CPU jobs";
    case TD_SECTION_CHANNELS:
      return "channels";
    case TD_SECTION_CONSTANTS:
      return "constants";
    case TD_SECTION_NAMES:
      return "names";
  }
  return "unknown section";
}

}  // namespace tessera::deployment
