// SPDX-License-Identifier: Apache-2.0
#include "models/lanes/analog_lanes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace tessera::lanes {

struct AnalogLanes::Group {
  Terms terms;
  std::map<std::uint32_t, analog::LineSums> driving;  ///< by tile
  bool has_collector = false;
  std::uint32_t collector = 0;
  std::uint32_t product = 0;  ///< being summed
  std::uint32_t arrived = 0;  ///< of the tiles, with that product
  Time ready = 0;             ///< of the last of them
  Slot slot;                  ///< of the product before
  bool dissolved = false;
  std::string why;
  sc_core::sc_event changed;

  [[nodiscard]] bool has(std::uint32_t tile) const {
    return driving.count(tile) != 0 || (has_collector && collector == tile);
  }
};

AnalogLanes::AnalogLanes(const sc_core::sc_module_name& name, std::uint32_t lanes, probe::Probe& probe)
    : sc_module(name),
      probe_(probe),
      lane_(probe.add_lane(this->name())),
      component_(probe.add_component(this->name(), probe::Category::bus)),
      sums_id_(probe.add_counter(std::string(this->name()) + ".sums", "events", "products summed on the lanes")),
      busy_id_(probe.add_counter(std::string(this->name()) + ".busy", "ps", "lanes in use, times their time")),
      waited_id_(probe.add_counter(std::string(this->name()) + ".waited", "ps", "sums waited for free lanes")),
      pool_(lanes) {}

std::string AnalogLanes::join(const Terms& terms, std::uint32_t tile, analog::LineSums sums, Part& part) {
  std::shared_ptr<Group>& group = groups_[terms.group];
  if (!group) {
    group = std::make_shared<Group>();
    group->terms = terms;
  }
  const Terms& agreed = group->terms;
  std::string problem;
  if (terms.members != agreed.members || terms.products != agreed.products || terms.pairs != agreed.pairs) {
    problem = fmt::format(
        "group {} sums {} products of {} column pairs of {} driving tiles, this job has {} products of {} pairs and {} "
        "driving tiles",
        terms.group, agreed.products, agreed.pairs, agreed.members, terms.products, terms.pairs, terms.members);
  } else if (terms.collects && group->has_collector) {
    problem = fmt::format("group {} has two collecting jobs, the other on tile {}", terms.group, group->collector);
  } else if (!terms.collects && group->driving.size() >= agreed.members) {
    problem = fmt::format("group {} has more than {} driving jobs", terms.group, agreed.members);
  } else if (group->has(tile)) {
    problem = fmt::format("tile {} is in group {} already", tile, terms.group);
  }
  if (!problem.empty()) {
    dissolve(*group, problem);
    return problem;
  }
  if (terms.collects) {
    group->has_collector = true;
    group->collector = tile;
  } else {
    group->driving.emplace(tile, std::move(sums));
  }
  part.leave("its tile joined another group");
  part.lanes_ = this;
  part.group_ = group;
  part.tile_ = tile;
  return {};
}

void AnalogLanes::dissolve(Group& group, const std::string& why) {
  group.dissolved = true;
  group.why = why;
  group.changed.notify();
  const auto entry = groups_.find(group.terms.group);
  if (entry != groups_.end() && entry->second.get() == &group) {
    groups_.erase(entry);
  }
}

void AnalogLanes::abandon(std::uint32_t tile) {
  for (const auto& [number, group] : groups_) {
    if (group->has(tile)) {
      const std::shared_ptr<Group> kept = group;
      dissolve(*kept, fmt::format("tile {} was reset", tile));
      return;
    }
  }
}

void AnalogLanes::resolve(Group& group, Time duration) {
  constexpr Time horizon = 1'000'000'000;  // nobody asks for more than 1 ms ago
  const Time now = sc_core::sc_time_stamp().value();
  pool_.forget_before(now > horizon ? now - horizon : 0);
  const Time begin = pool_.reserve(group.ready, duration, group.terms.pairs);
  waited_ += begin - group.ready;
  ++sums_;
  group.slot = {begin, begin + duration};
  group.arrived = 0;
  group.ready = 0;
  ++group.product;
  group.changed.notify();
  if (group.product == group.terms.products) {
    groups_.erase(group.terms.group);  // its number may be used again; its tiles still hold it
  }
}

AnalogLanes::Part& AnalogLanes::Part::operator=(Part&& other) noexcept {
  std::swap(lanes_, other.lanes_);
  std::swap(group_, other.group_);
  std::swap(tile_, other.tile_);
  return *this;
}

bool AnalogLanes::Part::sum(Time ready, Time duration, Slot& slot) {
  const std::shared_ptr<Group> group = group_;
  const std::uint32_t product = group->product;
  group->ready = std::max(group->ready, ready);
  if (++group->arrived == group->terms.members + 1) {
    lanes_->resolve(*group, duration);
  }
  while (group->product == product && !group->dissolved) {
    sc_core::wait(group->changed);
  }
  slot = group->slot;
  return group->product != product;
}

std::vector<const analog::LineSums*> AnalogLanes::Part::brought() const {
  std::vector<const analog::LineSums*> all;
  for (const auto& [tile, sums] : group_->driving) {
    all.push_back(&sums);
  }
  return all;
}

const std::string& AnalogLanes::Part::dissolved() const {
  return group_->why;
}

void AnalogLanes::Part::leave(const std::string& why) {
  if (group_ && group_->product < group_->terms.products && !group_->dissolved) {
    lanes_->dissolve(*group_, fmt::format("tile {} left: {}", tile_, why));
  }
  group_.reset();
}

std::vector<std::string> AnalogLanes::waiting() const {
  std::vector<std::string> lines;
  for (const auto& [number, group] : groups_) {
    std::string tiles;
    for (const auto& [tile, sums] : group->driving) {
      tiles += fmt::format(" {}", tile);
    }
    lines.push_back(
        fmt::format("{}: group {} waits in product {} of {}: {} of {} driving jobs are there (tiles{}), {}", name(),
                    number, group->product, group->terms.products, group->driving.size(), group->terms.members, tiles,
                    group->has_collector ? fmt::format("tile {} collects", group->collector) : "no job collects"));
  }
  return lines;
}

void AnalogLanes::dump(Time until) {
  probe_.counter(sums_id_, sums_, until);
  probe_.counter(busy_id_, pool_.busy(), until);
  probe_.counter(waited_id_, waited_, until);
}

}  // namespace tessera::lanes
