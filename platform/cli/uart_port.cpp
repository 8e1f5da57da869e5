// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/uart_port.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "platform/cli/command.h"

namespace tessera::cli {
namespace {

using platform::ConsolePort;

std::atomic<bool> asked_to_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler writes it

void on_signal(int number) {
  asked_to_stop.store(true, std::memory_order_relaxed);
  std::signal(number, SIG_DFL);
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Waits until one can read without blocking. @return false: not within `patience`
bool wait_readable(int descriptor, std::chrono::nanoseconds patience) {
  pollfd poll_for{descriptor, POLLIN, 0};
  // At most a tenth of a second at a time, so that Ctrl-C is seen soon.
  const auto most = std::min<std::chrono::nanoseconds>(patience, std::chrono::milliseconds(100));
  const timespec time{0, most.count()};
  return ppoll(&poll_for, 1, &time, nullptr) > 0;
}

/// Standard input and output. On a terminal, keys come one by one and are not echoed: that is the guest's business.
class StandardStreams final : public ConsolePort {
 public:
  StandardStreams() {
    if (isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C still ends the run
      raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL);
      terminal_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
  }
  ~StandardStreams() override {
    if (terminal_) {
      tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
  }
  void put(std::uint8_t byte) override { std::putchar(byte); }
  std::size_t read(std::span<std::uint8_t> to, std::chrono::nanoseconds patience) override {
    std::fflush(stdout);
    if (to.empty()) {
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(patience, std::chrono::milliseconds(100)));
      return 0;
    }
    if (!wait_readable(STDIN_FILENO, patience)) {
      return 0;
    }
    const ssize_t size = ::read(STDIN_FILENO, to.data(), to.size());
    ended_ = size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  [[nodiscard]] bool ended() const override { return ended_; }

 private:
  termios before_{};
  bool terminal_ = false;
  bool ended_ = false;
};

class File final : public ConsolePort {
 public:
  explicit File(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) {
      throw CommandError(ExitCode::missing, fmt::format("--uart file:{}: {}", path, std::strerror(errno)));
    }
  }
  ~File() override { std::fclose(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void put(std::uint8_t byte) override { std::fputc(byte, file_); }
  std::size_t read(std::span<std::uint8_t> /*to*/, std::chrono::nanoseconds /*patience*/) override { return 0; }
  [[nodiscard]] bool ended() const override { return true; }

 private:
  std::FILE* file_;
};

/// A pseudo-terminal. Its other end stays open here, so that programs may come and go.
class PseudoTerminal final : public ConsolePort {
 public:
  PseudoTerminal() : ours_(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    if (!ours_ || grantpt(ours_.number()) != 0 || unlockpt(ours_.number()) != 0 ||
        ptsname_r(ours_.number(), name_.data(), name_.size()) != 0) {
      throw CommandError(ExitCode::missing, fmt::format("--uart pty: no pseudo-terminal: {}", std::strerror(errno)));
    }
    theirs_ = open_theirs();
    termios raw{};
    if (theirs_ && tcgetattr(theirs_.number(), &raw) == 0) {
      cfmakeraw(&raw);
      tcsetattr(theirs_.number(), TCSANOW, &raw);
    }
    fmt::print(stderr, "tessera: the serial port is {}\n", name_.data());
    std::fflush(stderr);
  }
  /// Closing throws away what has not been read yet: a reader, if there is one, gets the time to do so.
  ~PseudoTerminal() override {
    theirs_ = Descriptor();
    pollfd alone{ours_.number(), 0, 0};
    if (poll(&alone, 1, 0) > 0 && (alone.revents & POLLHUP) != 0) {
      return;
    }
    theirs_ = open_theirs();
    constexpr auto step = std::chrono::milliseconds(5);
    constexpr int steps_without_progress = 2000;  // readers on busy machines come late
    int before = 0;
    int waiting = 0;
    for (int idle = 0; idle < steps_without_progress && ioctl(theirs_.number(), FIONREAD, &waiting) == 0 && waiting > 0;
         idle = waiting < before ? 0 : idle + 1) {
      before = waiting;
      std::this_thread::sleep_for(step);
    }
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  void put(std::uint8_t byte) override {
    if (write(ours_.number(), &byte, 1) != 1) {
      return;  // nobody reads, and the terminal's buffer is full
    }
  }
  std::size_t read(std::span<std::uint8_t> to, std::chrono::nanoseconds patience) override {
    if (to.empty() || !wait_readable(ours_.number(), patience)) {
      return 0;
    }
    const ssize_t size = ::read(ours_.number(), to.data(), to.size());
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  [[nodiscard]] bool ended() const override { return false; }

 private:
  [[nodiscard]] Descriptor open_theirs() const { return Descriptor(open(name_.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)); }

  Descriptor ours_, theirs_;
  std::array<char, 128> name_{};
};

/// One client at a time; when it leaves, the next may come.
class Socket final : public ConsolePort {
 public:
  Socket(const std::string& host, const std::string& port, const std::atomic<bool>& stop) {
    listen_at(host, port);
    while (!client_ && !stop) {
      accept_client(std::chrono::milliseconds(100));
    }
  }
  void put(std::uint8_t byte) override {
    if (!client_) {
      return;
    }
    // A client that stops reading for this long has only itself to blame.
    constexpr int patience_ms = 1000;
    pollfd writable{client_.number(), POLLOUT, 0};
    if (send(client_.number(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
      return;
    }
    if (errno == EAGAIN && poll(&writable, 1, patience_ms) > 0 &&
        send(client_.number(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
      return;
    }
    client_ = Descriptor();
  }
  std::size_t read(std::span<std::uint8_t> to, std::chrono::nanoseconds patience) override {
    if (!client_) {
      accept_client(patience);
      return 0;
    }
    if (to.empty() || !wait_readable(client_.number(), patience)) {
      return 0;
    }
    const ssize_t size = recv(client_.number(), to.data(), to.size(), MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) {
      client_ = Descriptor();
    }
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  [[nodiscard]] bool ended() const override { return false; }

 private:
  void listen_at(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
      throw CommandError(ExitCode::missing, fmt::format("--uart tcp:{}:{}: {}", host, port, gai_strerror(error)));
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
    listener_ = Descriptor(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (!listener_ || setsockopt(listener_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener_.number(), found->ai_addr, found->ai_addrlen) != 0 || listen(listener_.number(), 1) != 0) {
      throw CommandError(ExitCode::missing, fmt::format("--uart tcp:{}:{}: {}; choose another port, or 0 for any", host,
                                                        port, std::strerror(errno)));
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    std::array<char, NI_MAXHOST> name{};
    std::array<char, NI_MAXSERV> number{};
    if (getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&bound), &size) == 0) {
      getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, name.data(), name.size(), number.data(), number.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV);
    }
    fmt::print(stderr, "tessera: the serial port listens at {} port {} and waits for a client\n", name.data(),
               number.data());
    std::fflush(stderr);
  }
  void accept_client(std::chrono::nanoseconds patience) {
    if (wait_readable(listener_.number(), patience)) {
      client_ = Descriptor(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    }
  }

  Descriptor listener_, client_;
};

}  // namespace

const std::atomic<bool>& stop_on_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return asked_to_stop;
}

std::unique_ptr<ConsolePort> open_uart(const std::string& where, const std::atomic<bool>& stop) {
  if (where == "stdio") {
    return std::make_unique<StandardStreams>();
  }
  if (where == "pty") {
    return std::make_unique<PseudoTerminal>();
  }
  if (where.starts_with("file:") && where.size() > 5) {
    return std::make_unique<File>(where.substr(5));
  }
  if (where.starts_with("tcp:")) {
    const std::string address = where.substr(4);
    const std::size_t colon = address.rfind(':');
    std::string host = colon == std::string::npos ? "127.0.0.1" : address.substr(0, colon);
    const std::string port = colon == std::string::npos ? address : address.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    const bool number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
    if (number && std::stoi(port) <= 65535 && !host.empty()) {
      return std::make_unique<Socket>(host, port, stop);
    }
  }
  throw CommandError(ExitCode::usage,
                     fmt::format("--uart {}: expected stdio, pty, tcp:PORT, tcp:HOST:PORT or file:PATH", where));
}

}  // namespace tessera::cli
