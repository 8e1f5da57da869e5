// SPDX-License-Identifier: Apache-2.0
// The firmware on the simulated chip: the real driver against the real models. Each TEST is a process of its own.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "models/analog/trim.h"
#include "models/host/elf_image.h"
#include "models/tile/trim_bank.h"
#include "platform/config/report.h"
#include "platform/session/simulation.h"
#include "sw/deployment/contents.h"
#include "sw/deployment/image.h"
#include "sw/evaluator/evaluator.h"
#include "sw/firmware/images/firmware_images.h"

namespace tessera::firmware_test {
namespace {

constexpr std::uint32_t input_at = TD_SRAM_BASE;
constexpr std::uint32_t hidden_at = TD_SRAM_BASE + 0x40;
constexpr std::uint32_t rectified_at = TD_SRAM_BASE + 0x80;
constexpr std::uint32_t logits_at = TD_SRAM_BASE + 0xC0;
constexpr std::uint32_t output_at = TD_SRAM_BASE + 0x100;
constexpr std::uint32_t inputs = 64;
constexpr std::uint32_t classes = 8;

/// 64 inputs -> dense on two tiles (tags 1 and 2, 4 outputs each) -> copy by the vector unit (3) -> copy by DMA channel
/// 1 (4) -> softmax by the CPU (5).
deployment::Contents network(const platform::PlatformParameters& platform) {
  deployment::Contents c;
  const std::uint32_t nothing = c.add_name("");
  c.model = {c.add_name("small"), 0, 4, TD_SRAM_BASE, 0x108, inputs, classes, 0};
  const auto tensor = [&](std::uint32_t address, std::uint32_t bytes) {
    c.tensors.push_back({nothing, address, bytes, 1, 1, static_cast<std::uint16_t>(bytes), 0, 0, 0.05F, 0});
  };
  tensor(input_at, inputs);
  for (const std::uint32_t address : {hidden_at, rectified_at, logits_at, output_at}) {
    tensor(address, classes);
  }
  c.tiles = {{1, 1}, {6, 1}};
  std::mt19937 random(7);
  for (const std::uint32_t tile : {1U, 6U}) {
    c.regions.push_back({tile, 0, inputs, 0, classes, static_cast<std::uint32_t>(c.cells.size()), 0, 0});
    for (std::uint32_t i = 0; i < inputs * classes; ++i) {
      c.cells.push_back(static_cast<std::uint8_t>(random() % 16));
    }
  }
  for (std::uint32_t i = 0; i < classes; ++i) {
    c.channels.push_back({static_cast<std::int32_t>(random() % 100), 1 << 30, -4});
  }
  const auto command = [&](std::uint8_t opcode, std::uint16_t unit, std::uint32_t index, std::uint16_t layer,
                           std::uint32_t tag) {
    c.commands.push_back({opcode, 0, unit, index, layer, 0, tag});
  };
  command(TD_OP_LAYER_BEGIN, 0, 0, 0, 0);
  for (std::uint32_t half = 0; half < 2; ++half) {
    td_tile_job job{};
    job.tag = half + 1;
    job.flags = TD_TILE_INTERRUPT;
    job.src = input_at;
    job.dst = hidden_at + 4 * half;
    job.in_h = job.in_w = job.out_w = 1;
    job.in_c = job.rows = inputs;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = 1;
    job.dst_stride = job.outputs = 4;
    job.slices = 1;
    job.gain_index = 2;
    job.act_min = -128;
    job.act_max = 127;
    c.tile_jobs.push_back(job);
    command(TD_OP_TILE, half == 0 ? 1 : 6, half, 0, half + 1);
  }
  command(TD_OP_BARRIER, 0, 0, 0, 0);
  command(TD_OP_LAYER_END, 0, 0, 0, 0);
  command(TD_OP_LAYER_BEGIN, 0, 0, 1, 0);
  std::uint32_t logits_source = hidden_at;
  if (platform.vector_unit.present) {
    td_vector_job job{};
    job.tag = 3;
    job.layer = 1;
    job.op = TD_VECTOR_COPY;
    job.flags = TD_TILE_INTERRUPT;
    job.src0 = hidden_at;
    job.dst = rectified_at;
    job.in_h = job.in_w = job.out_h = job.out_w = 1;
    job.in_c = job.out_c = classes;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.act_min = -128;
    job.act_max = 127;
    c.vector_jobs = {job};
    command(TD_OP_VECTOR, 0, 0, 1, 3);
    command(TD_OP_BARRIER, 0, 0, 1, 0);
    logits_source = rectified_at;
  }
  if (platform.dma.channels > 1) {
    c.dma_jobs = {{4, 1, TD_TILE_INTERRUPT, logits_source, logits_at, {classes, 1, 1}, {0, 0}, {0, 0}, 0}};
    command(TD_OP_DMA, 1, 0, 1, 4);
    command(TD_OP_BARRIER, 0, 0, 1, 0);
    logits_source = logits_at;
  }
  c.cpu_jobs = {{5, 1, TD_CPU_SOFTMAX, logits_source, output_at, 1, classes, 1 << 30, 23, -248, 0}};
  command(TD_OP_CPU, 0, 0, 1, 5);
  command(TD_OP_LAYER_END, 0, 0, 1, 0);
  c.layers = {{nothing, nothing, std::uint64_t{inputs} * classes, 0, 1, 0, 5},
              {nothing, nothing, 0, 1, 4, 5, static_cast<std::uint32_t>(c.commands.size()) - 5}};
  return c;
}

/// Turns indices into bus addresses; after it the contents must keep their sizes.
void place(deployment::Contents& c) {
  const auto places = deployment::layout(c);
  for (std::size_t i = 0; i < c.tile_jobs.size(); ++i) {
    c.tile_jobs[i].channels = deployment::rom_address(places, TD_SECTION_CHANNELS, static_cast<std::uint32_t>(4 * i));
  }
  for (td_command& command : c.commands) {
    const std::uint32_t index = command.address;
    switch (command.opcode) {
      case TD_OP_TILE:
        command.address = deployment::rom_address(places, TD_SECTION_TILE_JOBS, index);
        break;
      case TD_OP_VECTOR:
        command.address = deployment::rom_address(places, TD_SECTION_VECTOR_JOBS, index);
        break;
      case TD_OP_DMA:
        command.address = deployment::rom_address(places, TD_SECTION_DMA_JOBS, index);
        break;
      case TD_OP_CPU:
        command.address = deployment::rom_address(places, TD_SECTION_CPU_JOBS, index);
        break;
      default:
        break;
    }
  }
}

struct ChipTest : testing::Test {
  platform::PlatformParameters platform;
  std::uint64_t hash = 0;
  std::vector<std::vector<std::int8_t>> frames;
  std::uint64_t first_frame = 0;
  std::unique_ptr<deployment::Image> image;
  std::string program;  ///< file of the build's firmware folder; empty: the embedded runtime

  void SetUp() override {
    platform.tiles.resize(platform.tile_count());
    std::mt19937 random(3);
    for (int i = 0; i < 3; ++i) {
      std::vector<std::int8_t> frame(inputs);
      for (std::int8_t& value : frame) {
        value = static_cast<std::int8_t>(static_cast<int>(random() % 256) - 128);
      }
      frames.push_back(frame);
    }
  }

  void compile(deployment::Contents contents) {
    hash = platform::platform_hash(platform);
    place(contents);
    image = std::make_unique<deployment::Image>(deployment::Image::parse(deployment::write_image(contents, hash)));
  }

  platform::SimulationOutput run() {
    const host::ElfImage elf = program.empty() ? host::parse_elf(firmware::runtime_elf(), "runtime")
                                               : host::read_elf(TESSERA_BINARY_DIR "/firmware/" + program);
    platform::SimulationInput input;
    input.platform = platform;
    input.platform_hash = hash;
    input.program = &elf;
    input.deployment = image.get();
    input.frames = frames;
    input.first_frame = first_frame;
    traces::Recorder recorder{traces::RecorderOptions{}};
    platform::SimulationOutput output = platform::simulate(input, recorder);
    RecordProperty("console", output.console);
    return output;
  }

  std::vector<std::vector<std::int8_t>> evaluated() {
    evaluator::Evaluator evaluator(*image, platform.tiles, {platform.seed, platform.sram.size_B, false});
    return evaluator.run(frames, first_frame, 1);
  }
};

TEST_F(ChipTest, RunsFramesAsTheEvaluatorDoes) {
  compile(network(platform));
  first_frame = 5;
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.kind, host::RunEnd::finisher_pass) << output.console;
  EXPECT_EQ(output.results, evaluated());
  EXPECT_EQ(output.inferences.size(), 3U);
  EXPECT_EQ(output.inferences.at(0).number, 5U);
  EXPECT_EQ(output.layer_time.size(), 2U);
  EXPECT_EQ(output.unit_errors, std::vector<std::string>{});
  EXPECT_NE(output.console.find("runtime ready: 3 x 4 tiles, 2 in use"), std::string::npos) << output.console;
  // The runtime's own work between the markers; jobs of a microsecond each leave it most of the time.
  for (const platform::InferenceFacts& facts : output.inferences) {
    EXPECT_LT(facts.end - facts.begin, 100'000'000U) << "picoseconds";
  }
  RecordProperty("instructions", std::to_string(output.cpu.instructions));
  EXPECT_NE(output.console.find("frame 7: class "), std::string::npos) << output.console;
  EXPECT_NE(output.console.find("tessera: 3 frames done"), std::string::npos) << output.console;
}

TEST_F(ChipTest, WithoutVectorUnitAndDma) {
  platform.vector_unit.present = false;
  platform.dma.channels = 0;
  compile(network(platform));
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.kind, host::RunEnd::finisher_pass) << output.console;
  EXPECT_EQ(output.results, evaluated());
}

TEST_F(ChipTest, AnotherSeedGivesOtherOutputs) {
  compile(network(platform));
  platform.seed = 99;
  const auto other = evaluated();
  platform.seed = 1;
  EXPECT_NE(other, evaluated()) << "the comparison with the evaluator can fail";
}

TEST_F(ChipTest, ASkippedJobIsDetected) {
  compile(network(platform));
  program = "runtime_skip.elf";
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.kind, host::RunEnd::finisher_fail);
  EXPECT_EQ(output.result.exit_code, 0x12U);
  EXPECT_NE(output.console.find("failed in frame 0: tile 1 did 0 jobs, the schedule has 1; last tag is 0, expected 1"),
            std::string::npos)
      << output.console;
}

TEST_F(ChipTest, ADeploymentForAnotherPlatformIsRefused) {
  compile(network(platform));
  ++hash;
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.exit_code, 0x10U);
  EXPECT_NE(output.console.find("deployment refused: platform hash: found 0x"), std::string::npos) << output.console;
}

TEST_F(ChipTest, AnEmptyRomIsRefused) {
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.exit_code, 0x10U);
  EXPECT_NE(output.console.find("there is no deployment in the ROM"), std::string::npos) << output.console;
}

TEST_F(ChipTest, AJobThatReachesOutsideOfMemoryIsReported) {
  deployment::Contents contents = network(platform);
  // Inside what the format calls a tile's input buffer, beyond the buffer that this tile has.
  constexpr std::uint32_t tile = 6;
  contents.tile_jobs[1].dst =
      TD_TILE_BASE + tile * TD_TILE_STRIDE + TD_TILE_INPUT_BUFFER_OFFSET + platform.tiles[tile].input_buffer_B + 0x1000;
  compile(contents);
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.kind, host::RunEnd::finisher_fail);
  EXPECT_EQ(output.result.exit_code, 0x11U);
  EXPECT_NE(output.console.find("tile 6: bus error (code 3) in the job with tag 2"), std::string::npos)
      << output.console;
  EXPECT_EQ(output.unit_errors.size(), 1U);
}

TEST_F(ChipTest, NoFramesIsNoError) {
  compile(network(platform));
  frames.clear();
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.kind, host::RunEnd::finisher_pass) << output.console;
  EXPECT_NE(output.console.find("tessera: 0 frames done"), std::string::npos);
}

TEST_F(ChipTest, FramesOfAnotherSizeAreRefused) {
  compile(network(platform));
  frames[1].pop_back();
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.exit_code, 0x10U);
  EXPECT_NE(output.console.find("frame 1 has 63 bytes, the network's input 64"), std::string::npos) << output.console;
  EXPECT_NE(output.console.find("frame 0: class "), std::string::npos) << "what was done is not lost";
}

TEST_F(ChipTest, Hello) {
  program = "hello.elf";
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.console, "hello from Tessera\n");
  EXPECT_TRUE(output.result.passed());
}

TEST_F(ChipTest, Timer) {
  program = "timer.elf";
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.console, "5 timer interrupts\ntimer works\n");
  EXPECT_TRUE(output.result.passed());
  EXPECT_GE(output.end, 6'000'000'000U) << "six milliseconds";
  EXPECT_LT(output.end, 6'100'000'000U);
}

TEST_F(ChipTest, ALoadFromNowhereIsReported) {
  program = "crash_load.elf";
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.exit_code, 0x25U);
  EXPECT_NE(output.console.find("fatal trap: load access fault, cause 5"), std::string::npos) << output.console;
  EXPECT_NE(output.console.find("mtval 0xf0000000"), std::string::npos) << output.console;
}

TEST_F(ChipTest, APushWithoutStackIsReported) {
  program = "crash_stack.elf";
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.exit_code, 0x27U);
  EXPECT_NE(output.console.find("fatal trap: store access fault, cause 7"), std::string::npos) << output.console;
}

// The runtime that calibrates, on bad converters: trims near the truth, and each joule of it in a row of its own.
TEST_F(ChipTest, CalibratesConvertersBeforeTheFirstFrame) {
  for (tile::TileParameters& tile : platform.tiles) {
    tile.array.effects = analog::NonIdealities::none();
    tile.array.effects.adc_offset_gain = tile.array.effects.adc_noise = true;
    tile.array.adc.offset_lsb = 2.0;
    tile.array.adc.gain_rel = 0.02;
  }
  program = "runtime_calibrate.elf";
  compile(network(platform));
  const platform::SimulationOutput output = run();
  EXPECT_EQ(output.result.kind, host::RunEnd::finisher_pass) << output.console;
  EXPECT_EQ(output.unit_errors, std::vector<std::string>{});
  EXPECT_NE(output.console.find("8 converters of 2 tiles calibrated, 0 bad"), std::string::npos) << output.console;
  ASSERT_EQ(output.trims.size(), 2U) << "of the tiles in use";
  for (const auto& [tile, words] : output.trims) {
    const auto truth = analog::adc_trims(platform.tiles[tile].array.adc, platform.seed, tile);
    ASSERT_EQ(words.size(), truth.size());
    for (std::size_t k = 0; k < words.size(); ++k) {
      if (k >= classes / 2) {
        EXPECT_EQ(words[k], tile::TrimBank::reset_word) << "nobody uses it";
        continue;
      }
      // sd of a mean of 16 codes: 0.12 LSB; of the slope: five times less than 1 %
      EXPECT_NEAR(tile::TrimBank::offset_lsb(words[k]), truth[k].offset_lsb, 0.6) << tile << " " << k;
      EXPECT_NEAR(tile::TrimBank::gain(words[k]) * truth[k].gain, 1.0, 0.01) << tile << " " << k;
    }
  }
  evaluator::Evaluator evaluator(*image, platform.tiles,
                                 {.seed = platform.seed, .sram_B = platform.sram.size_B, .calibrate = true});
  EXPECT_EQ(evaluator.trims(), output.trims) << "the same algorithm, the same products";
  EXPECT_EQ(evaluator.run(frames, first_frame, 2), output.results);
  EXPECT_NE(evaluated(), output.results) << "trims matter";
  ASSERT_EQ(output.calibrations.size(), 2U);
  EXPECT_EQ(output.calibrations[1].number, 6U);
  EXPECT_GT(output.calibrations[0].energy, 0);
  EXPECT_GT(output.calibrations[0].end, output.calibrations[0].begin);
}

}  // namespace
}  // namespace tessera::firmware_test
