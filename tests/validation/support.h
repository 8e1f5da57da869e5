// SPDX-License-Identifier: Apache-2.0
// What the tables share.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "platform/config/derived.h"
#include "platform/config/loader.h"

namespace tessera::validation {

inline platform::PlatformParameters chip(const std::string& yaml) {
  const platform::LoadResult loaded = platform::load_platform_text(yaml, "validation", {});
  EXPECT_TRUE(loaded.ok()) << loaded.error_text();
  return loaded.platform;
}

/// Of one full product [J].
inline double energy_J(const platform::PlatformParameters& platform) {
  return static_cast<double>(platform::derived(platform).product_energy.total()) * 1e-18;
}

}  // namespace tessera::validation
