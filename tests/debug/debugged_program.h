// SPDX-License-Identifier: Apache-2.0
// `tessera boot ... --gdb 0` as a child process, debugger sessions against it, and a bare client.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/command.h"

namespace tessera::test {

class DebuggedProgram {
 public:
  /// Starts the program and waits until it listens. @param more  further arguments of the command
  explicit DebuggedProgram(const std::string& program, const std::vector<std::string>& more = {});
  /// Ends the process if it has not ended by itself.
  ~DebuggedProgram();
  DebuggedProgram(const DebuggedProgram&) = delete;
  DebuggedProgram& operator=(const DebuggedProgram&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] pid_t process() const { return child_; }
  /// Runs gdb-multiarch with these commands, one after the other. @return what it said
  [[nodiscard]] std::string gdb(const std::vector<std::string>& commands) const;
  /// Waits for the end. @return exit code, 128 + signal if it was killed by one
  int finish();
  [[nodiscard]] bool running() const;
  void signal(int number) const;
  [[nodiscard]] std::string output() const { return contents(log_); }
  [[nodiscard]] std::filesystem::path folder() const { return scratch_ / "out"; }

 private:
  Scratch scratch_;
  std::filesystem::path elf_, log_;
  pid_t child_ = -1;
  int port_ = 0;
};

[[nodiscard]] bool have_gdb();
inline constexpr const char* no_gdb = "gdb-multiarch is not installed (Debian package gdb-multiarch)";

/// A TCP connection that says what it is told to.
class Client {
 public:
  explicit Client(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// @return false: the other side has closed
  bool send(std::string_view bytes);
  bool packet(std::string_view text);
  /// Everything up to the end of the next packet, acknowledgements included; "" once the other side has closed.
  [[nodiscard]] std::string receive();
  /// Sends a packet. @return the text of the answer
  [[nodiscard]] std::string ask(std::string_view text);
  void close();

 private:
  int socket_ = -1;
};

}  // namespace tessera::test
