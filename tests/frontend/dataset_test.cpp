// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>

#include "sw/compiler/dataset/dataset.h"
#include "sw/compiler/dataset/file_bytes.h"
#include "tests/frontend/message_of.h"
#include "tests/frontend/shared_data.h"

namespace tessera::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DatasetTest : public testing::Test {
 protected:
  DatasetTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tessera_dataset_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~DatasetTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::filesystem::path write_gzip(const std::string& name, const std::string& bytes) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    gzFile file = gzopen(path.c_str(), "wb");
    EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
    gzclose(file);
    return path;
  }

  std::filesystem::path folder_;
};

/// Sizes below 256 each.
std::string idx(const std::vector<char>& sizes, const std::string& data) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const char size : sizes) {
    bytes += std::string("\0\0\0", 3) + size;
  }
  return bytes + data;
}

std::string npy(const std::string& descr, const std::string& shape, const std::string& data) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(118, ' ');
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

TEST_F(DatasetTest, FashionMnistFromAnyFolder) {
  const std::string pixels("\x00\xff\x33\x66\x01\x02\x03\x04", 8);
  write_gzip("fashion-mnist/t10k-images-idx3-ubyte.gz", idx({2, 2, 2}, pixels));
  write_gzip("fashion-mnist/t10k-labels-idx1-ubyte.gz", idx({2}, "\x07\x03"));
  const Dataset whole = load_fashion_mnist("test", {}, folder_);
  EXPECT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole.shape, (Shape{2, 2, 1}));
  EXPECT_THAT(whole.labels, ElementsAre(7, 3));
  EXPECT_THAT(std::vector<float>(whole.input(0).begin(), whole.input(0).end()), ElementsAre(0.0F, 1.0F, 0.2F, 0.4F));
  setenv("TESSERA_DATASETS", folder_.c_str(), 1);
  const Dataset second = load_fashion_mnist("test", {1, 1});
  unsetenv("TESSERA_DATASETS");
  EXPECT_THAT(second.labels, ElementsAre(3));
  EXPECT_FLOAT_EQ(second.input(0)[3], 4.0F / 255);
  EXPECT_THROW(static_cast<void>(second.input(1)), std::out_of_range);
  EXPECT_EQ(datasets_folder(), "/usr/share/datasets");
}

TEST_F(DatasetTest, MissingFashionMnistNamesThePackage) {
  const std::string text =
      message_of<MissingDatasetError>([&] { static_cast<void>(load_fashion_mnist("train", {}, folder_)); });
  EXPECT_THAT(text, HasSubstr("apt-get install dataset-fashion-mnist"));
  EXPECT_THAT(text, HasSubstr((folder_ / "fashion-mnist" / "train-images-idx3-ubyte.gz").string()));
  EXPECT_THROW(static_cast<void>(load_fashion_mnist("validation")), std::invalid_argument);
}

TEST_F(DatasetTest, DamagedIdxFiles) {
  const auto error = [&](const std::string& bytes) {
    const auto path = write("images", bytes);
    return message_of<DatasetError>([&] { static_cast<void>(load_idx(path, {})); });
  };
  EXPECT_THAT(error("abc"), HasSubstr("too short"));
  EXPECT_THAT(error("hello, this is text"), HasSubstr("first two bytes"));
  EXPECT_THAT(error(idx({2, 2}, "123")), HasSubstr("3 bytes of data, expected 4"));
  EXPECT_THAT(error(idx({2, 2}, "12345")), HasSubstr("5 bytes of data, expected 4"));
  EXPECT_THAT(error(std::string("\0\0\x0d\x01\0\0\0\1\0\0\0\0", 12)), HasSubstr("element type 0x0d"));
  EXPECT_THAT(error(std::string("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16)),
              HasSubstr("sizes"));
  const auto images = write("images", idx({2, 2}, "1234"));
  EXPECT_THAT(message_of<DatasetError>([&] { static_cast<void>(load_idx(images, write("labels", idx({3}, "123")))); }),
              HasSubstr("3 labels for 2 inputs"));
  EXPECT_THAT(message_of<DatasetError>([&] {
                static_cast<void>(load_idx(images, {}, {1, 2}));
              }),
              HasSubstr("inputs 1 to 2 are asked for, but it has 2"));
  EXPECT_THAT(message_of<DatasetError>([&] {
                static_cast<void>(load_idx(images, {}, {1, 2, false, "--some"}));
              }),
              HasSubstr("but it has 2; ask for fewer with --some"));
  EXPECT_EQ(load_idx(images, {}, {1, 2, true, ""}).size(), 1U) << "fewer will do";
}

TEST_F(DatasetTest, TruncatedGzipIsNoticed) {
  std::string pixels(4000, '\0');
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<char>(i * i % 251);
  }
  const auto path = write_gzip("images.gz", idx({40, 10, 10}, pixels));
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  bytes.resize(bytes.size() - 20);
  write("cut.gz", bytes);
  EXPECT_THAT(message_of<DatasetError>([&] { static_cast<void>(load_idx(folder_ / "cut.gz", {})); }),
              HasSubstr("unpacking failed"));
}

TEST_F(DatasetTest, CsvWithTheLabelLast) {
  const auto path = write_gzip("digits.csv.gz", "0,16,4,8,7\r\n\n 1,2.5,3e0,-4,0\n8,8,8,8,1");
  const Dataset digits = load_csv(path, {2, 2, 1}, 16.0F);
  EXPECT_THAT(digits.labels, ElementsAre(7, 0, 1));
  EXPECT_FLOAT_EQ(digits.input(0)[1], 1.0F);
  EXPECT_FLOAT_EQ(digits.input(1)[3], -0.25F);
  EXPECT_THAT(load_csv(path, {2, 2, 1}, 16.0F, {1, 0}).labels, ElementsAre(0, 1));
  const auto error = [&](const std::string& text) {
    const auto bad = write("bad.csv", text);
    return message_of<DatasetError>([&] { static_cast<void>(load_csv(bad, {2, 2, 1}, 16.0F)); });
  };
  EXPECT_THAT(error("1,2,3,4,5\n1,2,x,4,5\n"), HasSubstr("bad.csv:2: column 3: 'x' is not a number"));
  EXPECT_THAT(error("1,2,3,4\n"), HasSubstr("bad.csv:1: 4 columns"));
  EXPECT_THAT(error("1,2,3,4,0.5\n"), HasSubstr("label 0.5"));
  EXPECT_THAT(error("1,2,3,4,\n"), HasSubstr("column 5"));
  EXPECT_THAT(error("nan,2,3,4,5\n"), HasSubstr("column 1"));
  EXPECT_THAT(error(""), HasSubstr("it has 0"));
  EXPECT_THAT(message_of<MissingDatasetError>([&] {
                static_cast<void>(load_csv(folder_ / "no.csv", {2, 2, 1}, 1));
              }),
              HasSubstr("cannot be opened"));
  EXPECT_THAT(message_of<DatasetError>([&] {
                static_cast<void>(load_csv(folder_, {2, 2, 1}, 1));
              }),
              HasSubstr("folder"));
}

TEST_F(DatasetTest, NpyOfSeveralTypes) {
  const auto bytes = write("u1.npy", npy("|u1", "(2, 1, 2)", std::string("\x00\x10\x20\x40", 4)));
  const auto labels =
      write("labels.npy", npy("<i8", "(2,)", std::string("\x05\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16)));
  const Dataset images = load_npy(bytes, labels, 16.0F);
  EXPECT_EQ(images.shape, (Shape{1, 2, 1}));
  EXPECT_THAT(images.values, ElementsAre(0.0F, 1.0F, 2.0F, 4.0F));
  EXPECT_THAT(images.labels, ElementsAre(5, -1));
  const auto floats = write("f4.npy", npy("<f4", "(1, 2)", std::string("\0\0\x80\x3f\0\0\0\xc0", 8)));
  EXPECT_THAT(load_npy(floats, {}, 1.0F).values, ElementsAre(1.0F, -2.0F));
  const auto error = [&](const std::string& content) {
    const auto path = write("bad.npy", content);
    return message_of<DatasetError>([&] { static_cast<void>(load_npy(path, {}, 1.0F)); });
  };
  EXPECT_THAT(error("NUMPY"), HasSubstr("not a .npy"));
  EXPECT_THAT(error(npy("|u1", "(2, 2)", "123")), HasSubstr("3 bytes of data, expected 4"));
  EXPECT_THAT(error(npy("|u1", "(99999999999999999999, 2)", "123")), HasSubstr("larger than the file"));
  EXPECT_THAT(error(npy("|u1", "(-1, 2)", "123")), HasSubstr("something else than numbers"));
  EXPECT_THAT(error(npy("|O", "(1, 1)", "12345678")), HasSubstr("element type"));
  EXPECT_THAT(error(npy("<f4", "()", "1234")), HasSubstr("single number"));
  EXPECT_THAT(error(std::string("\x93NUMPY\x01\x00\xff\xff{}{}", 14)), HasSubstr("cut off"));
}

TEST(SharedDigits, HaveTheDocumentedSplit) {
  const auto data = test::shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  const Dataset digits = load_csv(*data / "inputs" / "digits.csv.gz", {8, 8, 1}, 16.0F);
  EXPECT_EQ(digits.size(), 1797U);
  for (const float value : digits.values) {
    ASSERT_TRUE(value >= 0.0F && value <= 1.0F);
  }
}

}  // namespace
}  // namespace tessera::compiler
