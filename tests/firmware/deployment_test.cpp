// SPDX-License-Identifier: Apache-2.0
// The runtime opens what fits and names what does not. Every case changes one thing of an image that opens.
#include "deployment.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <random>
#include <string>

#include "tests/firmware/chip_fake.h"
#include "tests/firmware/image_builder.h"

namespace tessera::firmware_test {
namespace {

struct DeploymentTest : testing::Test {
  ChipFake chip{2, 2, 2};
  SmallNetwork network;
  rt_chip facts{0x1122334455667788, 4, 2, 16, true, 0};
  rt_deployment deployment{};
  rt_problem problem{};

  bool open() {
    chip.rom = network.image.build();
    return rt_deployment_open(&deployment, TD_ROM_BASE, &facts, &problem);
  }
  /// Applies a change and @return what was refused, or "" if the image opened.
  std::string refusal(const std::function<void()>& change) {
    change();
    network.apply();
    return open() ? "" : problem.what;
  }
};

TEST_F(DeploymentTest, OpensTheSmallNetwork) {
  ASSERT_TRUE(open()) << problem.what;
  EXPECT_EQ(deployment.input_address, SmallNetwork::input);
  EXPECT_EQ(deployment.output_address, SmallNetwork::output);
  EXPECT_EQ(deployment.input_bytes, 16U);
  EXPECT_EQ(deployment.output_bytes, 8U);
  EXPECT_EQ(deployment.sections[TD_SECTION_COMMANDS].count, network.commands.size());
}

TEST_F(DeploymentTest, OpensWithoutOptionalSections) {
  network.commands = {{TD_OP_BARRIER, 0, 0, 0, 0, 0, 0}};
  network.apply();
  for (const std::uint32_t kind :
       {TD_SECTION_TILES, TD_SECTION_TILE_JOBS, TD_SECTION_VECTOR_JOBS, TD_SECTION_DMA_JOBS, TD_SECTION_CPU_JOBS}) {
    network.image.sections.erase(kind);
  }
  EXPECT_TRUE(open()) << problem.what;
}

TEST_F(DeploymentTest, RefusesAnEmptyRom) {
  chip.rom.assign(4096, 0);
  EXPECT_FALSE(rt_deployment_open(&deployment, TD_ROM_BASE, &facts, &problem));
  EXPECT_STREQ(problem.what, "magic number");
}

TEST_F(DeploymentTest, RefusesAnotherVersion) {
  network.image.version_major = 2;
  EXPECT_FALSE(open());
  EXPECT_STREQ(problem.what, "format version");
  EXPECT_EQ(problem.found, 2U);
  EXPECT_EQ(problem.expected, 1U);
}

TEST_F(DeploymentTest, RefusesAnotherPlatform) {
  facts.platform_hash ^= 1ULL << 40;
  EXPECT_FALSE(open());
  EXPECT_STREQ(problem.what, "platform hash");
  EXPECT_EQ(problem.found, 0x1122334455667788U);
}

TEST_F(DeploymentTest, EveryFlippedBitOfWhatIsUsedIsSeen) {
  const std::vector<std::uint8_t> good = network.image.build();
  for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
    chip.rom = good;
    chip.rom[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const bool opened = rt_deployment_open(&deployment, TD_ROM_BASE, &facts, &problem);
    if (opened) {  // padding between sections is the only place that may change
      std::size_t end = 0;
      bool inside = bit / 8 < sizeof(td_header) + network.image.sections.size() * sizeof(td_section);
      for (const auto& [kind, section] : network.image.sections) {
        const std::size_t begin = network.image.address(kind) - TD_ROM_BASE;
        end = begin + section.bytes.size();
        inside = inside || (bit / 8 >= begin && bit / 8 < end);
      }
      ASSERT_FALSE(inside) << "byte " << bit / 8;
    }
  }
}

TEST_F(DeploymentTest, RefusesDamagedSectionsByName) {
  chip.rom = network.image.build();
  chip.rom[network.image.address(TD_SECTION_TILE_JOBS) - TD_ROM_BASE + 5] ^= 1;
  EXPECT_FALSE(rt_deployment_open(&deployment, TD_ROM_BASE, &facts, &problem));
  EXPECT_STREQ(problem.what, "CRC of section TILE_JOBS");
}

TEST_F(DeploymentTest, TensorsMayLieInTheDramThatTheChipHas) {
  facts.dram_bytes = 4096;
  const SmallNetwork good;
  const auto with = [&](std::uint32_t dram_bytes, std::uint32_t address) {
    network = good;
    return refusal([&] {
      network.model.dram_bytes = dram_bytes;
      network.tensors[0].address = address;
    });
  };
  EXPECT_EQ(with(64, TD_DRAM_BASE + 48), "");
  EXPECT_EQ(deployment.input_address, TD_DRAM_BASE + 48);
  EXPECT_EQ(with(64, TD_DRAM_BASE + 49), "tensor outside the arena:");
  EXPECT_EQ(with(0, TD_DRAM_BASE), "tensor outside the arena:");
  EXPECT_EQ(with(4097, TD_DRAM_BASE), "bytes of external DRAM that the network needs");
  EXPECT_EQ(problem.found, 4097U);
  EXPECT_EQ(problem.expected, 4096U);
}

TEST_F(DeploymentTest, TensorsMayLieInInputBuffersOfTilesInUse) {
  const SmallNetwork good;  // of tiles 1 and 3
  const auto buffer = [](std::uint32_t tile) {
    return TD_TILE_BASE + tile * TD_TILE_STRIDE + TD_TILE_INPUT_BUFFER_OFFSET;
  };
  const auto with = [&](const std::function<void()>& change) {
    network = good;
    return refusal(change);
  };
  const std::string no_source = "source in a tile that is not in use or beyond it, command";
  const std::string no_result = "result in a tile that is not in use or beyond it, command";
  auto& job = network.tile_jobs[0];
  EXPECT_EQ(with([&] { job.dst = buffer(3), job.src = buffer(1); }), "");
  EXPECT_EQ(with([&] { job.src = buffer(2); }), no_source);
  EXPECT_EQ(problem.index, 1U);
  EXPECT_EQ(problem.found, buffer(2));
  EXPECT_EQ(with([&] { job.src = TD_TILE_BASE + TD_TILE_STRIDE; }), no_source) << "registers";
  EXPECT_EQ(with([&] { job.dst = buffer(0); }), no_result);
  EXPECT_EQ(with([&] { job.dst = buffer(3) + 0x7FF8; }), "") << "stride 0: 8 bytes, the last ones";
  EXPECT_EQ(with([&] { job.dst = buffer(3) + 0x7FF9; }), no_result);
  EXPECT_EQ(with([&] { job.dst = buffer(9999); }), no_result);
  EXPECT_EQ(with([&] { network.vector_jobs[0].src0 = buffer(1); }), "");
  EXPECT_EQ(with([&] { network.vector_jobs[0].src0 = buffer(2); }), no_source);
  EXPECT_EQ(with([&] { network.vector_jobs[0].dst = buffer(2); }), no_result);
  EXPECT_EQ(with([&] { network.tensors[0].address = buffer(1); }), "tensor outside the arena:")
      << "frames come by DMA, to memory";
}

TEST_F(DeploymentTest, RefusesInconsistentTables) {
  auto& n = network;
  const SmallNetwork good;
  const auto again = [&](const std::function<void()>& change) {
    n = good;
    return refusal(change);
  };
  EXPECT_EQ(again([] {}), "");
  EXPECT_EQ(again([&] { n.model.input_tensor = 2; }), "index of input or output tensor");
  EXPECT_EQ(again([&] { n.model.result_bytes = 9; }), "bytes of tensor");
  EXPECT_EQ(again([&] { n.tensors[0].address = 0x80000000; }), "tensor outside the arena:");
  EXPECT_EQ(again([&] { n.tensors[0].address = TD_SRAM_BASE + n.model.arena_bytes - 15; }),
            "tensor outside the arena:");
  EXPECT_EQ(again([&] { n.model.arena_base = 0x80000000; }), "arena outside the shared SRAM");
  EXPECT_EQ(again([&] { n.model.arena_bytes = 0xFFFFFFFF; }), "arena outside the shared SRAM");
  EXPECT_EQ(again([&] { n.model.dram_bytes = 16; }), "bytes of external DRAM that the network needs");
  EXPECT_EQ(again([&] { n.tiles[0].tile = 4; }), "number of a tile in entry");
  EXPECT_EQ(again([&] { n.tiles[0].tile = 1; }), "tile given twice, entry");
  EXPECT_EQ(again([&] { n.commands[1].unit = 0; }), "tile that section TILES does not list, command");
  EXPECT_EQ(again([&] { n.commands[1].address = 3; }), "descriptor address of command");
  EXPECT_EQ(again([&] { n.commands[1].tag = 9; }), "tag of command");
  EXPECT_EQ(again([&] { n.commands[1].opcode = 99; }), "operation of command");
  EXPECT_EQ(problem.index, 1U);
  EXPECT_EQ(again([&] { n.commands[8].unit = 2; }), "DMA channel of command");
  EXPECT_EQ(again([&] { n.cpu_jobs[0].op = 7; }), "CPU operator of command");
  EXPECT_EQ(again([&] { n.cpu_jobs[0].dst = 0x40000000; }), "CPU job outside the arena, command");
  EXPECT_EQ(again([&] { n.cpu_jobs[0].rows = 0xFFFFFFFF; }), "CPU job outside the arena, command");
  EXPECT_EQ(again([&] { n.cpu_jobs[0].shift = 40; }), "softmax parameter of command");
}

TEST_F(DeploymentTest, RefusesAChipThatLacksSomething) {
  facts.vector_present = false;
  EXPECT_FALSE(open());
  EXPECT_STREQ(problem.what, "vector unit wanted by command");
  facts.vector_present = true;
  facts.tiles = 3;
  EXPECT_FALSE(open());
  EXPECT_STREQ(problem.what, "number of a tile in entry");
  facts.tiles = 4;
  facts.frame_bytes = 784;
  EXPECT_FALSE(open());
  EXPECT_STREQ(problem.what, "bytes of one frame of the stream");
}

TEST_F(DeploymentTest, RandomDamageWithRightCrcsNeverReachesOutside) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const SmallNetwork good;
  for (int round = 0; round < 5000; ++round) {
    network = good;
    auto section = network.image.sections.begin();
    std::advance(section, random() % network.image.sections.size());
    for (int change = 0; change < 3; ++change) {
      section->second.bytes[random() % section->second.bytes.size()] = static_cast<std::uint8_t>(random());
    }
    chip.rom = network.image.build();
    EXPECT_NO_THROW((void)rt_deployment_open(&deployment, TD_ROM_BASE, &facts, &problem));
  }
}

TEST(Crc, EqualsZlibAtEveryAlignmentAndInPieces) {
  std::vector<std::uint8_t> bytes(300);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
  }
  for (std::uint32_t begin = 0; begin < 8; ++begin) {
    for (std::uint32_t count : {0U, 1U, 3U, 4U, 5U, 64U, 255U}) {
      const auto expected = static_cast<std::uint32_t>(crc32(0, bytes.data() + begin, count));
      EXPECT_EQ(rt_crc32(0, bytes.data() + begin, count), expected);
      const std::uint32_t half = rt_crc32(0, bytes.data() + begin, count / 2);
      EXPECT_EQ(rt_crc32(half, bytes.data() + begin + count / 2, count - count / 2), expected);
    }
  }
}

}  // namespace
}  // namespace tessera::firmware_test
