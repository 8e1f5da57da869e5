// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <sstream>

#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// The line of a key, runs of blanks made one.
std::string line_of(const std::string& text, const std::string& key) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind(key + " ", 0) != 0) continue;
    std::string squeezed;
    for (const char c : line) {
      if (c != ' ' || squeezed.empty() || squeezed.back() != ' ') squeezed += c;
    }
    return squeezed;
  }
  return "no line for " + key;
}

const char* const example =
    "preset: vendor_target\nbus: {data_bits: 256}\ntiles: {overrides: [{row: 0, col: 1, adc: {bits: 6}}]}\n";

TEST(Explain, SaysWhereEachValueCameFrom) {
  const std::string text = explain(load(example, {"seed=5"}));
  EXPECT_THAT(line_of(text, "seed"), StartsWith("seed 5 1 0 .. 18446744073709551615 --set L platform convention"));
  EXPECT_THAT(line_of(text, "bus.data_bits"),
              StartsWith("bus.data_bits 256 bit 128 32 .. 1024, power of two p.yaml:2:18 L assumption"));
  EXPECT_THAT(line_of(text, "tile.adc.e_conv_J"), HasSubstr("3.0e-12 J 4.0e-12 0 .. 1.0e-08 preset vendor_target M"));
  EXPECT_THAT(line_of(text, "tile.adc.bits"), HasSubstr("8 bit 8 exact | 1 .. 12 default H"));
  EXPECT_THAT(line_of(text, "tiles[0,1].adc.bits"), HasSubstr("6 bit p.yaml:3:50"));
  EXPECT_THAT(line_of(text, "preset"), HasSubstr("vendor_target membrain40_nominal p.yaml:1:9"));
}

TEST(Explain, HasEveryKeyInAlignedColumns) {
  const std::string text = explain(load(""));
  for (const Key& key : schema()) EXPECT_THAT(text, HasSubstr("\n" + key.path + " ")) << key.path;
  std::istringstream stream(text);
  std::string header;
  std::getline(stream, header);
  const std::size_t column = header.find("VALUE");
  for (std::string line; std::getline(stream, line) && !line.empty();) {
    EXPECT_NE(line[column], ' ') << line;
    EXPECT_EQ(line[column - 1], ' ') << line;
  }
}

TEST(Explain, AsJson) {
  const nlohmann::json json = nlohmann::json::parse(explain_json(load(example)));
  EXPECT_EQ(json.at("preset"), "vendor_target");
  EXPECT_EQ(json.at("keys").size(), schema().size());
  for (const nlohmann::json& key : json.at("keys")) {
    for (const char* field : {"key", "value", "unit", "default", "range", "from", "source", "confidence", "meaning"}) {
      EXPECT_TRUE(key.contains(field)) << key;
    }
    if (key.at("key") == "bus.data_bits") {
      EXPECT_EQ(key.at("value"), 256);
      EXPECT_EQ(key.at("default"), 128);
      EXPECT_EQ(key.at("from"), "p.yaml:2:18");
    }
  }
  ASSERT_EQ(json.at("tiles").size(), 1u + 0u);
  EXPECT_EQ(json.at("tiles")[0].at("key"), "tile.adc.bits");
  EXPECT_EQ(json.at("tiles")[0].at("value"), 6);
  EXPECT_NEAR(json.at("derived").at("product_time_s").get<double>(), 1e-6, 1e-15);
  EXPECT_EQ(json.at("platform_hash").get<std::string>().size(), 16u);
}

TEST(Explain, SurvivesPathsThatAreNoUtf8) {
  const LoadResult result = load_platform_text("seed: 3", "\xFF\xFE.yaml");
  EXPECT_NO_THROW(static_cast<void>(explain_json(result)));
  EXPECT_TRUE(nlohmann::json::accept(explain_json(result)));
}

TEST(Check, ReportsErrorsOrFigures) {
  EXPECT_THAT(check(load("")), AllOf(StartsWith("platform is valid: preset membrain40_nominal, 3 x 4 tiles"),
                                     HasSubstr("1.000 us"), HasSubstr("2.18 TOPS"), HasSubstr("7.23 bit")));
  EXPECT_EQ(check(load("seed: x")), load("seed: x").error_text());
}

}  // namespace
}  // namespace tessera::platform
