// SPDX-License-Identifier: Apache-2.0
// What a model may say about itself. An interface: it knows no file format, no clock and no SystemC.
// Models get a Probe& and never ask who listens. Times are picoseconds of simulated time, energies attojoules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tessera::probe {

using Time = std::uint64_t;   ///< picoseconds since reset of the simulation
using Energy = std::int64_t;  ///< attojoules; one posting is rounded once, to a whole attojoule

using ComponentId = std::uint32_t;
using LaneId = std::uint32_t;
using CounterId = std::uint32_t;
using CallSiteId = std::uint32_t;
using ScopeId = std::uint32_t;

/// Column of the per-layer energy table a component belongs to.
enum class Category : std::uint8_t {
  array,
  dac,
  adc,
  digital,
  bus,
  memory,
  cpu,
  statics,
  conversion_loss,
  programming,
  off_chip  ///< parts beside the chip, with a supply of their own: no DC-DC loss; chip total = total - off_chip
};
inline constexpr std::size_t category_count = 11;

/// Why energy was spent.
enum class Cause : std::uint8_t { dynamic, leakage, standby, wake, program, erase, loss };

/// What the supply of a block does. The order is that of the power controller's residency counters.
enum class PowerState : std::uint8_t {
  off,      ///< no supply; flash keeps its weights
  sleep,    ///< the whole chip is in deep sleep
  standby,  ///< supplied, references down: leaving takes the wake time
  waking,
  idle,    ///< on, nothing to do
  active,  ///< on, at work
  program  ///< high voltage up
};
inline constexpr std::size_t power_state_count = 7;

/// On whose behalf something happens. Default-constructed: nobody's, shown as (idle).
struct Scope {
  std::int32_t layer = -1;   ///< index of the deployment's layer, or -1
  std::uint32_t job = 0;     ///< tag of the job, or 0
  CallSiteId call_site = 0;  ///< firmware place that started the job, or 0

  friend bool operator==(const Scope&, const Scope&) = default;
};
inline constexpr ScopeId idle_scope = 0;  ///< id of Scope{}

/// What one job did; one row of the default trace. Durations in picoseconds.
struct JobRecord {
  LaneId lane = 0;  ///< the unit that ran it
  ScopeId scope = idle_scope;
  std::uint32_t kind = 0;    ///< 1 tile, 2 vector unit, 3 DMA, 4 CPU
  Time submitted = 0;        ///< firmware wrote the queue register
  Time begin = 0;            ///< left the queue
  Time end = 0;              ///< last byte stored
  std::uint64_t count = 0;   ///< products, elements or bytes
  Time period = 0;           ///< interval of two products when nothing stalls
  Time fetch = 0;            ///< descriptor and tables
  Time load_stall = 0;       ///< compute stage waited for input
  Time store_stall = 0;      ///< compute stage waited for the store stage
  Time converter_stall = 0;  ///< waited for a shared converter bank
  Time bus_wait = 0;         ///< sum over bursts: waited for the bus grant
  Time compute = 0;          ///< sum of product times
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t conversions = 0;
  std::uint64_t clipped = 0;    ///< conversions that hit the converter's range
  std::uint64_t saturated = 0;  ///< accumulations that hit the accumulator's range
};

__extension__ typedef __int128 WideEnergy;  ///< attojoules

/// How long a block was in a state over the whole run, and what it took there statically (without conversion loss).
struct ResidencyRecord {
  std::string_view block;  ///< "tile[0,1]", "cpu", "soc"
  PowerState state = PowerState::idle;
  Time time = 0;
  WideEnergy energy = 0;
  std::uint64_t entries = 0;  ///< transitions into the state; the first state after reset is not one
};

enum class MarkerKind : std::uint8_t { begin, end, reset, dump };

/// A bus transaction; only recorded with a full trace.
struct TransactionRecord {
  LaneId initiator = 0;
  ScopeId scope = idle_scope;
  Time request = 0;
  Time grant = 0;
  Time end = 0;
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;
  bool write = false;
};

class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  // --- while the platform is built
  /// @param path hierarchical name such as "tile[0,1].adc"
  virtual ComponentId add_component(std::string_view path, Category category) = 0;
  /// A horizontal line of the timeline: a unit that does one thing at a time.
  virtual LaneId add_lane(std::string_view path) = 0;
  /// A hardware counter that firmware can read, too; `unit` such as "cycles", "conversions".
  virtual CounterId add_counter(std::string_view path, std::string_view unit, std::string_view description) = 0;

  // --- while it runs
  /// Interns a scope; cheap when called again with the same one.
  virtual ScopeId scope(const Scope& scope) = 0;
  /// Interns a firmware place: `pc` of the store that started a job and its return address.
  virtual CallSiteId call_site(std::uint32_t pc, std::uint32_t return_address) = 0;

  virtual void energy(ComponentId component, Cause cause, ScopeId scope, Time at, Energy attojoules) = 0;
  /// Constant power over [from, to); integrated exactly with carried remainder, split over time windows.
  virtual void power(ComponentId component, Cause cause, ScopeId scope, Time from, Time to, double watts) = 0;

  virtual void job(const JobRecord& record) = 0;
  /// A piece of work on a lane that is not a job (converter bank busy, CPU awake, interrupt handler).
  virtual void span(LaneId lane, std::string_view name, ScopeId scope, Time begin, Time end) = 0;
  /// Firmware wrote the marker register: a named region begins or ends. Region ids: see models/peripherals/marker.
  virtual void marker(MarkerKind kind, std::uint32_t region, Time at) = 0;
  virtual void interrupt(std::uint32_t source, bool raised, Time at) = 0;
  virtual void counter(CounterId counter, std::uint64_t value, Time at) = 0;
  virtual void transaction(const TransactionRecord& record) = 0;
  /// Said once a block and state, at the end of the run; states without time or entries are left out.
  virtual void residency(const ResidencyRecord& /*record*/) {}
  /// True if transaction() and fine spans are wanted; models skip building records otherwise.
  [[nodiscard]] virtual bool full() const = 0;
};

/// Rounds an energy in joules to whole attojoules, halves away from zero; the one place where that happens.
[[nodiscard]] constexpr Energy to_attojoules(double joules) {
  const double scaled = joules * 1.0e18;
  return static_cast<Energy>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace tessera::probe
