// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md holds the tables that the schema gives now.
#include <fstream>
#include <sstream>

#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

TEST(Documentation, IsCurrent) {
  const std::string path = std::string(TESSERA_SOURCE_DIR) + "/docs/configuration.md";
  std::ifstream stream(path);
  ASSERT_TRUE(stream) << path;
  std::stringstream buffer;
  buffer << stream.rdbuf();
  const std::string text = buffer.str();
  const std::string begin = "<!-- generated: begin -->\n";
  const std::string end = "<!-- generated: end -->\n";
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << "the marks are missing";
  const std::string tables = reference_tables();
  if (text.substr(from + begin.size(), to - from - begin.size()) == tables) return;
  const std::string current = std::string(TESSERA_BINARY_DIR) + "/configuration.md";
  std::ofstream(current) << text.substr(0, from + begin.size()) << tables << text.substr(to);
  FAIL() << "docs/configuration.md is not what the schema says; its new text is " << current;
}

TEST(Documentation, NamesEveryPresetAndKey) {
  const std::string tables = reference_tables();
  for (const Key& key : schema()) EXPECT_THAT(tables, testing::HasSubstr("| `" + key.path + "` |"));
  for (const char* preset : {"membrain40_nominal", "ideal", "nominal_noiseless", "vendor_target", "small_sram",
                             "virt_compat", "silicon_mythic_like", "hermes_core", "neurram_core", "sonos40_iedm22"}) {
    EXPECT_THAT(tables, testing::HasSubstr("| `" + std::string(preset) + "` |"));
  }
}

}  // namespace
}  // namespace tessera::platform
