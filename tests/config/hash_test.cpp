// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

std::uint64_t hash(const std::string& text) {
  return platform_hash(good(text));
}

/// FNV-1a 64 written a second time, the multiplication by the prime 2^40 + 2^8 + 0xB3 as shifts and adds.
std::uint64_t fnv(const std::string& text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash += (hash << 40) + (hash << 8) + (hash << 7) + (hash << 5) + (hash << 4) + (hash << 1);
  }
  return hash;
}

TEST(PlatformHash, IsFnvOfTheText) {
  EXPECT_EQ(fnv(""), 0xCBF29CE484222325u);
  EXPECT_EQ(fnv("foobar"), 0x85944171F73967E8u);  // published test vector
  const PlatformParameters platform = good("");
  EXPECT_EQ(platform_hash(platform), fnv(platform_hash_text(platform)));
  EXPECT_NE(platform_hash(platform), 0u);
}

TEST(PlatformHash, FollowsWhatTheCompilerDependsOn) {
  const std::vector<std::string> depends = {
      "",
      "grid: {rows: 4, cols: 3}",
      "grid: {cols: 5}",
      "tile: {array_rows: 512}",
      "tile: {array_cols: 512}",
      "tile: {bits_per_cell: 3}",
      "tile: {dac: {bits: 7}}",
      "tile: {adc: {bits: 7}}",
      "tile: {effects: none, adc: {bits: exact}}",
      "tile: {integration: {pga_gains: [1, 2]}}",
      "tile: {integration: {adc_fs_A: 2.0e-6}}",
      "tile: {cell: {i_lsb_A: 2.0e-9}}",
      "tile: {digital: {accumulator_bits: 24}}",
      "tile: {buffers: {in_B: 4096}}",
      "tile: {buffers: {out_B: 4096}}",
      "bus: {data_bits: 64}",
      "preset: small_sram",
      "sram: {banks: 8}",
      "ext_dram: {present: true}",
      "ext_dram: {size_B: 1048576}",
      "vector_unit: {present: false}",
      "dma: {channels: 2}",
      "analog_plane: {column_sum: true}",
      "tile: {weight_mapping: offset_column}",
      "tile: {weight_mapping: reference_column}",
      "tile: {dac: {signed_input: row_pair}}",
      "tiles: {overrides: [{row: 0, col: 0, array_rows: 512}]}",
      "tiles: {overrides: [{row: 0, col: 1, array_rows: 512}]}",
      "tiles: {overrides: [{row: 2, col: 3, array_rows: 512}]}",
  };
  std::set<std::uint64_t> seen;
  for (const std::string& text : depends) EXPECT_TRUE(seen.insert(hash(text)).second) << text;
}

TEST(PlatformHash, IgnoresTheRest) {
  for (const char* text : {"seed: 99", "preset: vendor_target", "preset: nominal_noiseless", "preset: virt_compat",
                           "tile: {adc: {e_conv_J: 1.0e-12, t_conv_s: 1.0e-9, per_tile: 32, sigma_lsb: 1}}",
                           "bus: {clock_Hz: 1.0e+8, latency_cycles: 9}", "cpu: {clock_Hz: 1.0e+8}",
                           "technology: {temp_C: 85}", "tiles: {overrides: [{row: 0, col: 0, adc: {sigma_lsb: 1}}]}"}) {
    EXPECT_EQ(hash(text), hash("")) << text;
  }
}

/// Each key by itself, by the flag that the documentation prints.
TEST(PlatformHash, FollowsExactlyTheKeysThatSaySo) {
  const PlatformParameters nominal = good("");
  for (const Key& key : schema()) {
    if (key.path == "tile.adc.mux_ratio") continue;
    PlatformParameters changed = nominal;
    Value value = key.get(changed, changed.tiles[3]);
    if (auto* flag = std::get_if<bool>(&value)) *flag = !*flag;
    if (auto* whole = std::get_if<std::uint64_t>(&value)) *whole += 1;
    if (auto* real = std::get_if<double>(&value)) *real = *real * 0.5 + 1e-15;
    if (auto* name = std::get_if<std::string>(&value)) *name = key.choices.back();
    if (auto* list = std::get_if<std::vector<double>>(&value)) *list = {1, 3};
    key.set(changed, changed.tiles[3], value);
    EXPECT_EQ(platform_hash(changed) != platform_hash(nominal), key.compiler != Key::Compiler::ignores) << key.path;
  }
}

}  // namespace
}  // namespace tessera::platform
