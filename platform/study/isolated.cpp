// SPDX-License-Identifier: Apache-2.0
#include "platform/study/isolated.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace tessera::platform {
namespace {

void send(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = write(to, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) {
      return;
    }
    done += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
}

std::string receive(int from) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = read(from, part.data(), part.size());
    if (count == 0 || (count < 0 && errno != EINTR)) {
      return text;
    }
    text.append(part.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
}

}  // namespace

std::string isolated(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    throw std::runtime_error(std::string("no pipe to a child process: ") + std::strerror(errno));
  }
  std::fflush(nullptr);  // what is buffered must not be written twice
  const pid_t child = fork();
  if (child < 0) {
    const std::string reason = std::strerror(errno);
    close(ends[0]);
    close(ends[1]);
    throw std::runtime_error("no child process: " + reason);
  }
  if (child == 0) {
    close(ends[0]);
    int status = 0;
    try {
      send(ends[1], work());
    } catch (const std::exception& error) {
      send(ends[1], error.what());
      status = 1;
    }
    close(ends[1]);
    std::fflush(nullptr);
    _exit(status);  // exit() would run what belongs to the parent
  }
  close(ends[1]);
  const std::string text = receive(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    throw std::runtime_error("a simulation was ended by signal " + std::to_string(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) != 0) {
    throw std::runtime_error(text);
  }
  return text;
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace tessera::platform
