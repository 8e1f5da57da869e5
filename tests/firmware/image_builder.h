// SPDX-License-Identifier: Apache-2.0
// Deployment images for the tests, byte by byte as the format says, with zlib's CRC and not the firmware's own.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "sw/deployment/tessera_deployment.h"

namespace tessera::firmware_test {

struct ImageBuilder {
  template <typename Entry>
  void set(std::uint32_t kind, const std::vector<Entry>& entries) {
    Section& section = sections[kind];
    section.entry_bytes = sizeof(Entry);
    section.count = static_cast<std::uint32_t>(entries.size());
    section.bytes.resize(entries.size() * sizeof(Entry));
    if (!entries.empty()) {
      std::memcpy(section.bytes.data(), entries.data(), section.bytes.size());
    }
  }
  /// Bus address of a section's first byte in the built image.
  [[nodiscard]] std::uint32_t address(std::uint32_t kind) const;
  [[nodiscard]] std::vector<std::uint8_t> build() const;

  struct Section {
    std::vector<std::uint8_t> bytes;
    std::uint32_t entry_bytes = 0;
    std::uint32_t count = 0;
  };
  std::map<std::uint32_t, Section> sections;
  std::uint64_t platform_hash = 0x1122334455667788;
  std::uint32_t magic = TD_MAGIC;
  std::uint16_t version_major = TD_VERSION_MAJOR;
};

/// A small network: input tensor of 16 bytes; tile 1 and tile 3 each take half (tags 1, 2; tile 1 once more, tag 3),
/// the vector unit the rest (tag 4), DMA channel 1 copies (tag 5), the CPU makes the softmax of 8 values (tag 6).
struct SmallNetwork {
  SmallNetwork();
  /// Writes jobs and commands (with right addresses) into the image.
  void apply();

  static constexpr std::uint32_t input = TD_SRAM_BASE + 0x100;
  static constexpr std::uint32_t middle = TD_SRAM_BASE + 0x120;
  static constexpr std::uint32_t logits = TD_SRAM_BASE + 0x140;
  static constexpr std::uint32_t output = TD_SRAM_BASE + 0x160;
  static constexpr std::uint32_t scratch = TD_SRAM_BASE + 0x180;

  ImageBuilder image;
  td_model model{};
  std::vector<td_tensor> tensors;
  std::vector<td_tile> tiles;
  std::vector<td_tile_job> tile_jobs;
  std::vector<td_vector_job> vector_jobs;
  std::vector<td_dma_job> dma_jobs;
  std::vector<td_cpu_job> cpu_jobs;
  std::vector<td_command> commands;
};

}  // namespace tessera::firmware_test
