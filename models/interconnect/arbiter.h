// SPDX-License-Identifier: Apache-2.0
// Who goes next on the shared bus, and who may displace whom: one small strategy an arbitration scheme.
//
// The approximately timed bus asks pick() whenever the data path is free. The loosely timed bus books ahead of time; it
// asks rank(): a booking may take the place of a later one that has not begun and has a larger rank. Both ask
// earliest(), which only time division answers with anything but the time of the request.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/interconnect/bus_parameters.h"
#include "models/probe/probe.h"

namespace tessera::interconnect {

/// One initiator that waits with a burst.
struct BusRequest {
  std::uint32_t port = 0;
  InitiatorClass kind = InitiatorClass::cpu;
  probe::Time since = 0;     ///< when it asked for this burst
  probe::Time duration = 0;  ///< of the burst
};

class Arbiter {
 public:
  static constexpr probe::Time never = ~probe::Time{0};

  Arbiter() = default;
  Arbiter(const Arbiter&) = delete;
  Arbiter& operator=(const Arbiter&) = delete;
  virtual ~Arbiter() = default;

  /// @param pending  at least one request, in the order of ports
  /// @return index into `pending` of the request that is granted now, or pending.size() if none may go now
  [[nodiscard]] virtual std::size_t pick(const std::vector<BusRequest>& pending, probe::Time now) const = 0;
  /// Tells the strategy what was granted.
  virtual void granted(const BusRequest& request, probe::Time now) = 0;
  /// Loosely timed bus: position of a booking among those that compete; smaller goes first.
  [[nodiscard]] virtual std::uint64_t rank(const BusRequest& request) const = 0;
  /// Earliest time >= `at` at which the request may begin; never if it never may.
  [[nodiscard]] virtual probe::Time earliest(const BusRequest& /*request*/, probe::Time at) const { return at; }
  /// True if a booking can displace another one.
  [[nodiscard]] virtual bool displaces() const { return false; }
  /// True if requests begin where earliest() says only.
  [[nodiscard]] virtual bool slotted() const { return false; }
};

[[nodiscard]] std::unique_ptr<Arbiter> make_arbiter(const BusParameters& parameters, probe::Time cycle);

}  // namespace tessera::interconnect
