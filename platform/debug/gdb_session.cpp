// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/gdb_session.h"

#include <fmt/format.h>

#include <utility>

#include "models/host/debug/target_description.h"

namespace tessera::debug {

using host::Halt;
using host::RunEnd;
using host::Signal;
using State = host::GdbStub::State;

namespace {

Signal signal_of(RunEnd kind, std::uint32_t mcause) {
  switch (kind) {
    case RunEnd::trap_loop:
      return host::signal_of(mcause);
    case RunEnd::instruction_limit:
    case RunEnd::time_limit:
      return Signal::cpu_time;
    case RunEnd::stopped:
      return Signal::kill;
    case RunEnd::endless_loop:
    case RunEnd::wfi_forever:
      return Signal::stop;
    default:
      return Signal::none;
  }
}

}  // namespace

GdbSession::GdbSession(GdbServer& server, platform::Chip& chip, const power::Ledger& ledger,
                       const host::ElfImage& program, std::string program_name, const std::atomic<bool>* stop)
    : server_(server),
      host_(chip.host()),
      port_(host_.core(), host_),
      monitor_(chip, ledger, port_, program, std::move(program_name)),
      stub_(port_, host::target_xml(host_.core()), host::memory_map_xml(host_.regions())),
      stop_(stop) {
  stub_.monitor = [this](std::string_view command) { return monitor_.run(command); };
  stub_.kill = [this] { host_.stop(RunEnd::stopped, 1, "killed by the debugger"); };
  stub_.explain = [this](const Halt& halt) { return explain(halt); };
  server_.on_news([this] { host_.wake_debugger(); });
  host_.set_debugger(this);
}

GdbSession::~GdbSession() {
  server_.on_news(nullptr);
  host_.set_debugger(nullptr);
}

bool GdbSession::attached() const {
  return stub_.state() == State::halted || stub_.state() == State::running;
}

void GdbSession::process(const GdbServer::Input& input) {
  stub_.receive(input.bytes);
  server_.send(stub_.take_output());
  waiting_ = waiting_ && stub_.packets() == 0;
  if (stub_.intruder() && !input.closed) {
    server_.drop();
  }
  if (input.closed || stub_.intruder()) {
    stub_.disconnected();
  }
}

void GdbSession::attend() {
  if (server_.news()) {
    process(server_.take());
  }
  serve();
}

void GdbSession::serve() {
  constexpr auto look = std::chrono::milliseconds(100);
  while (waiting_ || stub_.state() == State::halted) {
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) {
      waiting_ = false;
      host_.check_stop();
      return;
    }
    process(server_.wait(look));
  }
}

void GdbSession::halted(host::Stop stop) {
  if (const auto halt = port_.halt_of(stop)) {
    stub_.halted(*halt);
    server_.send(stub_.take_output());
    serve();
  }
}

bool GdbSession::stuck(RunEnd kind, std::string_view reason) {
  const std::uint64_t here = host_.core().instructions();
  if (told_ == kind && told_at_ == here) {
    return false;
  }
  told_ = kind;
  told_at_ = here;
  reason_ = reason;
  stub_.halted({Halt::Reason::stuck, signal_of(kind, host_.core().csrs().mcause()), 0});
  server_.send(stub_.take_output());
  serve();
  return true;
}

void GdbSession::ended(const host::RunResult& result) {
  stub_.ended(result.exit_code, signal_of(result.kind, host_.core().csrs().mcause()));
  server_.send(stub_.take_output());
}

std::string GdbSession::explain(const Halt& halt) const {
  if (halt.reason == Halt::Reason::stuck) {
    return fmt::format("tessera: {}; to continue ends the run\n", reason_);
  }
  if (halt.reason != Halt::Reason::exception || port_.caught_cause() == host::cause_breakpoint) {
    return "";
  }
  return fmt::format("tessera: {} at {}, mtval {:#010x}; to continue takes the trap\n",
                     host::cause_name(port_.caught_cause()), host_.symbols().describe(host_.core().pc()),
                     port_.caught_value());
}

}  // namespace tessera::debug
