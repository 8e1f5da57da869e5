// SPDX-License-Identifier: Apache-2.0
#include "tests/debug/debugged_program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace tessera::test {
namespace {

constexpr int patience_ms = 60'000;  // for a machine that is busy with other things

}  // namespace

DebuggedProgram::DebuggedProgram(const std::string& program, const std::vector<std::string>& more)
    : elf_(fmt::format("{}/{}.elf", TESSERA_FIRMWARE_DIR, program)), log_(scratch_ / "log") {
  std::vector<std::string> words = {TESSERA_PROGRAM, "boot", elf_.string(), "--gdb=0", "-o", folder().string()};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  child_ = fork();
  if (child_ == 0) {
    const int file = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execv(arguments.front(), arguments.data());
    _exit(127);
  }
  const std::string mark = "waiting for a debugger on 127.0.0.1:";
  for (int waited = 0; waited < patience_ms && running(); waited += 10) {
    const std::string text = output();
    const std::size_t at = text.find(mark);
    if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
      port_ = std::atoi(text.c_str() + at + mark.size());
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("the program does not wait for a debugger:\n" + output());
}

DebuggedProgram::~DebuggedProgram() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
}

void DebuggedProgram::signal(int number) const {
  kill(child_, number);
}

bool DebuggedProgram::running() const {
  siginfo_t info{};
  return child_ > 0 && waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

int DebuggedProgram::finish() {
  for (int waited = 0; running(); waited += 10) {
    if (waited > patience_ms) {
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  int status = 0;
  waitpid(child_, &status, 0);
  child_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string DebuggedProgram::gdb(const std::vector<std::string>& commands) const {
  // One -ex each: a script would end at the first command that fails.
  std::string line =
      "timeout 60 gdb-multiarch -nx -batch -ex 'set pagination off' -ex 'set confirm off' -ex 'set width 0'";
  line += fmt::format(" -ex 'target remote 127.0.0.1:{}'", port_);
  for (const std::string& command : commands) {
    line += fmt::format(" -ex '{}'", command);
  }
  line += fmt::format(" '{}' 2>&1 </dev/null", elf_.string());
  std::FILE* pipe = popen(line.c_str(), "r");
  std::string said;
  std::array<char, 4096> part{};
  for (std::size_t size = 0; pipe != nullptr && (size = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    said.append(part.data(), size);
  }
  if (pipe != nullptr) {
    pclose(pipe);
  }
  return said;
}

bool have_gdb() {
  return std::system("command -v gdb-multiarch >/dev/null 2>&1") == 0;
}

Client::Client(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  std::memcpy(&generic, &address, sizeof generic);
  if (connect(socket_, &generic, sizeof generic) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

Client::~Client() {
  close();
}

void Client::close() {
  if (socket_ >= 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::packet(std::string_view text) {
  unsigned sum = 0;
  for (const char c : text) {
    sum += static_cast<unsigned char>(c);
  }
  return send(fmt::format("${}#{:02x}", text, sum & 0xFFu));
}

std::string Client::receive() {
  std::string text;
  int digits = -1;
  while (digits != 0) {
    pollfd wait{socket_, POLLIN, 0};
    char c = 0;
    if (poll(&wait, 1, patience_ms) != 1 || recv(socket_, &c, 1, 0) != 1) {
      return "";
    }
    text.push_back(c);
    digits = digits > 0 ? digits - 1 : c == '#' ? 2 : digits;
  }
  return text;
}

std::string Client::ask(std::string_view text) {
  if (!packet(text)) {
    return "(closed)";
  }
  const std::string answer = receive();
  const std::size_t begin = answer.find('$');
  return begin == std::string::npos ? "(closed)" : answer.substr(begin + 1, answer.size() - begin - 4);
}

}  // namespace tessera::test
