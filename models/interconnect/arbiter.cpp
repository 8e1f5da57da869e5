// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/arbiter.h"

#include <algorithm>
#include <array>

#include "models/interconnect/tdma_frame.h"

namespace tessera::interconnect {
namespace {

/// Turns round the ports: the first pending port behind the one that was granted last.
class Turn {
 public:
  [[nodiscard]] bool before(std::uint32_t a, std::uint32_t b) const { return distance(a) < distance(b); }
  void granted(std::uint32_t port) { last_ = port; }

 private:
  [[nodiscard]] std::uint32_t distance(std::uint32_t port) const { return port - last_ - 1; }  // wraps around

  std::uint32_t last_ = ~std::uint32_t{0};
};

template <typename Before>
std::size_t first(const std::vector<BusRequest>& pending, Before before) {
  return static_cast<std::size_t>(std::min_element(pending.begin(), pending.end(), before) - pending.begin());
}

class RoundRobin final : public Arbiter {
 public:
  [[nodiscard]] std::size_t pick(const std::vector<BusRequest>& pending, probe::Time /*now*/) const override {
    return first(pending, [this](const BusRequest& a, const BusRequest& b) { return turn_.before(a.port, b.port); });
  }
  void granted(const BusRequest& request, probe::Time /*now*/) override { turn_.granted(request.port); }
  [[nodiscard]] std::uint64_t rank(const BusRequest& /*request*/) const override { return 0; }

 private:
  Turn turn_;
};

/// The highest priority first; equals in turn, each level with a turn of its own: a port that goes often must not
/// decide who of the others goes.
class FixedPriority final : public Arbiter {
 public:
  explicit FixedPriority(const BusParameters& parameters) : parameters_(parameters) {}
  [[nodiscard]] std::size_t pick(const std::vector<BusRequest>& pending, probe::Time /*now*/) const override {
    return first(pending, [this](const BusRequest& a, const BusRequest& b) {
      return rank(a) != rank(b) ? rank(a) < rank(b) : turns_[level(a)].before(a.port, b.port);
    });
  }
  void granted(const BusRequest& request, probe::Time /*now*/) override {
    turns_[level(request)].granted(request.port);
  }
  [[nodiscard]] std::uint64_t rank(const BusRequest& request) const override {
    return ~std::uint64_t{parameters_.share(request.kind).priority};
  }
  [[nodiscard]] bool displaces() const override { return true; }

 private:
  [[nodiscard]] std::uint32_t level(const BusRequest& request) const {
    return parameters_.share(request.kind).priority % levels;
  }

  static constexpr std::uint32_t levels = 256;
  BusParameters parameters_;
  std::array<Turn, levels> turns_;
};

/// Fair queueing: each port has a clock that a burst advances by its length over the port's weight; the port whose
/// clock is furthest behind goes first. A port that was silent starts at the clock of the bus: it saves nothing up.
class Weighted final : public Arbiter {
 public:
  explicit Weighted(const BusParameters& parameters) : parameters_(parameters) {}
  [[nodiscard]] std::size_t pick(const std::vector<BusRequest>& pending, probe::Time /*now*/) const override {
    return first(pending, [this](const BusRequest& a, const BusRequest& b) {
      return rank(a) != rank(b) ? rank(a) < rank(b) : a.port < b.port;
    });
  }
  void granted(const BusRequest& request, probe::Time /*now*/) override {
    if (clocks_.size() <= request.port) {
      clocks_.resize(request.port + 1);
    }
    const std::uint64_t begin = rank(request);
    bus_clock_ = std::max(bus_clock_, begin);
    clocks_[request.port] = begin + request.duration * scale / parameters_.share(request.kind).weight;
  }
  [[nodiscard]] std::uint64_t rank(const BusRequest& request) const override {
    return std::max(bus_clock_, request.port < clocks_.size() ? clocks_[request.port] : 0);
  }
  [[nodiscard]] bool displaces() const override { return true; }

 private:
  static constexpr std::uint64_t scale = 16;  // whole numbers: rounding by a weight stays below 1 part in 1000

  BusParameters parameters_;
  std::vector<std::uint64_t> clocks_;
  std::uint64_t bus_clock_ = 0;
};

/// Each class in its own slots; initiators of a class in turn.
class Tdma final : public Arbiter {
 public:
  Tdma(const BusParameters& parameters, probe::Time cycle) : frame_(parameters, cycle) {}
  [[nodiscard]] std::size_t pick(const std::vector<BusRequest>& pending, probe::Time now) const override {
    std::size_t best = pending.size();
    for (std::size_t i = 0; i < pending.size(); ++i) {
      if (earliest(pending[i], now) == now &&
          (best == pending.size() || turn_of(pending[i]).before(pending[i].port, pending[best].port))) {
        best = i;
      }
    }
    return best;
  }
  void granted(const BusRequest& request, probe::Time /*now*/) override {
    turns_[static_cast<std::size_t>(request.kind)].granted(request.port);
  }
  [[nodiscard]] std::uint64_t rank(const BusRequest& /*request*/) const override { return 0; }
  [[nodiscard]] probe::Time earliest(const BusRequest& request, probe::Time at) const override {
    return frame_.earliest(request.kind, at, request.duration);
  }
  [[nodiscard]] bool slotted() const override { return true; }

 private:
  [[nodiscard]] const Turn& turn_of(const BusRequest& request) const {
    return turns_[static_cast<std::size_t>(request.kind)];
  }

  TdmaFrame frame_;
  std::array<Turn, initiator_classes> turns_;
};

}  // namespace

std::unique_ptr<Arbiter> make_arbiter(const BusParameters& parameters, probe::Time cycle) {
  switch (parameters.arbitration) {
    case BusParameters::Arbitration::fixed_priority:
      return std::make_unique<FixedPriority>(parameters);
    case BusParameters::Arbitration::weighted:
      return std::make_unique<Weighted>(parameters);
    case BusParameters::Arbitration::tdma:
      return std::make_unique<Tdma>(parameters, cycle);
    case BusParameters::Arbitration::round_robin:
      break;
  }
  return std::make_unique<RoundRobin>();
}

}  // namespace tessera::interconnect
