// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
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

void Progress::skip(std::uint64_t count) {
  skipped_ += count;
  update(done_ + count);
}

void Progress::draw(std::uint64_t done, bool last) {
  constexpr int width = 30;
  done = std::min(done, total_);
  const double share = total_ == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total_);
  const auto filled = static_cast<std::size_t>(share * width);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const std::uint64_t worked = done - std::min(done, skipped_);
  const double left =
      worked == 0 || last ? 0 : seconds * static_cast<double>(total_ - done) / static_cast<double>(worked);
  fmt::print(stderr, "\r{} [{}{}] {}/{}  {:.1f} s{:<12}{}", what_, std::string(filled, '#'),
             std::string(width - filled, ' '), done, total_, seconds,
             left > 0 ? fmt::format(", {:.0f} s left", left) : "", last ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace tessera::cli
