// SPDX-License-Identifier: Apache-2.0
// Facts of a platform that must fit together.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "platform/config/loader.h"
#include "platform/config/walker.h"

namespace tessera::platform {

class Rules {
 public:
  /// @param failed  keys whose value was wrong; rules that need them keep silent
  Rules(Diagnostics& diagnostics, const LoadResult& result, const std::set<std::string>& failed)
      : diagnostics_(diagnostics), result_(result), failed_(failed) {}

  void check_chip() const;
  void check_default_tile(const tile::TileParameters& one) const;
  /// Reports only what the override itself is involved in.
  void check_position(const Position& position) const;

 private:
  struct Broken {
    std::vector<std::string> keys;  ///< the first is the one to name if all come from the preset
    std::string problem;
    std::string expected;
  };
  static std::vector<Broken> broken_in(const tile::TileParameters& one);
  void report(const Broken& broken, const std::string& prefix) const;

  Diagnostics& diagnostics_;
  const LoadResult& result_;
  const std::set<std::string>& failed_;
};

}  // namespace tessera::platform
