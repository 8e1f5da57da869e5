// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace tessera::cli {

using Clock = std::chrono::steady_clock;

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), shown_(isatty(STDERR_FILENO) != 0), begin_(Clock::now()), drawn_(begin_) {}

Progress::~Progress() {
  if (shown_ && drawn_ != begin_) {
    draw(done_, true);
  }
}

void Progress::update(std::uint64_t done) {
  done_ = done;
  if (!shown_) {
    return;
  }
  const auto now = Clock::now();
  if (now - drawn_ > std::chrono::milliseconds(100)) {
    drawn_ = now;
    draw(done, false);
  }
}

void Progress::draw(std::uint64_t done, bool last) {
  constexpr int width = 30;
  const double share = total_ == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total_);
  const auto filled = static_cast<std::size_t>(share * width);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  fmt::print(stderr, "\r{} [{}{}] {}/{}  {:.1f} s{}", what_, std::string(filled, '#'), std::string(width - filled, ' '),
             done, total_, seconds, last ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace tessera::cli
