// SPDX-License-Identifier: Apache-2.0
#include "models/host/host_subsystem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/host/host_map.h"

namespace tessera::host {
namespace {

constexpr probe::Time never = std::numeric_limits<probe::Time>::max();
/// Nothing else being due, the core may finish a block of code beyond the quantum.
constexpr std::uint64_t quantum_slack_cycles = 256;

}  // namespace

HostSubsystem::HostSubsystem(const sc_core::sc_module_name& module_name, const CpuParameters& parameters,
                             probe::Probe& probe)
    : sc_module(module_name),
      bus("bus"),
      clock_(parameters.clock_Hz),
      quantum_cycles_(std::max<std::uint64_t>(
          1, clock_.cycle_at(static_cast<probe::Time>(std::llround(std::max(0.0, parameters.quantum_s) * 1.0e12))))),
      leakage_W_(parameters.leakage_W),
      wfi_W_(parameters.wfi_W),
      memory_leakage_W_(parameters.memory_leakage_W_per_kB * parameters.memory_B / 1024.0),
      interrupt_latency_(parameters.interrupt_latency_cycles),
      core_(parameters, *this),
      calls_(core_),
      probe_(probe),
      component_(probe.add_component("cpu", probe::Category::cpu)),
      static_component_(probe.add_component("cpu.static", probe::Category::statics)),
      memory_component_(probe.add_component("cpu.memory", probe::Category::statics)),
      lane_(probe.add_lane("cpu")),
      wake_("wake"),
      async_wake_("async_wake", wake_),
      latest_(sc_core::sc_max_time().value()) {
  counter_ids_ = {probe.add_counter("cpu.instructions", "instructions", "retired"),
                  probe.add_counter("cpu.cycles", "cycles", "clock cycles since reset, sleep included"),
                  probe.add_counter("cpu.wfi_cycles", "cycles", "asleep in WFI"),
                  probe.add_counter("cpu.interrupts", "events", "interrupts taken"),
                  probe.add_counter("cpu.exceptions", "events", "synchronous exceptions taken")};
  regions_ = {{"test finisher", finisher_base, finisher_base + peripherals::Finisher::size - 1},
              {"CLINT", clint_base, clint_base + clint_size - 1},
              {"PLIC", plic_base, plic_base + Plic::size - 1},
              {"UART", uart_base, uart_base + peripherals::Uart::size - 1},
              {"private memory", Core::memory_base, Core::memory_base + core_.memory_size() - 1}};
  uart_.sink = [this](std::uint8_t byte) {
    if (on_uart_output) {
      on_uart_output(byte);
    }
  };
  uart_.interrupt = [this](bool level) { set_interrupt(uart_source, level); };
  calls_.output = uart_.sink;
  calls_.time_ps = [this] { return local_time(); };
  finisher_.finished = [this](peripherals::Finisher::Verdict verdict, std::uint32_t code) {
    using Verdict = peripherals::Finisher::Verdict;
    if (verdict == Verdict::pass) {
      end(RunEnd::finisher_pass, 0, "the program reported success");
    } else if (verdict == Verdict::reset) {
      end(RunEnd::finisher_reset, 0, "the program asked for a reset");
    } else {
      end(RunEnd::finisher_fail, code, fmt::format("the program reported failure {}", code));
    }
  };
  residency_.begin_in(probe::PowerState::active);
  payload_.set_data_ptr(data_.data());
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_extension(&context_);
  context_.lane = lane_;

  SC_HAS_PROCESS(HostSubsystem);
  SC_THREAD(run_cpu);
}

HostSubsystem::~HostSubsystem() {
  // The payload would delete its extension, which is a member here.
  payload_.clear_extension(&context_);
}

void HostSubsystem::load(const ElfImage& image, std::string_view name) {
  loaded_.clear();
  for (const Segment& segment : image.segments) {
    load_segment(segment, name);
  }
  const bool runs = std::any_of(image.segments.begin(), image.segments.end(), [&image](const Segment& segment) {
    return image.entry - segment.address < segment.size();
  });
  if (!runs) {
    throw ElfError(
        fmt::format("{}: the entry point {:#010x} lies in no segment of the program; link with the address of "
                    "its first instruction as the entry (ENTRY in the linker script, -e)",
                    name, image.entry));
  }
  float_abi_ = image.float_abi;
  symbols_ = image.symbols;
  core_.set_pc(image.entry);
  if (const auto tohost = symbols_.address("tohost")) {
    calls_.set_htif(*tohost, symbols_.address("fromhost").value_or(0));
  }
}

void HostSubsystem::load_segment(const Segment& segment, std::string_view name) {
  std::uint32_t address = segment.address;
  std::span<const std::uint8_t> bytes = segment.bytes;
  // Linkers put the file's headers in front of the code, a page below it, if nobody tells them not to.
  const std::uint32_t in_front = Core::memory_base - address;
  if (address < Core::memory_base && in_front < bytes.size() && segment.headers != 0 && in_front >= segment.headers &&
      std::all_of(bytes.begin() + segment.headers, bytes.begin() + in_front, [](std::uint8_t b) { return b == 0; })) {
    address = Core::memory_base;
    bytes = bytes.subspan(in_front);
  }
  const auto size = static_cast<std::uint32_t>(bytes.size() + segment.zeros);
  if (core_.in_memory(address, size)) {
    core_.write_memory(address, bytes);
    core_.fill_zero(address + static_cast<std::uint32_t>(bytes.size()), segment.zeros);
    loaded_.push_back({address, static_cast<std::uint32_t>(address + bytes.size())});
    return;
  }
  std::vector<std::uint8_t> all(bytes.begin(), bytes.end());
  all.resize(size);
  if (load_outside && address >= bus_base && load_outside(address, all)) {
    return;
  }
  const std::uint32_t last = Core::memory_base + core_.memory_size() - 1;
  const bool too_large = address >= Core::memory_base && address <= last;
  throw ElfError(
      fmt::format("{}: the segment {:#010x}..{:#010x} ({} bytes) lies outside of memory; the private memory is "
                  "{:#010x}..{:#010x}: {}",
                  name, address, address + size - 1, size, Core::memory_base, last,
                  too_large ? "enlarge it with cpu.memory_B" : "link for it, or for the memories on the bus"));
}

void HostSubsystem::set_limits(const RunLimits& limits) {
  limits_ = limits;
  limit_cycle_ = limits.time_ps == never ? no_cycle : clock_.cycle_at(limits.time_ps);
}

CallProfiler& HostSubsystem::profile_calls() {
  profiler_ = std::make_unique<CallProfiler>(symbols_, core_.pc());
  core_.tell_calls(profiler_.get());
  return *profiler_;
}

CallProfiler::NodeId HostSubsystem::stack_here() {
  core_.report_calls();
  return profiler_->here();
}

void HostSubsystem::set_deadline(probe::Time at, std::function<void()> passed) {
  deadline_ = at;
  deadline_cycle_ = at == never ? no_cycle : clock_.cycle_at(at);
  deadline_passed_ = std::move(passed);
  core_.lower_limit(std::max(deadline_cycle_, core_.cycles()));
}

// --- the CPU's process -----------------------------------------------------------------------------------------------

void HostSubsystem::run_cpu() {
  cpu_process_ = sc_core::sc_get_current_process_handle();
  fabric_ = bus.operator->();
  kernel_now_ = sc_core::sc_time_stamp().value();
  while (result_.kind == RunEnd::none) {
    advance();
  }
  // Bring the kernel to the end of the run, so that everybody's static energy ends at the same instant.
  catch_up();
  post_energy();
  span("awake", local_time());
  result_.time_ps = local_time();
  finished_ = true;
  if (debugger_ != nullptr) {
    debugger_->ended(result_);
  }
  sc_core::sc_stop();
}

std::uint64_t HostSubsystem::horizon() {
#if defined(SC_VERSION_MAJOR) && SC_VERSION_MAJOR == 2
  // Asked behind every access: the two questions that sc_time_to_pending_activity puts to the kernel, without its
  // conversions.
  const sc_core::sc_simcontext* const kernel = sc_core::sc_get_curr_simcontext();
  std::uint64_t due = kernel_now_;
  if (!kernel->pending_activity_at_current_time()) {
    sc_core::sc_time next;
    due = kernel->next_time(next) ? std::uint64_t{next.value()} : latest_;
  }
#else
  // With nothing pending the kernel answers with all the time that is left.
  const std::uint64_t due = kernel_now_ + std::uint64_t{sc_core::sc_time_to_pending_activity().value()};
#endif
  if (due != due_) {
    due_ = due;
    due_cycle_ = due == latest_ ? no_cycle : clock_.cycle_at(due);
  }
  return due_cycle_;
}

void HostSubsystem::catch_up() {
  const probe::Time local = local_time();
  wait(sc_core::sc_time::from_value(local > kernel_now_ ? local - kernel_now_ : 0));
  kernel_now_ = sc_core::sc_time_stamp().value();
  synchronised_cycle_ = clock_.cycle_at(kernel_now_);
}

void HostSubsystem::advance() {
  if (debugger_ != nullptr && debugger_->wants_attention()) {
    attend_debugger();
    return;
  }
  const std::uint64_t cycle = core_.cycles();
  horizon_ = horizon();
  if (horizon_ <= cycle || cycle - std::min(cycle, synchronised_cycle_) >= quantum_cycles_) {
    post_energy();
    catch_up();
    return;
  }
  check_stop();
  if (result_.kind != RunEnd::none) {
    return;
  }
  if (cycle >= deadline_cycle_) {
    pass_deadline();
    return;
  }
  core_.set_interrupt_line(mip_mtip, cycle >= timer_cycle_);
  std::uint64_t exact_limit = std::min({horizon_, limit_cycle_, deadline_cycle_});
  if (cycle < timer_cycle_) {
    exact_limit = std::min(exact_limit, timer_cycle_);
  }
  if (calls_.exit_deadline() != 0) {
    exact_limit = std::min(exact_limit, calls_.exit_deadline());
  }
  // An instruction takes a cycle at least, so this many cycles cannot overrun the limit of instructions.
  const std::uint64_t instructions_left = limits_.instructions - std::min(limits_.instructions, core_.instructions());
  if (instructions_left < exact_limit - std::min(exact_limit, cycle)) {
    exact_limit = cycle + instructions_left;
  }
  const std::uint64_t soft_limit = std::max(cycle, synchronised_cycle_ + quantum_cycles_) + quantum_slack_cycles;

  if (instructions_left == 0) {
    give_up(RunEnd::instruction_limit, 0, fmt::format("the limit of {} instructions is reached", limits_.instructions));
  } else if (cycle >= limit_cycle_) {
    give_up(RunEnd::time_limit, 0,
            fmt::format("the limit of {:.12g} s of simulated time is reached",
                        static_cast<double>(limits_.time_ps) * 1.0e-12));
  } else {
    const std::uint64_t limit = std::min(exact_limit, soft_limit);
    const bool exact = exact_limit <= soft_limit;
    handle(debugger_ != nullptr ? debugger_->run(limit, exact) : core_.run(limit, exact), limit);
  }
}

void HostSubsystem::pass_deadline() {
  deadline_ = never;
  deadline_cycle_ = no_cycle;
  if (const std::function<void()> passed = std::exchange(deadline_passed_, {})) {
    passed();
  }
}

void HostSubsystem::handle(Stop stop, std::uint64_t limit) {
  const bool no_more_stores = stop == Stop::wfi || stop == Stop::trap_loop || stop == Stop::endless_loop;
  if (no_more_stores && calls_.exit_deadline() != 0) {
    calls_.deadline_passed();  // the other half of `tohost` is not coming
  }
  check_guest_exit();
  if (result_.kind != RunEnd::none) {
    return;
  }
  switch (stop) {
    case Stop::wfi:
      sleep();
      break;
    case Stop::spin:
      core_.spin_until(limit);
      break;
    case Stop::trap_loop:
      give_up(RunEnd::trap_loop, 1,
              fmt::format("endless trap loop: {} at {} again and again", cause_name(core_.csrs().mcause()),
                          symbols_.describe(core_.csrs().mepc())));
      break;
    case Stop::endless_loop:
      give_up(RunEnd::endless_loop, 1,
              fmt::format("endless loop with interrupts off at {}", symbols_.describe(core_.pc())));
      break;
    case Stop::breakpoint:
    case Stop::watchpoint:
    case Stop::caught:
    case Stop::stepped:
      if (debugger_ != nullptr) {
        settle();
        debugger_->halted(stop);
      }
      break;
    default:
      break;
  }
}

bool HostSubsystem::can_wake() const {
  const std::uint32_t enabled = core_.csrs().mie();
  if ((enabled & mip_mtip) != 0 && clint_.timer_ps() != Clint::never) {
    return true;
  }
  if ((enabled & mip_meip) == 0 || !plic_.can_interrupt(0)) {
    return false;
  }
  return external_input_ || sc_core::sc_pending_activity();
}

void HostSubsystem::sleep() {
  const probe::Time begin = local_time();
  const std::uint32_t pc = core_.pc();
  post_energy();
  post_static(begin);
  span("awake", begin);
  catch_up();
  asleep_ = true;
  bool slept_deep = false;
  for (;;) {
    if (debugger_ != nullptr && debugger_->wants_attention()) {
      attend_debugger();
    }
    const probe::Time now = sc_core::sc_time_stamp().value();
    core_.set_interrupt_line(mip_mtip, clint_.timer_interrupt(now));
    if (deep_ && result_.kind == RunEnd::none && now < std::min(limits_.time_ps, deadline_)) {
      if (std::min(limits_.time_ps, deadline_) == never) {
        wait(wake_);
      } else {
        wait(sc_core::sc_time::from_value(std::min(limits_.time_ps, deadline_) - now), wake_);
      }
      if (!deep_) {
        break;  // whatever woke the chip, the WFI is over
      }
      continue;
    }
    if (core_.csrs().wakes() || result_.kind != RunEnd::none || now >= std::min(limits_.time_ps, deadline_) ||
        core_.pc() != pc) {
      break;  // a debugger may have moved the hart elsewhere
    }
    const WfiAnswer answer = on_wait_for_interrupt ? on_wait_for_interrupt(now) : WfiAnswer::wait;
    if (answer == WfiAnswer::go_on) {
      break;
    }
    if (answer == WfiAnswer::deep_sleep) {
      post_static(now);
      deep_ = true;
      slept_deep = true;
      supplied_ = false;
      continue;
    }
    if (!can_wake()) {
      give_up(RunEnd::wfi_forever, 1, "asleep in wfi, and no enabled interrupt can ever come");
      continue;
    }
    const bool timer = (core_.csrs().mie() & mip_mtip) != 0;
    const probe::Time due = std::min({limits_.time_ps, deadline_, timer ? clint_.timer_ps() : never});
    if (due == never) {
      wait(wake_);
    } else {
      wait(sc_core::sc_time::from_value(due - now), wake_);
    }
  }
  kernel_now_ = sc_core::sc_time_stamp().value();
  synchronised_cycle_ = clock_.cycle_at(kernel_now_);
  const std::uint64_t begin_cycle = core_.cycles();
  core_.stall_until(synchronised_cycle_);
  const probe::Time end_of_sleep = local_time();
  wfi_cycles_ += core_.cycles() - begin_cycle;
  if (profiler_) {
    profiler_->slept(core_.cycles());
  }
  post_static(end_of_sleep);
  span(slept_deep ? "sleep" : "asleep", end_of_sleep);
  asleep_ = false;
}

void HostSubsystem::supply_up(probe::Time at) {
  post_static(at);
  supplied_ = true;
}

void HostSubsystem::resume() {
  post_static(sc_core::sc_time_stamp().value());
  deep_ = false;
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void HostSubsystem::set_interrupt(std::uint32_t plic_source, bool level) {
  plic_.set_level(plic_source, level);
  // Caused by an access of the CPU itself, it happens at the CPU's time, which may be ahead of the kernel's.
  const bool by_cpu = sc_core::sc_get_current_process_handle() == cpu_process_;
  const probe::Time at = by_cpu ? local_time() : sc_core::sc_time_stamp().value();
  probe_.interrupt(plic_source, level, at);
  if (on_interrupt_line) {
    on_interrupt_line(plic_source, level, at);
  }
  core_.set_interrupt_line(mip_meip, plic_.output(0));
  if (asleep_ && !deep_ && core_.csrs().wakes()) {
    wake_.notify(sc_core::SC_ZERO_TIME);
  }
}

// --- ends of the run -------------------------------------------------------------------------------------------------

void HostSubsystem::check_guest_exit() {
  if (calls_.exit_deadline() != 0 && core_.cycles() >= calls_.exit_deadline()) {
    calls_.deadline_passed();
  }
  if (!calls_.exit() || result_.kind != RunEnd::none) {
    return;
  }
  const GuestCalls::Exit exit = *calls_.exit();
  end(exit.semihosting ? RunEnd::semihosting_exit : RunEnd::tohost, exit.code,
      fmt::format("the program ended with code {}", exit.code));
}

void HostSubsystem::stop(RunEnd kind, std::uint32_t exit_code, std::string reason) {
  end(kind, exit_code, std::move(reason));
  if (asleep_) {
    wake_.notify(sc_core::SC_ZERO_TIME);
  }
}

void HostSubsystem::check_stop() {
  if (stop_asked_ != nullptr && stop_asked_->load(std::memory_order_relaxed)) {
    stop(RunEnd::stopped, 1, "stopped by the user");
  }
}

void HostSubsystem::end(RunEnd kind, std::uint32_t exit_code, std::string reason) {
  if (result_.kind != RunEnd::none) {
    return;
  }
  result_.kind = kind;
  result_.exit_code = exit_code;
  result_.time_ps = local_time();
  result_.reason = std::move(reason);
  core_.request_stop();
  if (result_.passed() || kind == RunEnd::finisher_reset) {
    return;
  }
  const FaultRecord& fault = core_.last_fault();
  // A program that says itself that it failed usually comes from its handler; otherwise an exception that a handler
  // has dealt with is past, and where the program is now tells more.
  const bool says_so = kind == RunEnd::finisher_fail || kind == RunEnd::tohost || kind == RunEnd::semihosting_exit;
  const bool exception = fault.valid && (says_so || core_.fault_open());
  result_.report = make_report(exception ? fault : core_.snapshot(), exception, symbols_, regions_);
  add_hints(result_.report);
}

void HostSubsystem::add_hints(FaultReport& report) const {
  if (!float_abi_.empty() && report.record.cause == cause_illegal && !report.cause.empty()) {
    report.hints.push_back(
        fmt::format("the program was compiled for a floating-point unit (-mabi={}), this hart has none: use "
                    "-march=rv32imac -mabi=ilp32",
                    float_abi_));
  }
  const std::uint32_t sp = report.record.x[2];
  for (const LoadedRange& range : loaded_) {
    if (sp >= range.begin && sp < range.end) {
      report.hints.push_back(
          fmt::format("sp {:#010x} lies in what was loaded from the program's file ({:#010x}..{:#010x}): the "
                      "stack has probably overflowed into code or data",
                      sp, range.begin, range.end - 1));
    }
  }
}

void HostSubsystem::finish() {
  if (finished_) {
    dump(result_.time_ps);
    return;
  }
  finished_ = true;
  const probe::Time now = sc_core::sc_time_stamp().value();
  if (asleep_ && !sc_core::sc_pending_activity() && !external_input_) {
    const std::string reason = deep_ ? "in deep sleep, and no wake source that is enabled can ever come"
                                     : "asleep in wfi, and nothing that could raise an interrupt is going on any more";
    if (debugger_ != nullptr && debugger_->attached()) {
      // The kernel has stopped: what the debugger changes now has no consequences any more.
      settle();
      debugger_->stuck(RunEnd::wfi_forever, reason);
    }
    end(RunEnd::wfi_forever, 1, reason);
    if (debugger_ != nullptr) {
      debugger_->ended(result_);
    }
  }
  post_energy();
  span(asleep_ ? "asleep" : "awake", now);
  result_.time_ps = std::max(now, local_time());
  if (profiler_ && asleep_) {
    profiler_->slept(counters().cycles);
  }
  dump(result_.time_ps);
}

}  // namespace tessera::host
