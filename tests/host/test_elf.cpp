// SPDX-License-Identifier: Apache-2.0
// The ELF reader on good, damaged and foreign files.
#include <gtest/gtest.h>

#include <random>

#include "models/host/elf_image.h"
#include "tests/host/elf_writer.h"

namespace tessera::host {
namespace {

std::string message_of(const std::vector<std::uint8_t>& file) {
  try {
    static_cast<void>(parse_elf(file, "app.elf"));
  } catch (const ElfError& error) {
    return error.what();
  }
  return "";
}

TEST(Elf, LoadsSegmentsAtTheirPhysicalAddress) {
  ElfWriter writer;
  writer.entry = 0x8000'0010;
  writer.segments.push_back({0x8000'0000, 0x8000'0000, {1, 2, 3, 4}, 4});
  writer.segments.push_back({0x8000'1000, 0x8000'0100, {5, 6}, 10});  // .data: runs elsewhere than it is loaded
  writer.segments.push_back({0x8000'2000, 0x8000'2000, {}, 16});      // .bss
  writer.segments.push_back({0x8000'3000, 0x8000'3000, {}, 0});       // nothing at all
  const auto file = writer.file();
  const ElfImage image = parse_elf(file, "app.elf");
  EXPECT_EQ(image.entry, 0x8000'0010u);
  ASSERT_EQ(image.segments.size(), 3u);
  EXPECT_EQ(image.segments[1].address, 0x8000'0100u);
  EXPECT_EQ(image.segments[1].bytes, (std::vector<std::uint8_t>{5, 6}));
  EXPECT_EQ(image.segments[1].zeros, 8u);
  EXPECT_EQ(image.segments[2].zeros, 16u);
}

TEST(Elf, NamesFunctions) {
  ElfWriter writer;
  writer.segments.push_back({0x8000'0000, 0x8000'0000, std::vector<std::uint8_t>(64), 64});
  writer.symbols = {{"main", 0x8000'0010, 0x20, 2},
                    {"_start", 0x8000'0000, 0, 0},
                    {"tohost", 0x8000'0038, 8, 1},
                    {"$xrv32i2p0", 0x8000'0000, 0, 0},
                    {"tail", 0x8000'0030, 4, 2}};
  const auto file = writer.file();
  const SymbolTable symbols = parse_elf(file, "app.elf").symbols;
  EXPECT_EQ(symbols.describe(0x8000'0010), "main");
  EXPECT_EQ(symbols.describe(0x8000'002C), "main+0x1c");
  EXPECT_EQ(symbols.describe(0x8000'0004), "_start+0x4");
  EXPECT_EQ(symbols.describe(0x7FFF'FFFF), "0x7fffffff");
  EXPECT_EQ(symbols.describe(0x8000'0034), "0x80000034") << "behind the end of tail";
  EXPECT_EQ(symbols.address("tohost"), 0x8000'0038u);
  EXPECT_FALSE(symbols.address("fromhost").has_value());
}

TEST(Elf, SaysWhatIsWrong) {
  ElfWriter writer;
  writer.segments.push_back({0x8000'0000, 0x8000'0000, {1, 2, 3, 4}, 4});
  const auto good = writer.file();
  EXPECT_EQ(message_of(good), "");
  EXPECT_NE(message_of({}).find("not an ELF file"), std::string::npos);
  EXPECT_NE(message_of({'#', '!', '/', 'b', 'i', 'n', '/', 's', 'h', 10, 0, 0, 0, 0, 0, 0, 0}).find("not an ELF"),
            std::string::npos);
  const auto changed = [&good](std::size_t at, std::uint8_t value) {
    auto file = good;
    file[at] = value;
    return message_of(file);
  };
  EXPECT_NE(changed(18, 62).find("another machine (x86-64)"), std::string::npos);
  EXPECT_NE(changed(4, 2).find("64-bit"), std::string::npos);
  EXPECT_NE(changed(5, 2).find("big-endian"), std::string::npos);
  EXPECT_NE(changed(16, 1).find("expected a linked executable"), std::string::npos);
  EXPECT_NE(changed(44, 0).find("no segment to load"), std::string::npos);
  EXPECT_NE(changed(52 + 16 + 3, 0x40).find("in the file but only"), std::string::npos);
  for (std::size_t size = 16; size < good.size(); ++size) {
    const std::string message = message_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_NE(message.find("truncated"), std::string::npos) << size << ": " << message;
    EXPECT_NE(message.find("app.elf"), std::string::npos);
  }
}

TEST(Elf, SegmentsMustStayBelowFourGigabytes) {
  ElfWriter writer;
  writer.segments.push_back({0xFFFF'FFF0, 0xFFFF'FFF0, {1}, 0x20});
  const auto file = writer.file();
  EXPECT_NE(message_of(file).find("beyond 32-bit"), std::string::npos);
}

TEST(Elf, MissingFile) {
  EXPECT_THROW(static_cast<void>(read_elf("/does/not/exist.elf")), ElfError);
}

TEST(Elf, DamagedFilesNeverCrash) {
  ElfWriter writer;
  writer.segments.push_back({0x8000'0000, 0x8000'0000, std::vector<std::uint8_t>(40, 7), 80});
  writer.symbols = {{"main", 0x8000'0000, 0x20, 2}, {"other", 0x8000'0020, 8, 2}};
  const auto good = writer.file();
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    std::mt19937_64 random(seed);
    auto file = good;
    for (std::uint64_t n = random() % 8 + 1; n > 0; --n) {
      file[random() % file.size()] = static_cast<std::uint8_t>(random());
    }
    if (random() % 4 == 0) {
      file.resize(random() % file.size());
    }
    try {
      const ElfImage image = parse_elf(file, "app.elf");
      static_cast<void>(image.symbols.describe(static_cast<std::uint32_t>(random())));
    } catch (const ElfError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace tessera::host
