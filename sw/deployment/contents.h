// SPDX-License-Identifier: Apache-2.0
// The sections of a deployment as typed vectors, and their layout in an image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/deployment/tessera_deployment.h"

namespace tessera::deployment {

/// Everything that a deployment holds. Indices and addresses mean what tessera_deployment.h says.
struct Contents {
  td_model model{};
  std::vector<td_tensor> tensors;
  std::vector<td_layer> layers;
  std::vector<td_tile> tiles;
  std::vector<td_region> regions;
  std::vector<td_command> commands;
  std::vector<td_tile_job> tile_jobs;
  std::vector<td_vector_job> vector_jobs;
  std::vector<td_dma_job> dma_jobs;
  std::vector<td_cpu_job> cpu_jobs;
  std::vector<td_channel> channels;
  std::vector<std::uint8_t> constants;
  std::vector<char> names;          ///< NUL-terminated strings, one after the other
  std::vector<std::uint8_t> cells;  ///< the only section that the ROM does not hold; always last

  /// Appends a string to `names`, or finds it there. @return its offset
  std::uint32_t add_name(const std::string& text);
  /// String at an offset; empty when the offset is out of range.
  [[nodiscard]] std::string name(std::uint32_t offset) const;
};

/// Where a section lies; all sections are always present, empty ones too.
struct SectionPlace {
  td_section_kind kind{};
  std::uint32_t entry_bytes = 0;
  std::uint32_t count = 0;
  std::uint32_t offset = 0;  ///< from the start of the image
};

/// Sections in the order in which they are written; depends on the numbers of entries alone.
/// @throws std::length_error  the image would be 256 MiB or larger, the size of its window in the memory map
[[nodiscard]] std::vector<SectionPlace> layout(const Contents& contents);

/// Bus address of entry `index` of a section that the ROM holds.
[[nodiscard]] std::uint32_t rom_address(const std::vector<SectionPlace>& places, td_section_kind kind,
                                        std::uint32_t index);

/// The image, checksums included. The same contents give the same bytes.
[[nodiscard]] std::vector<std::uint8_t> write_image(const Contents& contents, std::uint64_t platform_hash);

/// What people call a section: "tile jobs".
[[nodiscard]] const char* to_string(td_section_kind kind);

}  // namespace tessera::deployment
