// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/multicast_groups.h"

#include <utility>

namespace tessera::compiler {

MulticastGroups multicast_groups(const Mapping& mapping, std::uint32_t layer, std::uint32_t k_part,
                                 std::uint64_t products) {
  MulticastGroups groups;
  const std::uint64_t copies = mapping.copies[layer];
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> jobs_of_tile;  // of one copy
  for (std::uint32_t p = 0; p < mapping.placements.size(); ++p) {
    const Placement& one = mapping.placements[p];
    if (one.layer == layer && one.k_part == k_part &&
        products * one.copy / copies < products * (one.copy + 1) / copies) {
      groups[{one.copy, jobs_of_tile[{one.copy, one.tile}]++, one.k0, one.rows}].push_back(p);
    }
  }
  return groups;
}

}  // namespace tessera::compiler
