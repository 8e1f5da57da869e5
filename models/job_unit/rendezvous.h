// SPDX-License-Identifier: Apache-2.0
// Jobs of several units that meet at each of their products: none goes on before the last has come. The load of a
// multicast and the sum of a tile column begin at such a meeting.
//
// Law: a group is complete when as many jobs have joined as it has members. Step n is met when every member has arrived
// at it, at the latest of the times that they arrived with (which may lie ahead of simulated time, as loosely timed
// units do). What has to happen once for all then happens in the process of the last to arrive; the member of the
// lowest rank does it, whoever came last. It may let simulated time pass: nobody goes on, and no member that is taken
// out returns from its waiting, before it is done.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "models/probe/probe.h"

namespace tessera::job_unit {

class JobUnit;

class Rendezvous {
 public:
  /// @param latest  time of the meeting [ps] @return what every member gets as Meeting::value
  using Together = std::function<std::uint64_t(probe::Time latest)>;

  struct Join {
    std::uint32_t group = 0;    ///< number; used again when all members have left
    std::uint32_t members = 0;  ///< jobs that have to come
    std::uint32_t rank = 0;     ///< tells the members apart; a unit's address does
    std::uint64_t shape = 0;    ///< of what is done together: equal for all members
    JobUnit* unit = nullptr;    ///< told to the others as Meeting::leader
    std::string who;            ///< "tile[0,1] job 7", for reports
  };
  struct Meeting {
    bool met = false;           ///< false: a member has left before the step, see Member::problem()
    JobUnit* leader = nullptr;  ///< whose `together` was called
    probe::Time at = 0;         ///< latest arrival [ps]
    std::uint64_t value = 0;    ///< what it returned
    bool last = false;          ///< this member came last: the others have not gone on yet
  };

 private:
  struct Group;

 public:
  /// One job's part in a group; leaves it when it ends.
  class Member {
   public:
    Member() = default;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member() { leave(); }

    [[nodiscard]] bool joined() const { return group_ != nullptr; }
    /// Says that this job is ready for `step` from `at` on, without waiting. Steps follow each other; the last one has
    /// been awaited.
    void arrive(std::uint32_t step, probe::Time at, Together together);
    /// Waits, in the calling thread, until the step that this job arrived at last is met.
    [[nodiscard]] Meeting await();
    /// Whoever waits for this job is told that it will not come.
    void leave();
    /// Nobody has left: every step is or will be met.
    [[nodiscard]] bool complete() const { return group_ != nullptr && group_->left.empty(); }
    /// Why a step was not met.
    [[nodiscard]] std::string problem() const;

   private:
    friend class Rendezvous;
    std::shared_ptr<Group> group_;
    std::size_t place_ = 0;
    bool last_ = false;
  };

  /// @param what  the groups' name in reports, such as "multicast group"
  explicit Rendezvous(std::string what) : what_(std::move(what)) {}
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  /// @return empty, or why the job cannot be a member
  [[nodiscard]] std::string join(const Join& join, Member& member);
  /// A line for each job that waits for others: what a run that got stuck has to tell.
  [[nodiscard]] std::vector<std::string> waiting() const;

 private:
  struct Place {
    Join job;
    Together together;
    bool arrived = false, left = false;
  };
  struct Group {
    std::uint32_t number = 0, members = 0, step = 0, arrivals = 0;
    probe::Time latest = 0;
    std::vector<Place> places;
    bool meeting = false;       ///< what they do together is under way
    std::string left;           ///< who left while others were still under way
    std::uint64_t value = 0;    ///< of the step met last
    probe::Time met_at = 0;     ///< likewise
    JobUnit* leader = nullptr;  ///< the member of the lowest rank
    sc_core::sc_event changed;  ///< a step has been met, or a member has left
  };

  std::string what_;
  std::deque<std::shared_ptr<Group>> groups_;  ///< that still have members, or wait for some
};

}  // namespace tessera::job_unit
