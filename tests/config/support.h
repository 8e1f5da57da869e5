// SPDX-License-Identifier: Apache-2.0
// What the tests of the configuration share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/config/loader.h"
#include "platform/config/schema.h"

namespace tessera::platform {

inline LoadResult load(const std::string& text, const std::vector<std::string>& settings = {}) {
  return load_platform_text(text, "p.yaml", settings);
}

/// A platform that must be valid.
inline PlatformParameters good(const std::string& text, const std::vector<std::string>& settings = {}) {
  const LoadResult result = load(text, settings);
  EXPECT_TRUE(result.ok()) << text << "\n" << result.error_text();
  return result.platform;
}

/// All errors, one text each.
inline std::vector<std::string> errors(const std::string& text, const std::vector<std::string>& settings = {}) {
  std::vector<std::string> texts;
  for (const Diagnostic& one : load(text, settings).errors) texts.push_back(one.text());
  return texts;
}

/// Value of a key of a platform, and of one of its tiles, as text.
inline std::string value_of(const PlatformParameters& platform, const std::string& path, std::size_t tile = 0) {
  const Key* key = find_key(path);
  if (key == nullptr) return "no key " + path;
  return to_text(key->get(platform, platform.tiles.at(tile)));
}

/// Everything that a platform consists of, key by key, tile by tile.
inline std::string everything(const PlatformParameters& platform) {
  std::string text = platform.preset + "\n";
  for (const Key& key : schema()) {
    if (key.scope == Key::Scope::chip) text += key.path + "=" + to_text(key.get(platform, {})) + "\n";
  }
  for (const tile::TileParameters& one : platform.tiles) text += tile_text(one);
  return text;
}

}  // namespace tessera::platform
