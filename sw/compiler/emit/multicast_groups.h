// SPDX-License-Identifier: Apache-2.0
// Jobs of one part of a layer that multiply the same vectors on different tiles.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "sw/compiler/map/mapping.h"

namespace tessera::compiler {

/// (copy, how many of its jobs the tile has already, first element of the vectors, elements) -> placements. A group of
/// one is a job by itself.
using MulticastGroups = std::map<std::array<std::uint32_t, 4>, std::vector<std::uint32_t>>;

/// Of the placements of part `k_part` of a layer that have products.
/// @param layer     index into QuantisedNetwork::layers
/// @param products  of the layer
[[nodiscard]] MulticastGroups multicast_groups(const Mapping& mapping, std::uint32_t layer, std::uint32_t k_part,
                                               std::uint64_t products);

}  // namespace tessera::compiler
