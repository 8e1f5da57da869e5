// SPDX-License-Identifier: Apache-2.0
#include "sw/deployment/image.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace tessera::deployment {
namespace {

std::uint32_t crc(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

td_header read_header(std::span<const std::uint8_t> bytes) {
  td_header header{};
  if (bytes.size() < sizeof(header)) {
    throw ImageError("header", fmt::format("the image has {} bytes", bytes.size()),
                     fmt::format("at least the {} bytes of a header", sizeof(header)));
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != TD_MAGIC) {
    throw ImageError("header.magic", fmt::format("{:#010x}", header.magic),
                     fmt::format("{:#010x}: is this a deployment?", TD_MAGIC));
  }
  if (header.version_major != TD_VERSION_MAJOR) {
    throw ImageError("header.version", fmt::format("{}.{}", header.version_major, header.version_minor),
                     fmt::format("major version {}: compile the network again", TD_VERSION_MAJOR));
  }
  if (header.total_bytes != bytes.size()) {
    throw ImageError("header.total_bytes", fmt::format("{}", header.total_bytes),
                     fmt::format("{}, the size of the image: was it truncated?", bytes.size()));
  }
  if (header.section_count > (bytes.size() - sizeof(header)) / sizeof(td_section)) {
    throw ImageError("header.section_count", fmt::format("{}", header.section_count),
                     "no more sections than the image has room for");
  }
  if (header.platform_hash == 0) {
    throw ImageError("header.platform_hash", "0", "the hash of the platform that it was compiled for");
  }
  return header;
}

std::vector<td_section> read_table(std::span<const std::uint8_t> bytes, const td_header& header) {
  std::vector<td_section> table(header.section_count);
  const std::size_t table_bytes = table.size() * sizeof(td_section);
  std::vector<std::uint8_t> head(bytes.begin(),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(sizeof(td_header) + table_bytes));
  if (table_bytes != 0) {
    std::memcpy(table.data(), &head[sizeof(td_header)], table_bytes);
  }
  td_header zeroed = header;
  zeroed.crc32 = 0;
  std::memcpy(head.data(), &zeroed, sizeof(zeroed));
  if (const std::uint32_t found = crc(head); found != header.crc32) {
    throw ImageError("header.crc32", fmt::format("{:#010x}", header.crc32),
                     fmt::format("{:#010x} of header and section table: the image is damaged", found));
  }
  return table;
}

/// Sizes, alignment, order, checksums and zero padding: afterwards each section's bytes may be read.
void check_table(std::span<const std::uint8_t> bytes, const td_header& header, const std::vector<td_section>& table) {
  std::uint64_t end = sizeof(td_header) + table.size() * sizeof(td_section);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const td_section& s = table[i];
    const std::string where = fmt::format("section {} ({})", i, to_string(static_cast<td_section_kind>(s.kind)));
    if (s.offset % 16 != 0 || s.offset < end || std::uint64_t{s.offset} + s.bytes > bytes.size()) {
      throw ImageError(where, fmt::format("offset {}, {} bytes", s.offset, s.bytes),
                       fmt::format("16-byte aligned, from {} on, inside {} bytes", end, bytes.size()));
    }
    if (s.entry_bytes == 0 || std::uint64_t{s.count} * s.entry_bytes != s.bytes) {
      throw ImageError(where, fmt::format("{} bytes for {} entries of {}", s.bytes, s.count, s.entry_bytes),
                       "bytes = count * entry_bytes");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (table[j].kind == s.kind) {
        throw ImageError(where, "the kind appears twice", "one section of a kind");
      }
    }
    if (std::any_of(bytes.begin() + static_cast<std::ptrdiff_t>(end), bytes.begin() + s.offset,
                    [](std::uint8_t b) { return b != 0; })) {
      throw ImageError(where, "bytes before the section are not 0", "zero padding between sections");
    }
    end = std::uint64_t{s.offset} + s.bytes;
    if (const std::uint32_t found = crc(bytes.subspan(s.offset, s.bytes)); found != s.crc32) {
      throw ImageError(where, fmt::format("checksum {:#010x}", s.crc32),
                       fmt::format("{:#010x} of its bytes: the image is damaged", found));
    }
    const bool cells = s.kind == TD_SECTION_CELLS;
    if (cells ? i + 1 != table.size() || header.rom_bytes != s.offset : end > header.rom_bytes) {
      throw ImageError(where, fmt::format("rom_bytes is {}", header.rom_bytes),
                       "all sections inside the ROM, then the cells, last");
    }
  }
  if (header.rom_bytes > bytes.size()) {
    throw ImageError("header.rom_bytes", fmt::format("{}", header.rom_bytes), fmt::format("at most {}", bytes.size()));
  }
  if (std::any_of(bytes.begin() + static_cast<std::ptrdiff_t>(end), bytes.end(),
                  [](std::uint8_t b) { return b != 0; })) {
    throw ImageError("end of the image", "bytes behind the last section are not 0", "zero padding");
  }
}

template <typename T>
void copy_entries(std::span<const std::uint8_t> bytes, const td_section& section, std::vector<T>& to) {
  if (section.entry_bytes != sizeof(T)) {
    throw ImageError(fmt::format("section of {}", to_string(static_cast<td_section_kind>(section.kind))),
                     fmt::format("entries of {} bytes", section.entry_bytes), fmt::format("{}", sizeof(T)));
  }
  to.resize(section.count);
  if (section.bytes != 0) {
    std::memcpy(to.data(), &bytes[section.offset], section.bytes);
  }
}

void read_section(std::span<const std::uint8_t> bytes, const td_section& s, Contents& c) {
  switch (s.kind) {
    case TD_SECTION_MODEL: {
      std::vector<td_model> models;
      copy_entries(bytes, s, models);
      if (models.size() != 1) {
        throw ImageError("section of model", fmt::format("{} entries", models.size()), "exactly 1");
      }
      c.model = models.front();
      return;
    }
    case TD_SECTION_TENSORS:
      return copy_entries(bytes, s, c.tensors);
    case TD_SECTION_LAYERS:
      return copy_entries(bytes, s, c.layers);
    case TD_SECTION_TILES:
      return copy_entries(bytes, s, c.tiles);
    case TD_SECTION_REGIONS:
      return copy_entries(bytes, s, c.regions);
    case TD_SECTION_CELLS:
      return copy_entries(bytes, s, c.cells);
    case TD_SECTION_COMMANDS:
      return copy_entries(bytes, s, c.commands);
    case TD_SECTION_TILE_JOBS:
      return copy_entries(bytes, s, c.tile_jobs);
    case TD_SECTION_VECTOR_JOBS:
      return copy_entries(bytes, s, c.vector_jobs);
    case TD_SECTION_DMA_JOBS:
      return copy_entries(bytes, s, c.dma_jobs);
    case TD_SECTION_CPU_JOBS:
      return copy_entries(bytes, s, c.cpu_jobs);
    case TD_SECTION_CHANNELS:
      return copy_entries(bytes, s, c.channels);
    case TD_SECTION_CONSTANTS:
      return copy_entries(bytes, s, c.constants);
    case TD_SECTION_NAMES:
      return copy_entries(bytes, s, c.names);
    default:
      return;  // of a newer minor version
  }
}

}  // namespace

ImageError::ImageError(std::string place, std::string found, std::string wanted)
    : std::runtime_error("deployment: " + place + ": " + found + "; expected " + wanted),
      where_(std::move(place)),
      problem_(std::move(found)),
      expected_(std::move(wanted)) {}

Image Image::parse(std::vector<std::uint8_t> bytes, const Limits& limits) {
  Image image;
  image.bytes_ = std::move(bytes);
  image.header_ = read_header(image.bytes_);
  const auto table = read_table(image.bytes_, image.header_);
  check_table(image.bytes_, image.header_, table);
  for (const auto& section : table) {
    read_section(image.bytes_, section, image.contents_);
    image.places_.push_back(
        {static_cast<td_section_kind>(section.kind), section.entry_bytes, section.count, section.offset});
  }
  if (std::none_of(table.begin(), table.end(), [](const td_section& s) { return s.kind == TD_SECTION_MODEL; })) {
    throw ImageError("section table", "there is no model", "a section of kind 1");
  }
  validate(image.contents_, image.places_, limits);
  return image;
}

Image Image::load(const std::filesystem::path& path, const Limits& limits) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw ImageError(path.string(), "the file cannot be opened", "a deployment made by `tessera compile`");
  }
  std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) {
    throw ImageError(path.string(), "the file cannot be read", "a readable deployment");
  }
  return parse(std::move(bytes), limits);
}

}  // namespace tessera::deployment
