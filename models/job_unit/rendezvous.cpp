// SPDX-License-Identifier: Apache-2.0
#include "models/job_unit/rendezvous.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::job_unit {

std::string Rendezvous::join(const Join& join, Member& member) {
  if (join.members < 2) {
    return fmt::format("{} {} has {} members: at least 2 are needed to meet", what_, join.group, join.members);
  }
  member.leave();
  groups_.erase(std::remove_if(groups_.begin(), groups_.end(),
                               [](const auto& group) {
                                 return group->places.size() == group->members &&
                                        std::all_of(group->places.begin(), group->places.end(),
                                                    [](const Place& place) { return place.left; });
                               }),
                groups_.end());
  std::shared_ptr<Group> found;
  for (const auto& group : groups_) {
    const bool in_it = std::any_of(group->places.begin(), group->places.end(),
                                   [&](const Place& place) { return place.job.rank == join.rank; });
    // One that a member has left will never meet: it is the last choice, so that the job is told instead of waiting.
    if (group->number == join.group && group->places.size() < group->members && !in_it &&
        (!found || !found->left.empty())) {
      found = group;
    }
  }
  if (!found) {
    found = std::make_shared<Group>();
    found->number = join.group;
    found->members = join.members;
    groups_.push_back(found);
  } else if (const Join& first = found->places.front().job;
             first.members != join.members || first.shape != join.shape) {
    return fmt::format("{} {}: {} disagrees with {} on {}", what_, join.group, join.who, first.who,
                       first.members != join.members
                           ? fmt::format("the number of members, {} against {}", join.members, first.members)
                           : std::string("what they do together"));
  }
  member.group_ = found;
  member.place_ = found->places.size();
  found->places.push_back({join, {}, false, false});
  return {};
}

std::vector<std::string> Rendezvous::waiting() const {
  std::vector<std::string> lines;
  for (const auto& group : groups_) {
    std::string missing;
    for (const Place& place : group->places) {
      if (!place.arrived && !place.left) {
        missing += ", " + place.job.who + " has not arrived";
      }
    }
    if (const std::size_t unknown = group->members - group->places.size(); unknown > 0) {
      missing += fmt::format(", {} of {} jobs have not begun", unknown, group->members);
    }
    for (const Place& place : group->places) {
      if (place.arrived && !place.left) {
        lines.push_back(fmt::format("{} waits for {} {} at product {}{}", place.job.who, what_, group->number,
                                    group->step, missing));
      }
    }
  }
  return lines;
}

void Rendezvous::Member::arrive(std::uint32_t step, probe::Time at, Together together) {
  const std::shared_ptr<Group> kept = group_;  // leave() may be called while they do something together
  Group& group = *kept;
  Place& place = group.places[place_];
  group.step = step;
  group.latest = group.arrivals == 0 ? at : std::max(group.latest, at);
  place.arrived = true;
  place.together = std::move(together);
  ++group.arrivals;
  last_ = group.arrivals == group.members && group.left.empty();
  if (!last_) {
    return;
  }
  const auto leader = std::min_element(group.places.begin(), group.places.end(),
                                       [](const Place& a, const Place& b) { return a.job.rank < b.job.rank; });
  group.leader = leader->job.unit;
  const Together what = std::move(leader->together);
  group.meeting = true;
  group.value = what ? what(group.latest) : 0;
  group.meeting = false;
  group.met_at = group.latest;
  group.arrivals = 0;
  for (Place& one : group.places) {
    one.arrived = false;
  }
  group.changed.notify();
}

Rendezvous::Meeting Rendezvous::Member::await() {
  const std::shared_ptr<Group> group = group_;  // leave() may be called while this waits
  if (group == nullptr) {
    return {};
  }
  while (group->meeting || (group_ == group && group->places[place_].arrived && group->left.empty())) {
    sc_core::wait(group->changed);
  }
  const bool met = group_ == group && !group->places[place_].arrived;
  return {met, group->leader, group->met_at, group->value, last_};
}

void Rendezvous::Member::leave() {
  if (group_ == nullptr) {
    return;
  }
  const std::shared_ptr<Group> group = std::move(group_);
  group_ = nullptr;
  Place& place = group->places[place_];
  place.left = true;
  place.together = {};
  if (group->left.empty()) {
    group->left = place.job.who;
  }
  group->changed.notify();
}

std::string Rendezvous::Member::problem() const {
  return group_ == nullptr ? std::string("the job has been taken out of its group")
                           : fmt::format("{} has left the group before", group_->left);
}

}  // namespace tessera::job_unit
