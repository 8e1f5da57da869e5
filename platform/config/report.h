// SPDX-License-Identifier: Apache-2.0
// A platform in words: for `tessera config`, for reports, and for docs/configuration.md.
#pragma once

#include <cstdint>
#include <string>

#include "platform/config/loader.h"

namespace tessera::platform {

/// Every key with value, unit, default, range, where the value came from, source and confidence: an aligned table,
/// then the tiles that differ from the default tile. Requires result.ok().
[[nodiscard]] std::string explain(const LoadResult& result);
/// The same as JSON: {"preset", "keys": [...], "tiles": [...], "derived": {...}, "platform_hash"}.
[[nodiscard]] std::string explain_json(const LoadResult& result);

/// The complete platform as YAML that loads back to the same parameters.
[[nodiscard]] std::string show(const PlatformParameters& platform);

/// The errors, or a line that says what was checked, and the derived figures.
[[nodiscard]] std::string check(const LoadResult& result);

/// FNV-1a 64 of the keys that a compiled network depends on; equal for platforms that can run each other's
/// deployments. Never 0. Seed, times and energies do not enter.
[[nodiscard]] std::uint64_t platform_hash(const PlatformParameters& platform);
/// The text that is hashed: `path=value` lines, the tiles run-length coded in row-major order.
[[nodiscard]] std::string platform_hash_text(const PlatformParameters& platform);

/// The tables of docs/configuration.md, in Markdown: keys, presets, and names that are no keys.
[[nodiscard]] std::string reference_tables();

}  // namespace tessera::platform
