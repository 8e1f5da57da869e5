// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "platform/config/yaml_tree.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using testing::HasSubstr;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("tessera_config_" + std::to_string(::getpid()) + "_" +
                                                        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(Files, AreRead) {
  const std::string path = write("p.yaml", "preset: small_sram\nseed: 9\n");
  const LoadResult result = load_platform(path, {"bus.data_bits=64"});
  ASSERT_TRUE(result.ok()) << result.error_text();
  EXPECT_EQ(result.platform.seed, 9u);
  EXPECT_EQ(result.platform.sram.size_B, 524288u);
  EXPECT_EQ(result.platform.bus.data_bits, 64u);
  EXPECT_EQ(result.origins.at("seed").text(), path + ":2:7");
  EXPECT_EQ(result.origins.at("sram.size_B").text(), "preset small_sram");
  EXPECT_EQ(result.origins.at("bus.data_bits").text(), "--set");
}

TEST_F(Files, WindowsLineEndsAndByteOrderMark) {
  EXPECT_TRUE(load_platform(write("a.yaml", "seed: 1\r\nbus:\r\n  data_bits: 64\r\n")).ok());
  EXPECT_TRUE(load_platform(write("b.yaml", "\xEF\xBB\xBFseed: 1\n")).ok());
}

TEST_F(Files, NamesOfPresetsWork) {
  EXPECT_EQ(load_platform("vendor_target").platform.preset, "vendor_target");
  EXPECT_EQ(load_platform("").platform.preset, "membrain40_nominal");
}

TEST_F(Files, WrongOnesAreRefused) {
  EXPECT_THAT(load_platform(folder_ / "missing.yaml").error_text(), HasSubstr("no such file or preset"));
  EXPECT_THAT(load_platform(folder_).error_text(), HasSubstr("not a regular file"));
  EXPECT_THAT(load_platform("/dev/zero").error_text(), HasSubstr("not a regular file"));
  EXPECT_THAT(load_platform(write("elf", std::string("\x7F"
                                                     "ELF\x02\0\0",
                                                     7)))
                  .error_text(),
              HasSubstr("not a text file"));
  EXPECT_THAT(load_platform(write("huge", std::string(yaml_size_limit + 1, '#'))).error_text(), HasSubstr("too many"));
  EXPECT_THAT(load_platform(std::string(100000, 'x')).error_text(), HasSubstr("no such file or preset"));
  EXPECT_THAT(load_platform(std::string("a\0b", 3)).error_text(), HasSubstr("no such file or preset"));
}

TEST_F(Files, PipesAreRefusedInsteadOfWaitedFor) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(load_platform(pipe).error_text(), HasSubstr("not a regular file"));
}

TEST_F(Files, UnreadableOnesSayWhy) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser can read every file";
  const std::string path = write("secret.yaml", "seed: 1\n");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  EXPECT_THAT(load_platform(path).error_text(), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace tessera::platform
