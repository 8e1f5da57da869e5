// SPDX-License-Identifier: Apache-2.0
#include "tests/firmware/image_builder.h"

#include <zlib.h>

#include <cstddef>

namespace tessera::firmware_test {

namespace {

std::uint32_t aligned(std::size_t bytes) {
  return (static_cast<std::uint32_t>(bytes) + 15U) & ~15U;
}

std::uint32_t crc(const std::uint8_t* bytes, std::size_t count) {
  return static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(count)));
}

}  // namespace

std::uint32_t ImageBuilder::address(std::uint32_t kind) const {
  std::uint32_t offset = aligned(sizeof(td_header) + sections.size() * sizeof(td_section));
  for (const auto& [other, section] : sections) {
    if (other == kind) {
      break;
    }
    offset += aligned(section.bytes.size());
  }
  return TD_ROM_BASE + offset;
}

std::vector<std::uint8_t> ImageBuilder::build() const {
  std::vector<std::uint8_t> bytes(aligned(sizeof(td_header) + sections.size() * sizeof(td_section)));
  std::size_t entry = sizeof(td_header);
  for (const auto& [kind, section] : sections) {
    const td_section header{kind,
                            static_cast<std::uint32_t>(bytes.size()),
                            static_cast<std::uint32_t>(section.bytes.size()),
                            section.count,
                            section.entry_bytes,
                            crc(section.bytes.data(), section.bytes.size())};
    std::memcpy(bytes.data() + entry, &header, sizeof header);
    entry += sizeof header;
    bytes.insert(bytes.end(), section.bytes.begin(), section.bytes.end());
    bytes.resize(aligned(bytes.size()));
  }
  td_header header{};
  header.magic = magic;
  header.version_major = version_major;
  header.total_bytes = header.rom_bytes = static_cast<std::uint32_t>(bytes.size());
  header.section_count = static_cast<std::uint32_t>(sections.size());
  header.platform_hash = platform_hash;
  std::memcpy(bytes.data(), &header, sizeof header);
  header.crc32 = crc(bytes.data(), entry);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

SmallNetwork::SmallNetwork() {
  model.input_tensor = 0;
  model.output_tensor = 1;
  model.arena_base = TD_SRAM_BASE;
  model.arena_bytes = 0x17A;  // the runtime rounds it up
  model.frame_bytes = 16;
  model.result_bytes = 8;
  td_tensor in{};
  in.address = input;
  in.bytes = 16;
  td_tensor out{};
  out.address = output;
  out.bytes = 8;
  tensors = {in, out};
  tiles = {{3, 20}, {1, 13}};

  const auto tile_job = [](std::uint32_t tag, std::uint32_t src, std::uint32_t dst, std::uint32_t products,
                           std::uint8_t slices) {
    td_tile_job job{};
    job.tag = tag;
    job.flags = TD_TILE_INTERRUPT;
    job.src = src;
    job.dst = dst;
    job.product_count = products;
    job.slices = slices;
    job.outputs = 8;
    return job;
  };
  tile_jobs = {tile_job(1, input, middle, 10, 1), tile_job(2, input + 8, middle + 8, 20, 2),
               tile_job(3, middle, middle, 3, 1)};
  td_vector_job vector_job{};
  vector_job.tag = 4;
  vector_job.flags = TD_TILE_INTERRUPT;
  vector_job.src0 = middle;
  vector_job.dst = logits;
  vector_job.out_c = 8;
  vector_jobs = {vector_job};
  td_dma_job dma_job{};
  dma_job.tag = 5;
  dma_job.flags = TD_TILE_INTERRUPT;
  dma_job.src = middle + 8;
  dma_job.dst = logits + 8;
  dma_job.count[0] = 8;
  dma_job.count[1] = dma_job.count[2] = 1;
  dma_jobs = {dma_job};
  cpu_jobs = {{6, 2, TD_CPU_SOFTMAX, logits, output, 1, 8, 1 << 30, 23, -248, 0}};
  commands = {
      {TD_OP_LAYER_BEGIN, 0, 0, 0, 0, 0, 0}, {TD_OP_TILE, 0, 1, 0, 0, 0, 1},   {TD_OP_TILE, 0, 3, 1, 0, 0, 2},
      {TD_OP_BARRIER, 0, 0, 0, 0, 0, 0},     {TD_OP_TILE, 0, 1, 2, 0, 0, 3},   {TD_OP_BARRIER, 0, 0, 0, 0, 0, 0},
      {TD_OP_LAYER_END, 0, 0, 0, 0, 0, 0},   {TD_OP_VECTOR, 0, 0, 0, 1, 0, 4}, {TD_OP_DMA, 0, 1, 0, 1, 0, 5},
      {TD_OP_BARRIER, 0, 0, 0, 0, 0, 0},     {TD_OP_CPU, 0, 0, 0, 2, 0, 6}};
  apply();
}

void SmallNetwork::apply() {
  image.set(TD_SECTION_MODEL, std::vector<td_model>{model});
  image.set(TD_SECTION_TENSORS, tensors);
  image.set(TD_SECTION_TILES, tiles);
  image.set(TD_SECTION_TILE_JOBS, tile_jobs);
  image.set(TD_SECTION_VECTOR_JOBS, vector_jobs);
  image.set(TD_SECTION_DMA_JOBS, dma_jobs);
  image.set(TD_SECTION_CPU_JOBS, cpu_jobs);
  std::vector<td_command> placed = commands;
  image.set(TD_SECTION_COMMANDS, placed);
  // In the list above an address is the index of the job.
  for (td_command& command : placed) {
    switch (command.opcode) {
      case TD_OP_TILE:
        command.address = image.address(TD_SECTION_TILE_JOBS) + command.address * std::uint32_t{sizeof(td_tile_job)};
        break;
      case TD_OP_VECTOR:
        command.address =
            image.address(TD_SECTION_VECTOR_JOBS) + command.address * std::uint32_t{sizeof(td_vector_job)};
        break;
      case TD_OP_DMA:
        command.address = image.address(TD_SECTION_DMA_JOBS) + command.address * std::uint32_t{sizeof(td_dma_job)};
        break;
      case TD_OP_CPU:
        command.address = image.address(TD_SECTION_CPU_JOBS) + command.address * std::uint32_t{sizeof(td_cpu_job)};
        break;
      default:
        break;
    }
  }
  image.set(TD_SECTION_COMMANDS, placed);
}

}  // namespace tessera::firmware_test
