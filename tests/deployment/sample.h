// SPDX-License-Identifier: Apache-2.0
// A small hand-made deployment with a job of every kind, and limits that it just fits.
#pragma once

#include <zlib.h>

#include <cstring>

#include "sw/deployment/image.h"

namespace tessera::test {

inline deployment::Limits sample_limits() {
  deployment::Limits limits;
  limits.tiles.assign(2, {.rows = 8, .pairs = 4, .max_level = 15, .gains = 3, .input_buffer_bytes = 64});
  limits.sram_bytes = 4096;
  limits.dma_channels = 1;
  return limits;
}

inline deployment::Contents sample_contents() {
  deployment::Contents c;
  const std::uint32_t sram = TD_SRAM_BASE;
  c.model = {c.add_name("sample"), 0, 1, sram, 256, 8, 4, 0};
  c.tensors.push_back({c.add_name("in"), sram, 8, 2, 2, 2, 0, -128, 0.5F, 0});
  c.tensors.push_back({c.add_name("out"), sram + 64, 4, 1, 1, 4, 0, 3, 0.25F, 0});
  for (std::uint32_t i = 0; i < 4; ++i) {
    c.layers.push_back({c.add_name("layer" + std::to_string(i)), c.add_name("Op"), 32, 0, 1, 4 * i, 4});
  }
  c.tiles.push_back({1, 1});
  c.regions.push_back({1, 0, 8, 0, 8, 0, 0, 0});
  c.cells.assign(64, 7);
  for (int i = 0; i < 4; ++i) {
    c.channels.push_back({i, 1 << 30, -3});
  }
  c.constants.assign(16, 1);

  td_tile_job tile{};
  tile.tag = 1;
  tile.flags = TD_TILE_INTERRUPT;
  tile.src = sram;
  tile.dst = sram + 64;
  tile.in_h = tile.in_w = 1;
  tile.in_c = 8;
  tile.out_w = 1;
  tile.kernel_h = tile.kernel_w = tile.stride_h = tile.stride_w = tile.dilation_h = tile.dilation_w = 1;
  tile.product_count = 1;
  tile.dst_stride = 4;
  tile.rows = 8;
  tile.outputs = 4;
  tile.slices = 1;
  tile.gain_index = 2;
  tile.act_min = -128;
  tile.act_max = 127;
  c.tile_jobs.push_back(tile);

  td_vector_job vec{};
  vec.tag = 2;
  vec.layer = 1;
  vec.op = TD_VECTOR_DEPTHWISE;
  vec.src0 = sram;
  vec.dst = sram + 64;
  vec.in_h = vec.in_w = vec.out_h = vec.out_w = 1;
  vec.in_c = vec.out_c = 4;
  vec.kernel_h = vec.kernel_w = vec.stride_h = vec.stride_w = vec.dilation_h = vec.dilation_w = 1;
  vec.act_min = -128;
  vec.act_max = 127;
  c.vector_jobs.push_back(vec);
  c.dma_jobs.push_back({3, 2, 0, sram, sram + 64, {4, 2, 1}, {4, 0}, {8, 0}, 0});
  c.cpu_jobs.push_back({4, 3, TD_CPU_SOFTMAX, sram, sram + 64, 1, 4, 1 << 30, 1, -10, 0});
  for (std::uint32_t i = 0; i < 4; ++i) {
    const td_opcode opcodes[] = {TD_OP_TILE, TD_OP_VECTOR, TD_OP_DMA, TD_OP_CPU};
    const auto layer = static_cast<std::uint16_t>(i);
    c.commands.push_back({TD_OP_LAYER_BEGIN, 0, 0, 0, layer, 0, 0});
    c.commands.push_back(
        {static_cast<std::uint8_t>(opcodes[i]), 0, static_cast<std::uint16_t>(i == 0 ? 1 : 0), 0, layer, 0, i + 1});
    c.commands.push_back({TD_OP_BARRIER, 0, 0, 0, layer, 0, 0});
    c.commands.push_back({TD_OP_LAYER_END, 0, 0, 0, layer, 0, 0});
  }
  const auto places = deployment::layout(c);
  c.tile_jobs[0].channels = deployment::rom_address(places, TD_SECTION_CHANNELS, 0);
  c.vector_jobs[0].channels = c.tile_jobs[0].channels;
  c.vector_jobs[0].weights = deployment::rom_address(places, TD_SECTION_CONSTANTS, 0);
  c.commands[1].address = deployment::rom_address(places, TD_SECTION_TILE_JOBS, 0);
  c.commands[5].address = deployment::rom_address(places, TD_SECTION_VECTOR_JOBS, 0);
  c.commands[9].address = deployment::rom_address(places, TD_SECTION_DMA_JOBS, 0);
  c.commands[13].address = deployment::rom_address(places, TD_SECTION_CPU_JOBS, 0);
  return c;
}

/// Makes all checksums of an image right again, as far as its table allows.
inline void repair_checksums(std::vector<std::uint8_t>& image) {
  td_header header{};
  if (image.size() < sizeof(header)) {
    return;
  }
  std::memcpy(&header, image.data(), sizeof(header));
  const std::size_t table = std::size_t{header.section_count} * sizeof(td_section);
  if (header.section_count > 1000 || sizeof(header) + table > image.size()) {
    return;
  }
  for (std::size_t i = 0; i < header.section_count; ++i) {
    td_section section{};
    std::uint8_t* at = &image[sizeof(header) + i * sizeof(section)];
    std::memcpy(&section, at, sizeof(section));
    if (section.offset <= image.size() && section.bytes <= image.size() - section.offset) {
      section.crc32 = static_cast<std::uint32_t>(crc32(0, image.data() + section.offset, section.bytes));
      std::memcpy(at, &section, sizeof(section));
    }
  }
  header.crc32 = 0;
  std::memcpy(image.data(), &header, sizeof(header));
  header.crc32 = static_cast<std::uint32_t>(crc32(0, image.data(), static_cast<uInt>(sizeof(header) + table)));
  std::memcpy(image.data(), &header, sizeof(header));
}

}  // namespace tessera::test
