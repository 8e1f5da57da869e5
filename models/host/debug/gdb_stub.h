// SPDX-License-Identifier: Apache-2.0
// GDB's remote serial protocol on top of a debug port: bytes from the client in, bytes for the client out. Knows no
// socket and no thread. A client can send what it likes: it gets an error answer, never an exception, and no memory but
// the target's.
// Source: "Debugging with GDB", appendix E (remote protocol), all-stop mode, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "models/host/debug/debug_port.h"
#include "models/host/debug/rsp_packet.h"

namespace tessera::host {

class GdbStub {
 public:
  enum class State : std::uint8_t {
    detached,  ///< nobody has said anything sensible yet, or they have gone: the program is not theirs
    halted,    ///< the client has the word
    running,   ///< the program runs until something stops it
    ended      ///< the run is over
  };
  static constexpr std::size_t packet_limit = 0x4000;

  /// Answers `monitor` commands with text for a human. May be empty.
  std::function<std::string(std::string_view command)> monitor;
  /// The client kills the program; the owner ends the run. May be empty.
  std::function<void()> kill;
  /// Text that goes with a halt, for the client's console; empty: none. May be empty itself.
  std::function<std::string(const Halt&)> explain;

  /// @param memory_map  XML, or empty
  GdbStub(DebugPort& port, std::string target_xml, std::string memory_map);

  /// Bytes of the client. The hart must stand between two instructions; it may go on only if state() says so after.
  void receive(std::span<const std::uint8_t> bytes);
  /// The connection is gone: as if detached.
  void disconnected();
  /// The hart stopped although the client let it run.
  void halted(const Halt& halt);
  /// Text for the client's console; only shown while the program runs.
  void console(std::string_view text);
  /// The run is over. @param signal  none: the program ended by itself with this code
  void ended(std::uint32_t exit_code, Signal signal);

  [[nodiscard]] State state() const { return state_; }
  /// What is to be sent to the client since the last call.
  [[nodiscard]] std::string take_output();
  /// Bytes that no debugger sends were the first on this connection: somebody else is knocking.
  [[nodiscard]] bool intruder() const { return intruder_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }

 private:
  void on_event(RspReader::Event event);
  void on_packet(std::string_view packet);
  void on_interrupt();
  void send(std::string_view text);
  void reply_error(std::uint8_t code);
  void go(DebugPort::Going going, bool deliver, std::uint32_t begin = 0, std::uint32_t end = 0);
  void detach();
  [[nodiscard]] std::string stop_reply() const;

  // Each answers one packet; `at` stands behind the command's letter or name.
  void read_registers();
  void write_registers(std::string_view hex);
  void read_register(RspCursor at);
  void write_register(RspCursor at);
  void read_memory(RspCursor at);
  void write_memory(RspCursor at, bool binary);
  void point(RspCursor at, bool insert);
  void old_resume(RspCursor at, DebugPort::Going going, bool with_signal);
  void continue_or_step(RspCursor at);
  void v_packet(RspCursor at);
  void query(RspCursor at);
  void set(RspCursor at);
  void transfer(RspCursor at);
  void remote_command(RspCursor at);
  void pass_signals(RspCursor at);

  DebugPort& port_;
  std::string target_xml_, memory_map_;
  RspReader reader_{packet_limit};
  State state_ = State::detached;
  Halt halt_;
  std::string end_reply_;
  std::string output_;
  std::string last_sent_;
  bool acknowledge_ = true;
  bool stop_names_ = false;  ///< the client understands swbreak and hwbreak
  bool intruder_ = false;
  bool fresh_ = true;    ///< no byte of this connection was seen
  bool resent_ = false;  ///< once per receive() is enough: a flood of '-' must not be multiplied
  std::uint64_t packets_ = 0;
  std::set<std::uint8_t> passed_signals_;
};

}  // namespace tessera::host
