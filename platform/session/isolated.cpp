// SPDX-License-Identifier: Apache-2.0
#include "platform/session/isolated.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace tessera::platform {
namespace {

constexpr std::size_t most_bytes = std::size_t{16} << 20;
constexpr int failed = 1;

/// Never returns; no destructor, no buffer and no exit handler of the parent runs here.
[[noreturn]] void child(const std::function<std::string()>& work, unsigned seconds, int to) {
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGINT, SIGTERM}) {
    std::signal(number, SIG_DFL);
  }
  const rlimit time{seconds, seconds};
  setrlimit(RLIMIT_CPU, &time);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  alarm(seconds);
  try {
    const std::string text = work();
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t written = write(to, text.data() + done, text.size() - done);
      if (written < 0 && errno != EINTR) {
        _exit(failed);
      }
      done += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
  } catch (...) {
    _exit(failed);
  }
  _exit(0);
}

}  // namespace

std::optional<std::string> run_isolated(const std::function<std::string()>& work, unsigned seconds) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    return std::nullopt;
  }
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) {
    close(ends[0]);
    close(ends[1]);
    return std::nullopt;
  }
  if (process == 0) {
    close(ends[0]);
    child(work, seconds, ends[1]);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t size = read(ends[0], part.data(), part.size());
    if (size > 0 && text.size() < most_bytes) {
      text.append(part.data(), static_cast<std::size_t>(size));
    } else if (size >= 0 || errno != EINTR) {
      break;
    }
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? std::optional(text) : std::nullopt;
}

}  // namespace tessera::platform
