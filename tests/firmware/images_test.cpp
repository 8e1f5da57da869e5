// SPDX-License-Identifier: Apache-2.0
#include "sw/firmware/images/firmware_images.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace tessera::firmware {
namespace {

Elf32_Ehdr header(std::span<const std::uint8_t> image) {
  Elf32_Ehdr result{};
  std::memcpy(&result, image.data(), sizeof result);
  return result;
}

TEST(FirmwareImages, TheRuntimeIsAProgramForThisHart) {
  const std::span<const std::uint8_t> image = runtime_elf();
  ASSERT_GT(image.size(), sizeof(Elf32_Ehdr));
  const Elf32_Ehdr elf = header(image);
  EXPECT_EQ(std::memcmp(elf.e_ident, ELFMAG, SELFMAG), 0);
  EXPECT_EQ(elf.e_ident[EI_CLASS], ELFCLASS32);
  EXPECT_EQ(elf.e_machine, EM_RISCV);
  EXPECT_EQ(elf.e_flags & 0x6U, 0U) << "soft float";
  EXPECT_EQ(elf.e_entry, 0x80000000U);
}

TEST(FirmwareImages, SegmentsFitTheMemoryAndDoNotShareAPage) {
  const std::span<const std::uint8_t> image = runtime_elf();
  const Elf32_Ehdr elf = header(image);
  std::uint32_t end = 0x80000000;
  for (std::uint32_t i = 0; i < elf.e_phnum; ++i) {
    Elf32_Phdr segment{};
    std::memcpy(&segment, image.data() + elf.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0) {
      continue;
    }
    EXPECT_GE(segment.p_vaddr / 4096, (end + 4095) / 4096);
    EXPECT_EQ(segment.p_vaddr, segment.p_paddr);
    EXPECT_NE(segment.p_flags & (PF_W | PF_X), static_cast<Elf32_Word>(PF_W | PF_X)) << "never both";
    end = segment.p_vaddr + segment.p_memsz;
  }
  EXPECT_GT(end, 0x80000000U);
  EXPECT_LE(end, 0x80000000U + 512 * 1024 - 16 * 1024) << "with the stack";
}

TEST(FirmwareImages, EmbeddedIsWhatWasBuilt) {
  std::ifstream file(TESSERA_BINARY_DIR "/firmware/runtime.elf", std::ios::binary);
  const std::vector<char> built((std::istreambuf_iterator<char>(file)), {});
  const std::span<const std::uint8_t> image = runtime_elf();
  ASSERT_EQ(image.size(), built.size());
  EXPECT_EQ(std::memcmp(image.data(), built.data(), built.size()), 0);
}

}  // namespace
}  // namespace tessera::firmware
