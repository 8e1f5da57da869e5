// SPDX-License-Identifier: Apache-2.0
// What show() writes loads back to the same platform, and another YAML reader sees the same values.
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <random>

#include "models/analog/parameter_check.h"
#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

constexpr std::uint64_t seed = 987654321;

std::string random_value(const Key& key, std::mt19937_64& random) {
  const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  switch (key.kind) {
    case Key::Kind::boolean:
      return random() % 2 != 0 ? "true" : "false";
    case Key::Kind::choice:
      return key.choices[random() % key.choices.size()];
    case Key::Kind::whole_or_exact:
      if (random() % 4 == 0) return "exact";
      [[fallthrough]];
    case Key::Kind::whole: {
      if (key.path == "seed") return std::to_string(random());
      const double value = std::floor(key.low + unit() * unit() * (key.high - key.low));
      auto whole = static_cast<std::uint64_t>(value);
      if (key.extra == Key::Extra::even) whole += whole % 2;
      if (key.extra == Key::Extra::power_of_two) whole = std::uint64_t{1} << static_cast<int>(std::log2(value));
      return std::to_string(whole);
    }
    case Key::Kind::real:
      if (key.low > 0 || key.above) {
        const double low = key.low > 0 ? key.low : key.high * 1e-6;
        return to_text(low * std::pow(key.high / low, unit()));
      }
      return to_text(key.low + unit() * unit() * unit() * (key.high - key.low));
    case Key::Kind::reals:
      return random() % 2 != 0 ? "[0.25, 0.5, 3]" : "[1, 2, 4, 8]";
  }
  return "";
}

TEST(Show, LoadsBackToTheSamePlatform) {
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  int loaded = 0;
  for (int round = 0; round < 1500; ++round) {
    std::vector<std::string> settings = {"grid.rows=" + std::to_string(1 + random() % 3),
                                         "grid.cols=" + std::to_string(1 + random() % 3)};
    for (int i = 0; i < 8; ++i) {
      const Key& key = schema()[random() % schema().size()];
      if (key.path.rfind("grid.", 0) == 0) continue;
      const bool one = key.scope == Key::Scope::tile && random() % 2 != 0;
      settings.push_back((one ? "tiles[0,0]." + key.path.substr(5) : key.path) + "=" + random_value(key, random));
    }
    const LoadResult result = load("", settings);
    if (!result.ok()) continue;  // random facts need not fit together
    ++loaded;
    const std::string text = show(result.platform);
    const LoadResult back = load(text);
    ASSERT_TRUE(back.ok()) << "seed " << seed << ", round " << round << "\n" << back.error_text() << text;
    ASSERT_EQ(everything(back.platform), everything(result.platform)) << "seed " << seed << ", round " << round;
    ASSERT_EQ(platform_hash(back.platform), platform_hash(result.platform));
    ASSERT_EQ(show(back.platform), text);
    // What the configuration lets through, the physics takes.
    for (const tile::TileParameters& one : result.platform.tiles) {
      ASSERT_NO_THROW(analog::check(one.array)) << "seed " << seed << ", round " << round << "\n" << text;
    }
  }
  EXPECT_GT(loaded, 300);
}

TEST(Show, AnotherReaderSeesTheSameValues) {
  const PlatformParameters platform = good("tiles: {overrides: [{row: 1, col: 3, adc: {bits: 6}}]}\nseed: 77\n");
  const YAML::Node root = YAML::Load(show(platform));
  EXPECT_EQ(root["seed"].as<int>(), 77);
  EXPECT_EQ(root["bus"]["clock_Hz"].as<double>(), 200e6);
  EXPECT_EQ(root["tiles"]["default"]["adc"]["t_conv_s"].as<double>(), 62.5e-9);
  EXPECT_EQ(root["tiles"]["overrides"].size(), 1u);
  EXPECT_EQ(root["tiles"]["overrides"][0]["row"].as<int>(), 1);
  EXPECT_EQ(root["tiles"]["overrides"][0]["col"].as<int>(), 3);
  EXPECT_EQ(root["tiles"]["overrides"][0]["adc"]["bits"].as<int>(), 6);
  for (const Key& key : schema()) {
    if (key.path == "tile.adc.mux_ratio") continue;
    YAML::Node node = YAML::Clone(root);
    std::string path = key.scope == Key::Scope::tile ? "tiles.default" + key.path.substr(4) : key.path;
    for (std::size_t dot = 0; dot != std::string::npos;) {
      dot = path.find('.');
      node.reset(node[path.substr(0, dot)]);
      if (dot != std::string::npos) path.erase(0, dot + 1);
    }
    ASSERT_TRUE(node) << key.path;
    const Value value = key.get(platform, platform.tiles[0]);
    if (const double* number = std::get_if<double>(&value)) {
      EXPECT_EQ(node.as<double>(), *number) << key.path;
    }
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
      EXPECT_EQ(node.as<std::uint64_t>(), *whole) << key.path;
    }
    if (const bool* flag = std::get_if<bool>(&value)) {
      EXPECT_EQ(node.as<bool>(), *flag) << key.path;
    }
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      EXPECT_EQ(node.as<std::vector<double>>(), *list) << key.path;
    }
  }
}

TEST(Show, PlatformsMadeByCode) {
  PlatformParameters platform = good("");
  platform.preset = "made by hand";
  platform.tiles[4].array.cell.bits = 2;
  PlatformParameters back = good(show(platform));
  EXPECT_EQ(back.preset, "membrain40_nominal");
  back.preset = platform.preset;
  EXPECT_EQ(everything(back), everything(platform));
}

TEST(Show, ManyDifferentTilesStayReadable) {
  PlatformParameters platform = good("grid: {rows: 32, cols: 32}");
  for (std::size_t i = 0; i < platform.tiles.size(); ++i)
    platform.tiles[i].energy.control_J = 1e-9 + 1e-12 * static_cast<double>(i);
  EXPECT_EQ(everything(good(show(platform))), everything(platform));
}

}  // namespace
}  // namespace tessera::platform
