// SPDX-License-Identifier: Apache-2.0
// The analog lanes of one grid column: where tiles put their column currents on common lines, so that one bank of
// converters converts the sum. A group of tiles sums product by product; a product's sum takes lanes from the time at
// which the last tile has integrated until the lines have settled. Then the front end of the collecting tile has
// sampled them, the lanes are free, and the driving tiles may go on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "models/analog/lanes.h"
#include "models/lanes/lane_pool.h"
#include "models/probe/probe.h"

namespace tessera::lanes {

using probe::Time;

class AnalogLanes : public sc_core::sc_module {
 public:
  /// What a job brings to its group. All of a group agree on members, products and pairs.
  struct Terms {
    std::uint16_t group = 0;
    bool collects = false;
    std::uint32_t members = 0;  ///< that drive
    std::uint32_t products = 0;
    std::uint32_t pairs = 0;  ///< column pairs of a product
  };
  /// When a product's sum was on the lanes.
  struct Slot {
    Time begin = 0, end = 0;
  };

 private:
  struct Group;

 public:
  /// A tile's part in a group, as long as its job runs. Whoever leaves before the last product dissolves the group.
  class Part {
   public:
    Part() = default;
    Part(Part&& other) noexcept { *this = std::move(other); }
    Part& operator=(Part&& other) noexcept;
    ~Part() { leave("its job ended early"); }
    /// Waits (in the caller's thread) until all tiles of the group have integrated this product and its sum has found
    /// lanes. @param ready  when this tile has integrated @param duration  how long the lines settle
    /// @return false if the group was dissolved; dissolved() says why
    [[nodiscard]] bool sum(Time ready, Time duration, Slot& slot);
    /// What the driving tiles of the group bring, in the order of their tiles; complete once sum() has returned.
    [[nodiscard]] std::vector<const analog::LineSums*> brought() const;
    [[nodiscard]] const std::string& dissolved() const;
    void leave(const std::string& why);

   private:
    friend class AnalogLanes;
    AnalogLanes* lanes_ = nullptr;
    std::shared_ptr<Group> group_;
    std::uint32_t tile_ = 0;
  };

  AnalogLanes(const sc_core::sc_module_name& name, std::uint32_t lanes, probe::Probe& probe);

  /// A job takes its part in a group. @param sums  of all its products, if it drives
  /// @return empty, or how its terms contradict those of the others
  [[nodiscard]] std::string join(const Terms& terms, std::uint32_t tile, analog::LineSums sums, Part& part);
  /// The job of a tile is cancelled: its group, if it is in one, dissolves.
  void abandon(std::uint32_t tile);
  /// Books what a driving tile spends on one product.
  void book(probe::ScopeId scope, Time at, probe::Energy energy) {
    probe_.energy(component_, probe::Cause::dynamic, scope, at, energy);
  }
  /// Time that lines need for a product: they settle once for as many pairs as there are lanes.
  [[nodiscard]] Time settling(std::uint32_t pairs, Time settle) const {
    return (pairs + pool_.lanes() - 1) / pool_.lanes() * settle;
  }
  /// A piece of the lanes' time line.
  void span(probe::ScopeId scope, Time begin, Time end) { probe_.span(lane_, "sum", scope, begin, end); }
  /// Groups whose jobs still wait for each other, a line each: at the end of a run, jobs that never end.
  [[nodiscard]] std::vector<std::string> waiting() const;
  /// Writes the counters to the probe.
  void dump(Time until);

  [[nodiscard]] std::uint64_t sums() const { return sums_; }
  /// Time that sums have waited for free lanes.
  [[nodiscard]] Time waited() const { return waited_; }

 private:
  void resolve(Group& group, Time duration);
  void dissolve(Group& group, const std::string& why);

  probe::Probe& probe_;
  probe::LaneId lane_;
  probe::ComponentId component_;
  probe::CounterId sums_id_, busy_id_, waited_id_;
  LanePool pool_;
  std::map<std::uint16_t, std::shared_ptr<Group>> groups_;  ///< those whose last product is not summed yet
  std::uint64_t sums_ = 0;
  Time waited_ = 0;
};

}  // namespace tessera::lanes
