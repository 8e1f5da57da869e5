// SPDX-License-Identifier: Apache-2.0
// Tables and views of trace.db; docs/traces.md explains them.
#pragma once

#include <cstdint>

namespace tessera::traces {

/// PRAGMA user_version and meta.schema_version. Raised when a reader of the old one would misunderstand the new one.
inline constexpr std::int64_t schema_version = 1;
/// PRAGMA application_id: "TSRA".
inline constexpr std::int64_t application_id = 0x54535241;

extern const char* const schema_tables;
extern const char* const schema_views;

}  // namespace tessera::traces
