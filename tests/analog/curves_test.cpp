// SPDX-License-Identifier: Apache-2.0
// The pictures of docs/analog.md are what the models give today.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(AnalogCurves, PicturesOfThePageAreCurrent) {
  const fs::path folder = fs::temp_directory_path() / ("tessera_curves_" + std::to_string(getpid()));
  const fs::path docs = fs::path(TESSERA_SOURCE_DIR) / "docs";
  const std::string command = std::string(TESSERA_CURVES) + " " + folder.string() + " " + (docs / "analog.md").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string page = contents(docs / "analog.md");
  int pictures = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".svg") {
      continue;
    }
    ++pictures;
    const std::string name = entry.path().filename().string(), svg = contents(entry.path());
    EXPECT_LT(svg.size(), 30000u) << name;
    EXPECT_EQ(svg.find("nan"), std::string::npos) << name;
    EXPECT_NE(page.find("(images/" + name + ")"), std::string::npos) << "docs/analog.md does not show " << name;
    EXPECT_TRUE(svg == contents(docs / "images" / name))
        << "docs/images/" << name
        << " is not what the models give: bench_analog_curves FOLDER docs/analog.md, and copy it";
    const std::string csv = contents(fs::path(entry.path()).replace_extension(".csv"));
    EXPECT_GT(std::count(csv.begin(), csv.end(), '\n'), 10) << name << " has no numbers behind it";
  }
  EXPECT_GE(pictures, 19);
  fs::remove_all(folder);
}

TEST(AnalogCurves, PageWithoutTheTable) {
  const fs::path folder = fs::temp_directory_path() / ("tessera_no_table_" + std::to_string(getpid()));
  const std::string command = std::string(TESSERA_CURVES) + " " + folder.string() + " /dev/null 2> /dev/null";
  EXPECT_NE(std::system(command.c_str()), 0);
  fs::remove_all(folder);
}

TEST(AnalogCurves, FolderThatCannotBeWritten) {
  EXPECT_NE(std::system((std::string(TESSERA_CURVES) + " /dev/null/pictures 2> /dev/null").c_str()), 0);
}

}  // namespace
