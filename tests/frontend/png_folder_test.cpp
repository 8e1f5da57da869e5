// SPDX-License-Identifier: Apache-2.0
// Pictures as a data set: values, labels, order, and refusals that say what is wrong with which file.
#include <gmock/gmock.h>
#include <png.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "sw/compiler/dataset/dataset.h"

namespace tessera::compiler {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PngFolder : public ::testing::Test {
 protected:
  PngFolder() {
    std::string name = (fs::temp_directory_path() / "tessera-png-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~PngFolder() override { fs::remove_all(folder_); }

  /// Writes a picture whose bytes count up from `first`.
  void write(const fs::path& name, png_uint_32 height, png_uint_32 width, png_uint_32 format, int first) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.height = height;
    image.width = width;
    image.format = format;
    std::vector<png_byte> pixels(PNG_IMAGE_SIZE(image));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = static_cast<png_byte>(first + static_cast<int>(i));
    }
    fs::create_directories((folder_ / name).parent_path());
    ASSERT_NE(png_image_write_to_file(&image, (folder_ / name).c_str(), 0, pixels.data(), 0, nullptr), 0);
  }

  std::string refusal(Shape shape) {
    try {
      static_cast<void>(load_png_folder(folder_, shape, 255.0F));
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
};

TEST_F(PngFolder, ClassesInTurnWithLabelsFromNumbers) {
  write("3/b.png", 2, 2, PNG_FORMAT_GRAY, 40);
  write("3/a.PNG", 2, 2, PNG_FORMAT_GRAY, 30);
  write("10/x.png", 2, 2, PNG_FORMAT_GRAY, 100);
  std::ofstream(folder_ / "3" / "notes.txt") << "no picture";
  const Dataset data = load_png_folder(folder_, {2, 2, 1}, 10.0F);
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{10, 3, 3}));
  EXPECT_EQ(data.values,
            (std::vector<float>{10.0F, 10.1F, 10.2F, 10.3F, 3.0F, 3.1F, 3.2F, 3.3F, 4.0F, 4.1F, 4.2F, 4.3F}));
  const Dataset part = load_png_folder(folder_, {2, 2, 1}, 10.0F, {1, 1});
  EXPECT_EQ(part.labels, (std::vector<std::int32_t>{3}));
  EXPECT_EQ(part.values.front(), 3.0F);
  EXPECT_THROW(static_cast<void>(load_png_folder(folder_, {2, 2, 1}, 1.0F, {1, 3})), DatasetError);
  EXPECT_EQ(load_png_folder(folder_, {2, 2, 1}, 1.0F, {1, 3, true, ""}).size(), 2U) << "fewer will do";
  EXPECT_THROW(static_cast<void>(load_png_folder(folder_, {2, 2, 1}, 1.0F, {3, 1, true, ""})), DatasetError) << "none";
}

TEST_F(PngFolder, NamedClassesCountFromZero) {
  write("cat/1.png", 1, 2, PNG_FORMAT_RGB, 1);
  write("ant/1.png", 1, 2, PNG_FORMAT_RGB, 11);
  const Dataset data = load_png_folder(folder_, {1, 2, 3}, 1.0F);
  EXPECT_EQ(data.labels, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(data.values, (std::vector<float>{11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6})) << "height, width, channel";
}

TEST_F(PngFolder, FlatFolderHasNoLabels) {
  write("1.png", 2, 2, PNG_FORMAT_GRAY, 1);
  const Dataset data = load_png_folder(folder_, {2, 2, 1}, 1.0F);
  EXPECT_TRUE(data.labels.empty());
  EXPECT_EQ(data.size(), 1U);
}

TEST_F(PngFolder, RefusalsNameTheFileAndWhatWouldDo) {
  EXPECT_THAT(refusal({2, 2, 1}), HasSubstr("no .png file"));
  EXPECT_THAT(refusal({2, 2, 4}), HasSubstr("4 channels"));
  write("0/a.png", 2, 3, PNG_FORMAT_GRAY, 1);
  EXPECT_THAT(refusal({2, 2, 1}), HasSubstr("a.png: 2 x 3 pixels, the network takes 2 x 2"));
  write("0/a.png", 2, 2, PNG_FORMAT_RGBA, 1);
  EXPECT_THAT(refusal({2, 2, 1}), HasSubstr("transparent"));
  folder_ /= "nowhere";
  EXPECT_THAT(refusal({2, 2, 1}), HasSubstr("cannot be read"));
  folder_ = folder_.parent_path();
}

TEST_F(PngFolder, DamagedPicturesNeitherCrashNorPass) {
  write("0/a.png", 8, 8, PNG_FORMAT_GRAY, 0);
  std::ifstream file(folder_ / "0" / "a.png", std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_EQ(refusal({8, 8, 1}), "");
  for (std::size_t length = 0; length < good.size() - 12; ++length) {  // the last chunk only marks the end
    std::ofstream(folder_ / "0" / "a.png", std::ios::binary) << good.substr(0, length);
    const std::string said = refusal({8, 8, 1});
    EXPECT_THAT(said, HasSubstr("a.png")) << length;
    EXPECT_THAT(said, HasSubstr("write or fetch it again, or take it out of the folder")) << length;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    std::ofstream(folder_ / "0" / "a.png", std::ios::binary) << bad;
    const std::string said = refusal({8, 8, 1});
    EXPECT_TRUE(said.empty() || said.find("a.png") != std::string::npos) << at;
  }
}

}  // namespace
}  // namespace tessera::compiler
