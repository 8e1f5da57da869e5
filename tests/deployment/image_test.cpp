// SPDX-License-Identifier: Apache-2.0
#include "sw/deployment/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "tests/deployment/sample.h"

namespace tessera::deployment {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t tile_buffer(std::uint32_t tile) {
  return TD_TILE_BASE + tile * TD_TILE_STRIDE + TD_TILE_INPUT_BUFFER_OFFSET;
}

std::vector<std::uint8_t> sample() {
  return write_image(test::sample_contents(), 0x1234);
}

template <typename T>
void expect_equal(const std::vector<T>& a, const std::vector<T>& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_TRUE(a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

TEST(Image, ReadsWhatWasWritten) {
  const Contents c = test::sample_contents();
  const Image image = Image::parse(write_image(c, 0x1234), test::sample_limits());
  const Contents& r = image.contents();
  EXPECT_EQ(image.platform_hash(), 0x1234U);
  EXPECT_EQ(std::memcmp(&r.model, &c.model, sizeof(c.model)), 0);
  expect_equal(r.tensors, c.tensors);
  expect_equal(r.layers, c.layers);
  expect_equal(r.tiles, c.tiles);
  expect_equal(r.regions, c.regions);
  expect_equal(r.cells, c.cells);
  expect_equal(r.commands, c.commands);
  expect_equal(r.tile_jobs, c.tile_jobs);
  expect_equal(r.vector_jobs, c.vector_jobs);
  expect_equal(r.dma_jobs, c.dma_jobs);
  expect_equal(r.cpu_jobs, c.cpu_jobs);
  expect_equal(r.channels, c.channels);
  expect_equal(r.constants, c.constants);
  expect_equal(r.names, c.names);
  EXPECT_EQ(r.name(r.model.name), "sample");
  EXPECT_EQ(r.name(100000), "");
}

TEST(Image, SectionsAreAlignedAndTheCellsAreLastAndOutsideOfTheRom) {
  const Image image = Image::parse(sample());
  for (const auto& place : image.places()) {
    EXPECT_EQ(place.offset % 16, 0U) << to_string(place.kind);
  }
  EXPECT_EQ(image.places().back().kind, TD_SECTION_CELLS);
  EXPECT_EQ(image.rom().size(), image.places().back().offset);
}

TEST(Image, SameContentsSameBytes) {
  EXPECT_EQ(sample(), sample());
}

TEST(Image, EqualNamesAreStoredOnce) {
  Contents c;
  EXPECT_EQ(c.add_name("conv"), 0U);
  EXPECT_EQ(c.add_name("co"), 5U);
  EXPECT_EQ(c.add_name("conv"), 0U);
  EXPECT_EQ(c.name(5), "co");
}

/// Name of a case in test names.
const auto case_name = [](const auto& instance) { return std::string(instance.param.name); };

struct HeaderCase {
  const char* name;
  std::function<void(std::vector<std::uint8_t>&, td_header&)> change;
  const char* where;
};

void PrintTo(const HeaderCase& c, std::ostream* out) {
  *out << c.name;
}

class ImageHeader : public testing::TestWithParam<HeaderCase> {};

TEST_P(ImageHeader, IsChecked) {
  auto image = sample();
  td_header header{};
  std::memcpy(&header, image.data(), sizeof(header));
  GetParam().change(image, header);
  if (image.size() >= sizeof(header)) {
    std::memcpy(image.data(), &header, sizeof(header));
    test::repair_checksums(image);
  }
  try {
    (void)Image::parse(image);
    FAIL() << "accepted";
  } catch (const ImageError& error) {
    EXPECT_THAT(error.where(), HasSubstr(GetParam().where));
    EXPECT_THAT(error.what(), HasSubstr("expected"));
    EXPECT_FALSE(error.problem().empty());
    EXPECT_FALSE(error.expected().empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ImageHeader,
    testing::Values(HeaderCase{"empty", [](auto& i, auto&) { i.clear(); }, "header"},
                    HeaderCase{"short", [](auto& i, auto&) { i.resize(31); }, "header"},
                    HeaderCase{"magic", [](auto&, auto& h) { h.magic ^= 1; }, "header.magic"},
                    HeaderCase{"major", [](auto&, auto& h) { h.version_major = 2; }, "header.version"},
                    HeaderCase{"truncated", [](auto& i, auto&) { i.resize(i.size() - 1); }, "header.total_bytes"},
                    HeaderCase{"longer", [](auto& i, auto&) { i.push_back(0); }, "header.total_bytes"},
                    HeaderCase{"sections", [](auto&, auto& h) { h.section_count = 0xFFFFFFFF; },
                               "header.section_count"},
                    HeaderCase{"hash", [](auto&, auto& h) { h.platform_hash = 0; }, "header.platform_hash"},
                    HeaderCase{"rom", [](auto&, auto& h) { h.rom_bytes += 16; }, "section"},
                    HeaderCase{"none", [](auto&, auto& h) { h.section_count = 0; }, "end of the image"}),
    case_name);

TEST(Image, AcceptsANewerMinorVersion) {
  auto image = sample();
  td_header header{};
  std::memcpy(&header, image.data(), sizeof(header));
  header.version_minor = 7;
  std::memcpy(image.data(), &header, sizeof(header));
  test::repair_checksums(image);
  EXPECT_NO_THROW((void)Image::parse(image));
}

TEST(Image, EverySingleChangedByteIsFound) {
  const auto good = sample();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x40;
    EXPECT_THROW((void)Image::parse(bad), ImageError) << "byte " << i;
  }
}

TEST(Image, AMissingFileIsAnImageError) {
  EXPECT_THROW((void)Image::load("no/such/file.tsr"), ImageError);
}

struct ContentCase {
  const char* name;
  std::function<void(Contents&)> change;
  const char* where;
};

void PrintTo(const ContentCase& c, std::ostream* out) {
  *out << c.name;
}

class ImageContents : public testing::TestWithParam<ContentCase> {};

TEST_P(ImageContents, AreChecked) {
  Contents contents = test::sample_contents();
  GetParam().change(contents);
  try {
    (void)Image::parse(write_image(contents, 1), test::sample_limits());
    FAIL() << "accepted";
  } catch (const ImageError& error) {
    EXPECT_THAT(error.where(), HasSubstr(GetParam().where)) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ImageContents,
    testing::Values(
        ContentCase{"input_tensor", [](Contents& c) { c.model.input_tensor = 2; }, "model"},
        ContentCase{"output_tensor", [](Contents& c) { c.model.output_tensor = 2; }, "model"},
        ContentCase{"model_name", [](Contents& c) { c.model.name = 9999; }, "model.name"},
        ContentCase{"unterminated", [](Contents& c) { c.names.back() = 'x'; }, "model.name"},
        ContentCase{"frame", [](Contents& c) { c.model.frame_bytes = 9; }, "model"},
        ContentCase{"arena_below", [](Contents& c) { c.model.arena_base = 16; }, "model"},
        ContentCase{"arena_large", [](Contents& c) { c.model.arena_bytes = 4097; }, "model"},
        ContentCase{"tensor_bytes", [](Contents& c) { c.tensors[0].height = 3; }, "tensor 0"},
        ContentCase{"tensor_place", [](Contents& c) { c.tensors[1].address = TD_SRAM_BASE + 253; }, "tensor 1"},
        ContentCase{"tensor_zero_point", [](Contents& c) { c.tensors[0].zero_point = 128; }, "tensor 0"},
        ContentCase{"tensor_scale", [](Contents& c) { c.tensors[0].scale = 0.0F; }, "tensor 0"},
        ContentCase{"tile_number", [](Contents& c) { c.tiles[0].tile = 2; }, "tile entry 0"},
        ContentCase{"tile_twice", [](Contents& c) { c.tiles.push_back(c.tiles[0]); }, "tile entry 1"},
        ContentCase{"passes", [](Contents& c) { c.tiles[0].passes_per_inference = 2; }, "tile 1"},
        ContentCase{"region_tile", [](Contents& c) { c.regions[0].tile = 0; }, "region 0"},
        ContentCase{"region_rows", [](Contents& c) { c.regions[0].row0 = 1; }, "region 0"},
        ContentCase{"region_columns", [](Contents& c) { c.regions[0].column0 = 1; }, "region 0"},
        ContentCase{"region_cells", [](Contents& c) { c.regions[0].cells_offset = 1; }, "region 0"},
        ContentCase{"region_layer", [](Contents& c) { c.regions[0].layer = 4; }, "region 0"},
        ContentCase{"region_level", [](Contents& c) { c.cells[5] = 16; }, "region 0"},
        ContentCase{"region_overlap", [](Contents& c) { c.regions.push_back(c.regions[0]); }, "region 1"},
        ContentCase{"layer_tensor", [](Contents& c) { c.layers[1].input_tensor = 2; }, "layer 1"},
        ContentCase{"layer_commands", [](Contents& c) { c.layers[3].command_count = 5; }, "layer 3"},
        ContentCase{"tile_job_layer", [](Contents& c) { c.tile_jobs[0].layer = 4; }, "tile job 0"},
        ContentCase{"tile_job_rows", [](Contents& c) { c.tile_jobs[0].row0 = 1; }, "command 1"},
        ContentCase{"tile_job_pairs", [](Contents& c) { c.tile_jobs[0].pair0 = 1; }, "command 1"},
        ContentCase{"tile_job_gain", [](Contents& c) { c.tile_jobs[0].gain_index = 3; }, "command 1"},
        ContentCase{"tile_job_window", [](Contents& c) { c.tile_jobs[0].k_first = 1; }, "tile job 0"},
        ContentCase{"tile_job_slices", [](Contents& c) { c.tile_jobs[0].slices = 3; }, "tile job 0"},
        ContentCase{"tile_job_source", [](Contents& c) { c.tile_jobs[0].src = TD_SRAM_BASE + 250; }, "tile job 0"},
        ContentCase{"tile_job_destination", [](Contents& c) { c.tile_jobs[0].dst = TD_SRAM_BASE + 253; }, "tile job 0"},
        ContentCase{"tile_job_rom", [](Contents& c) { c.tile_jobs[0].dst = TD_ROM_BASE; }, "tile job 0"},
        ContentCase{"tile_job_channels", [](Contents& c) { c.tile_jobs[0].channels += 2; }, "tile job 0"},
        ContentCase{"tile_job_partial", [](Contents& c) { c.tile_jobs[0].flags |= TD_TILE_ADD_PARTIAL; }, "tile job 0"},
        ContentCase{"tile_job_activation", [](Contents& c) { c.tile_jobs[0].act_max = -1, c.tile_jobs[0].act_min = 0; },
                    "tile job 0"},
        ContentCase{"tile_buffer", [](Contents& c) { c.tile_jobs[0].dst = tile_buffer(1) + 61; }, "tile job 0"},
        ContentCase{"tile_buffer_of_another", [](Contents& c) { c.tile_jobs[0].dst = tile_buffer(0); }, "tile job 0"},
        ContentCase{"tile_registers", [](Contents& c) { c.tile_jobs[0].src = TD_TILE_BASE + TD_TILE_STRIDE; },
                    "tile job 0"},
        ContentCase{"tile_over_source",
                    [](Contents& c) { c.tile_jobs[0].src = tile_buffer(1), c.tile_jobs[0].dst = tile_buffer(1) + 7; },
                    "tile job 0"},
        ContentCase{"tensor_of_tile", [](Contents& c) { c.tensors[1].address = tile_buffer(1); }, "tensor 1"},
        ContentCase{"vector_op", [](Contents& c) { c.vector_jobs[0].op = 8; }, "vector job 0"},
        ContentCase{"vector_source", [](Contents& c) { c.vector_jobs[0].src0 = 0; }, "vector job 0"},
        ContentCase{"vector_weights", [](Contents& c) { c.vector_jobs[0].weights = 0; }, "vector job 0"},
        ContentCase{"vector_destination", [](Contents& c) { c.vector_jobs[0].dst = 0; }, "vector job 0"},
        ContentCase{"dma_count", [](Contents& c) { c.dma_jobs[0].count[2] = 0; }, "DMA job 0"},
        ContentCase{"dma_size", [](Contents& c) { c.dma_jobs[0].count[1] = 0xFFFFFFFF; }, "DMA job 0"},
        ContentCase{"dma_source", [](Contents& c) { c.dma_jobs[0].src_stride[0] = -8; }, "DMA job 0"},
        ContentCase{"dma_port", [](Contents& c) { c.dma_jobs[0].flags |= TD_DMA_FIXED_SRC; }, "DMA job 0"},
        ContentCase{"cpu_op", [](Contents& c) { c.cpu_jobs[0].op = 0; }, "CPU job 0"},
        ContentCase{"cpu_rows", [](Contents& c) { c.cpu_jobs[0].rows = 0; }, "CPU job 0"},
        ContentCase{"cpu_source", [](Contents& c) { c.cpu_jobs[0].src = 0x40; }, "CPU job 0"},
        ContentCase{"command_opcode", [](Contents& c) { c.commands[2].opcode = 9; }, "command 2"},
        ContentCase{"command_layer", [](Contents& c) { c.commands[2].layer = 4; }, "command 2"},
        ContentCase{"command_address", [](Contents& c) { c.commands[1].address += 4; }, "command 1"},
        ContentCase{"command_tag", [](Contents& c) { c.commands[1].tag = 7; }, "command 1"},
        ContentCase{"command_unit", [](Contents& c) { c.commands[1].unit = 0; }, "command 1"},
        ContentCase{"command_channel", [](Contents& c) { c.commands[9].unit = 1; }, "command 9"},
        ContentCase{"command_twice", [](Contents& c) { c.commands[2] = c.commands[1]; }, "command 2"},
        ContentCase{"marker_tag", [](Contents& c) { c.commands[0].tag = 1; }, "command 0"},
        ContentCase{"marker_order", [](Contents& c) { std::swap(c.commands[0], c.commands[3]); }, "command 0"},
        ContentCase{"marker_missing", [](Contents& c) { c.commands[15] = c.commands[14]; }, "commands"},
        ContentCase{"marker_nested", [](Contents& c) { c.commands[3] = c.commands[0]; }, "command 3"}),
    case_name);

TEST(Image, JobsMayReadAndWriteTheInputBufferOfATileInUse) {
  Contents contents = test::sample_contents();
  contents.tile_jobs[0].src = tile_buffer(1);
  contents.tile_jobs[0].dst = tile_buffer(1) + 8;
  EXPECT_NO_THROW((void)Image::parse(write_image(contents, 1), test::sample_limits()));
}

TEST(Image, AVectorJobNeedsAVectorUnit) {
  auto limits = test::sample_limits();
  limits.vector_present = false;
  EXPECT_THROW((void)Image::parse(sample(), limits), ImageError);
}

TEST(Image, WriterRefusesImagesLargerThanTheirWindow) {
  Contents c = test::sample_contents();
  c.constants.resize(std::size_t{256} << 20);
  EXPECT_THROW((void)layout(c), std::length_error);
}

}  // namespace
}  // namespace tessera::deployment
