// SPDX-License-Identifier: Apache-2.0
// Bytes that a run moved over the shared bus, by what they were for, and bytes that did not have to move.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/interconnect/transaction_context.h"

namespace tessera::platform {

class Chip;

struct BusBytes {
  std::uint64_t total = 0;                                              ///< the sum of `by_use`
  std::array<std::uint64_t, interconnect::traffic_kinds> by_use{};      ///< indexed by interconnect::Traffic
  std::uint64_t saved_window = 0, saved_multicast = 0, saved_kept = 0;  ///< did not move, by the reason

  [[nodiscard]] std::uint64_t of(interconnect::Traffic use) const { return by_use[static_cast<std::size_t>(use)]; }
  [[nodiscard]] std::uint64_t saved() const { return saved_window + saved_multicast + saved_kept; }
  BusBytes& operator+=(const BusBytes& other);
  BusBytes& operator-=(const BusBytes& other);
};

/// What the chip's counters say now.
[[nodiscard]] BusBytes bus_bytes(Chip& chip);

/// A table: bytes an image inside inferences, their share, and bytes of the whole run.
/// @param inferences  bytes inside complete inferences, of which there were `images`
[[nodiscard]] std::string bus_bytes_text(const BusBytes& inferences, const BusBytes& run, std::uint64_t images);
/// {"total", "moved": {use: bytes}, "saved": {"window", "multicast", "kept"}}
[[nodiscard]] nlohmann::ordered_json bus_bytes_json(const BusBytes& bytes);

}  // namespace tessera::platform
