// SPDX-License-Identifier: Apache-2.0
// A debugger at work on a chip: joins the connection, the protocol, the hart's debug port and the monitor commands.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "models/host/debug/debugger.h"
#include "models/host/debug/gdb_stub.h"
#include "platform/chip/chip.h"
#include "platform/debug/gdb_server.h"
#include "platform/debug/monitor.h"

namespace tessera::debug {

class GdbSession final : public host::Debugger {
 public:
  /// The program does not start before a debugger has come. Everything given must outlive the session.
  /// @param stop  true ends the run, also while it waits for a debugger; null: never
  GdbSession(GdbServer& server, platform::Chip& chip, const power::Ledger& ledger, const host::ElfImage& program,
             std::string program_name, const std::atomic<bool>* stop);
  ~GdbSession() override;

  [[nodiscard]] bool wants_attention() const override { return waiting_ || server_.news(); }
  [[nodiscard]] bool attached() const override;
  void attend() override;
  host::Stop run(std::uint64_t cycle_limit, bool exact) override { return port_.run(cycle_limit, exact); }
  void halted(host::Stop stop) override;
  bool stuck(host::RunEnd kind, std::string_view reason) override;
  void ended(const host::RunResult& result) override;

 private:
  void process(const GdbServer::Input& input);
  /// Until the program may go on.
  void serve();
  [[nodiscard]] std::string explain(const host::Halt& halt) const;

  GdbServer& server_;
  host::HostSubsystem& host_;
  host::DebugPort port_;
  Monitor monitor_;
  host::GdbStub stub_;
  const std::atomic<bool>* stop_;
  bool waiting_ = true;  ///< for the first debugger
  std::string reason_;   ///< why the run is stuck
  host::RunEnd told_ = host::RunEnd::none;
  std::uint64_t told_at_ = 0;
};

}  // namespace tessera::debug
