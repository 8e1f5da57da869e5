// SPDX-License-Identifier: Apache-2.0
// What tile, vector unit and DMA channel have in common: the job-unit registers of docs/architecture.md, a queue of
// descriptors, a bus port, counters and an interrupt. A block derives from it and says what executing a job means.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <systemc>

#include "models/interconnect/at_port.h"
#include "models/interconnect/kernel_time.h"
#include "models/interconnect/transaction_context.h"
#include "models/memory/memory_port.h"
#include "models/power/power_domain.h"
#include "models/probe/probe.h"

namespace tessera::job_unit {

using probe::Time;

/// Counters that firmware reads; index order is the register order. Times are held in picoseconds.
enum class Counter : std::uint8_t {
  active,
  products,
  conversions,
  clipped,
  saturated,
  load_stall,
  store_stall,
  converter_stall,
  bus_wait,
  bytes_in,
  bytes_out,
  count
};
inline constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count);
[[nodiscard]] constexpr bool is_time(Counter counter) {
  return counter == Counter::active || (counter >= Counter::load_stall && counter <= Counter::bus_wait);
}

enum class Error : std::uint32_t {
  none = 0,
  queue_overflow = 1,
  bad_descriptor = 2,
  bus_error = 3,
  disabled = 4,
  programming = 5
};

struct JobUnitParameters {
  std::uint32_t base = 0;       ///< bus address of the registers
  std::uint32_t window = 0x80;  ///< bytes of register space served here, a multiple of 0x80
  std::uint32_t id = 0;
  std::uint32_t queue_depth = 16;
  Time cycle = 5000;       ///< of the bus clock [ps]
  std::uint32_t kind = 0;  ///< JobRecord::kind
  power::StatePowers power{};
  Time standby_wake = 0;  ///< from standby to idle [ps]
  Time off_wake = 0;      ///< from off to idle
};

/// The supply that the power controller asks for. A unit in standby wakes for a job by itself and goes back.
enum class PowerTarget : std::uint8_t { off, standby, on };

class JobUnit : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<JobUnit, 32> registers;
  tlm_utils::simple_initiator_socket<JobUnit, 32> memory;
  std::function<void(bool level)> interrupt;                ///< called when the line changes
  std::function<void(std::string_view what)> report_error;  ///< human-readable reason of a failed job
  std::function<void()> power_changed;                      ///< called when the power state has changed

  JobUnit(const sc_core::sc_module_name& name, const JobUnitParameters& parameters, probe::Probe& probe);
  ~JobUnit() override;

  /// Sends transactions through this port, approximately timed, instead of `memory`, which then serves functional
  /// accesses only. Call it before the simulation starts.
  void use(interconnect::AtPort& port);

  [[nodiscard]] std::uint64_t counter(Counter which) const { return counters_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] std::uint32_t jobs_done() const { return done_; }
  [[nodiscard]] Error error() const { return error_; }
  /// Scope of the job that raised the interrupt last; a handler's energy belongs to it.
  [[nodiscard]] probe::ScopeId last_scope() const { return last_scope_; }
  [[nodiscard]] probe::LaneId lane() const { return lane_; }
  /// A descriptor from a peripheral, as if written to QUEUE. @return false: the queue is full or the unit off
  [[nodiscard]] bool request(std::uint32_t descriptor, Time at);

  // --- power; registers and counters are always on
  /// What is in the queue is done first; then the supply goes where it should, from `at` on.
  void set_power(PowerTarget target, Time at);
  [[nodiscard]] PowerTarget power_target() const { return target_; }
  [[nodiscard]] probe::PowerState power_state() const { return power_.state(); }
  [[nodiscard]] const power::Residency& residency() const { return power_.residency(); }
  /// The supply is where it should be, and nothing is going on.
  [[nodiscard]] bool power_settled() const;
  [[nodiscard]] bool quiescent() const { return !busy_ && queue_.empty() && !occupied() && power_settled(); }
  /// The chip enters deep sleep: requires quiescent(). After wake_up() the unit is off, and comes up as far as
  /// set_power() asked for last.
  void sleep(Time at);
  void wake_up(Time at);
  /// For a programming engine, while the unit is idle and has no job: the high voltage goes up or down.
  /// @param scope  who pays for the time until end_program()
  void begin_program(Time at, probe::ScopeId scope, probe::Cause cause);
  void end_program(Time at);

  /// As after power-on: queue, counters, errors and interrupts; a job that runs is cancelled.
  void restart();
  /// Books static power up to `until`.
  void book(Time until);
  /// Ends the run: the residency is told.
  void finish_power(Time until) { power_.finish(until); }
  /// Writes the counters to the probe.
  void dump(Time until);

 protected:
  struct Job {
    std::uint32_t address = 0;
    Time submitted = 0;
    probe::CallSiteId call_site = 0;
  };
  struct Outcome {
    Error error = Error::none;
    std::string reason;
    bool interrupt = false;
  };

  /// Executes one job: fetches the descriptor with transfer(), does the work, fills `record` and leaves the kernel
  /// time at record.end. Runs in the unit's own thread.
  virtual Outcome execute(const Job& job, probe::JobRecord& record) = 0;
  virtual void soft_reset() {}
  /// The supply has gone: what is not kept in flash or in the always-on registers is lost.
  virtual void powered_off() {}
  /// Something other than a job is going on: jobs are refused, the chip does not sleep.
  [[nodiscard]] virtual bool occupied() const { return false; }
  virtual std::uint32_t read_register(std::uint32_t /*offset*/) { return 0; }
  virtual void write_register(std::uint32_t /*offset*/, std::uint32_t /*value*/) {}
  /// Access behind the registers (a tile's input buffer). @return true if it was served.
  virtual bool access_buffer(tlm::tlm_generic_payload& /*payload*/, sc_core::sc_time& /*delay*/, bool /*debug*/) {
    return false;
  }

  /// One bus transaction starting at `at` (>= kernel time). @return time of completion, or 0 on a bus error.
  [[nodiscard]] Time transfer(bool write, std::uint32_t address, std::span<std::uint8_t> bytes, Time at,
                              bool pipelined = false);
  // Pipelines: reads that are sent one behind the other, writes that nobody waits for yet. Loosely timed, both are
  // transfer() and know their end at once; approximately timed, they are under way until somebody asks for the end.

  using Ticket = interconnect::AtPort::Ticket;
  /// A write under way, or none.
  struct Pending {
    Time done = 0;      ///< its end: loosely timed, or of a write that needs no bus
    Ticket ticket = 0;  ///< approximately timed: its number in the port's write channel
  };
  /// Sends a read whose bytes nobody needs (what a job reads is gathered by functional()). @return where the next one
  /// may begin, or 0 on a bus error
  [[nodiscard]] Time fetch(std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined);
  [[nodiscard]] Ticket last_fetch() const {
    return port_ == nullptr ? 0 : port_->last(interconnect::AtPort::Channel::read);
  }
  /// Waits for the reads up to `ticket`. @param at  what the last fetch() returned @return their end, or 0 on an error
  [[nodiscard]] Time fetched(Time at, Ticket ticket);
  /// Sends a write; writes are done in order.
  [[nodiscard]] Pending post(std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined = false);
  /// Waits for a write. @return its end, or 0 on a bus error; `none` if there is none
  [[nodiscard]] Time settled(const Pending& pending, Time none);
  /// Where a write behind `previous` may begin: the port keeps the order by itself.
  [[nodiscard]] Time behind(const Pending& previous, Time at) const {
    return port_ == nullptr ? std::max(at, previous.done) : at;
  }
  /// True if a write has already failed.
  [[nodiscard]] bool failed(const Pending& pending) const { return port_ == nullptr && pending.done == 0; }
  /// The approximately timed port, or nullptr.
  [[nodiscard]] interconnect::AtPort* port() { return port_; }
  [[nodiscard]] const interconnect::TransactionContext& context() const { return context_; }
  /// What the transactions that follow are for.
  void moves(interconnect::Traffic what) { context_.traffic = what; }

  /// Functional access without time, for gathering a whole tensor at the start of a job.
  [[nodiscard]] memory::MemoryPort& functional() { return functional_; }
  /// Lets simulated time reach `at`.
  void wait_until(Time at);
  void add(Counter which, std::uint64_t amount) { counters_[static_cast<std::size_t>(which)] += amount; }
  [[nodiscard]] static Time now() { return interconnect::kernel_now(); }
  /// Everything that follows is on behalf of this job. Call it as soon as the descriptor is known.
  void begin_scope(const Job& job, std::uint32_t tag, std::uint16_t layer) {
    last_tag_ = tag;
    context_.scope =
        probe_.scope({static_cast<std::int16_t>(layer), tag, job.call_site});  // TD_LAYER_RUNTIME is negative
  }
  [[nodiscard]] probe::ScopeId scope() const { return context_.scope; }
  /// Likewise for work that is no job.
  void use_scope(probe::ScopeId scope) { context_.scope = scope; }
  [[nodiscard]] bool has_jobs() const { return busy_ || !queue_.empty(); }
  /// While write_register() runs: who writes, and when.
  [[nodiscard]] probe::CallSiteId writer();
  [[nodiscard]] Time write_time() const { return write_time_; }
  /// Sets bits of IRQ_STATUS; a handler's energy belongs to `scope`.
  void raise(std::uint32_t bits, probe::ScopeId scope);
  [[nodiscard]] probe::Probe& probe() { return probe_; }
  [[nodiscard]] const JobUnitParameters& unit() const { return parameters_; }

 private:
  class FunctionalPort : public memory::MemoryPort {
   public:
    explicit FunctionalPort(JobUnit& unit) : unit_(unit) {}
    [[nodiscard]] bool read(std::uint32_t address, std::span<std::uint8_t> to) override;
    [[nodiscard]] bool write(std::uint32_t address, std::span<const std::uint8_t> from) override;

   private:
    JobUnit& unit_;
  };

  void run();
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  bool serve(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay, bool debug);
  std::uint32_t read(std::uint32_t offset, bool debug);
  void write(std::uint32_t offset, std::uint32_t value, const tlm::tlm_generic_payload& payload, Time at);
  void push(std::uint32_t address, const tlm::tlm_generic_payload& payload, Time at);
  void fail(Error error, std::uint32_t tag, const std::string& reason);
  void update_interrupt();
  [[nodiscard]] probe::CallSiteId call_site_of(const tlm::tlm_generic_payload& payload);
  void reset();
  /// Returns when there is a job and the unit is on.
  void settle_power();
  /// @param until_now  who pays for the state that ends
  void enter(probe::PowerState state, probe::ScopeId until_now = probe::idle_scope);
  /// Waking for a job that waits in the queue is that job's expense.
  void wake(Time duration, probe::PowerState then);
  /// On whose behalf a job that waits in the queue will run.
  [[nodiscard]] probe::ScopeId scope_of(const Job& job);
  void drain();

  JobUnitParameters parameters_;
  probe::Probe& probe_;
  FunctionalPort functional_{*this};
  interconnect::AtPort* port_ = nullptr;
  tlm::tlm_generic_payload payload_;
  interconnect::TransactionContext context_;
  probe::LaneId lane_;
  power::PowerDomain power_;
  std::array<probe::CounterId, counter_count> counter_ids_{};
  std::array<std::uint64_t, counter_count> counters_{};

  std::deque<Job> queue_;
  sc_core::sc_event work_;
  bool enabled_ = true;
  bool busy_ = false;
  bool cancelled_ = false;
  Error error_ = Error::none;
  std::uint32_t error_tag_ = 0;
  std::uint32_t irq_status_ = 0, irq_enable_ = 0;
  bool line_ = false;
  std::uint32_t done_ = 0;
  std::uint32_t last_tag_ = 0;
  std::uint32_t high_word_ = 0;
  probe::ScopeId last_scope_ = probe::idle_scope;
  probe::ScopeId program_scope_ = probe::idle_scope;
  probe::ScopeId wake_scope_ = probe::idle_scope;
  const tlm::tlm_generic_payload* writing_ = nullptr;
  Time write_time_ = 0;
  PowerTarget target_ = PowerTarget::on;
};

}  // namespace tessera::job_unit
