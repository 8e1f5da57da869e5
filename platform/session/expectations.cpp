// SPDX-License-Identifier: Apache-2.0
#include "platform/session/expectations.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "platform/text/duration.h"

namespace tessera::platform {
namespace {

constexpr std::size_t lines_kept = 10;

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);  // bytes, whatever the program prints
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  if (!compiled->ok()) {
    throw PatternError(fmt::format("/{}/ is no regular expression: {}; see github.com/google/re2/wiki/Syntax", pattern,
                                   compiled->error()));
  }
  return compiled;
}

/// Searches [from, end of text). An unfinished line is followed by some character that is not known yet.
bool search(const re2::RE2& pattern, std::string& line, std::size_t from, bool ended, re2::StringPiece& found) {
  const std::size_t size = line.size();
  if (!ended) {
    line.push_back('_');  // neither an end of line nor an end of word
  }
  const bool matched = pattern.Match(line, from, size, RE2::UNANCHORED, &found, 1);
  if (!ended) {
    line.pop_back();
  }
  return matched;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte >= 0x20 && byte < 0x7F ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return out;
}

Expectations::Expectations(std::vector<Expectation> expected, const std::vector<std::string>& forbidden)
    : expected_(std::move(expected)) {
  for (const Expectation& expectation : expected_) {
    patterns_.push_back(compile(expectation.pattern));
    seen_.push_back({expectation.pattern, false, 0, {}});
  }
  for (const std::string& pattern : forbidden) {
    forbidden_.push_back(compile(pattern));
  }
  begin_next(0);
}

Expectations::~Expectations() = default;

void Expectations::begin_next(std::uint64_t at_ps) {
  since_ = at_ps;
  deadline_ = never;
  if (next_ < expected_.size() && expected_[next_].within_ps) {
    const std::uint64_t within = *expected_[next_].within_ps;
    deadline_ = within > never - at_ps ? never : at_ps + within;
  }
}

void Expectations::put(std::uint8_t byte, std::uint64_t at_ps) {
  if (state_ == State::failed) {
    return;
  }
  line_.at_ps = at_ps;
  if (byte == '\n') {
    if (!line_.text.empty() && line_.text.back() == '\r') {
      line_.text.pop_back();
      used_ = std::min(used_, line_.text.size());
    }
    refuse(true, at_ps);
    match(true, at_ps);
    lines_.push_back(std::exchange(line_, {}));
    used_ = 0;
    if (lines_.size() > lines_kept) {
      lines_.pop_front();
    }
    return;
  }
  if (line_.text.size() >= longest_line) {
    line_.text.erase(0, longest_line / 2);
    used_ -= std::min(used_, longest_line / 2);
  }
  line_.text.push_back(static_cast<char>(byte));
  if (byte != '\r') {
    refuse(false, at_ps);
    match(false, at_ps);
  }
}

void Expectations::match(bool line_ended, std::uint64_t at_ps) {
  re2::StringPiece found;
  while (state_ == State::open && next_ < patterns_.size() &&
         search(*patterns_[next_], line_.text, used_, line_ended, found)) {
    Seen& seen = seen_[next_];
    seen.matched = true;
    seen.at_ps = at_ps;
    seen.text = std::string(found);
    used_ = static_cast<std::size_t>(found.data() - line_.text.data()) + found.size();
    ++next_;
    begin_next(at_ps);
    if (next_ == patterns_.size()) {
      state_ = State::met;
    }
  }
}

void Expectations::refuse(bool line_ended, std::uint64_t at_ps) {
  re2::StringPiece found;
  for (const auto& pattern : forbidden_) {
    if (search(*pattern, line_.text, 0, line_ended, found)) {
      const std::string text = printable(std::string_view(found.data(), found.size()));
      fail(fmt::format("the output matched the forbidden /{}/ at {}: \"{}\"", pattern->pattern(), text::duration(at_ps),
                       text));
      return;
    }
  }
}

void Expectations::fail(std::string reason) {
  if (state_ == State::failed) {
    return;
  }
  state_ = State::failed;
  deadline_ = never;
  reason_ = std::move(reason);
}

void Expectations::deadline_passed() {
  fail(fmt::format("expectation {} of {}, /{}/, was not met within {} of {} (until {})", next_ + 1, expected_.size(),
                   expected_[next_].pattern, text::duration(*expected_[next_].within_ps),
                   next_ == 0 ? "the start" : fmt::format("the match before it at {}", text::duration(since_)),
                   text::duration(deadline_)));
}

void Expectations::program_ended(std::string_view how) {
  if (state_ == State::open && next_ < expected_.size()) {
    fail(fmt::format("expectation {} of {}, /{}/, was not met when the run ended ({})", next_ + 1, expected_.size(),
                     expected_[next_].pattern, how));
  }
}

std::string Expectations::last_lines() const {
  std::string out;
  const auto add = [&out](const Line& line) {
    const std::string text = printable(line.text);
    constexpr std::size_t widest = 160;
    out += fmt::format("  {:>16}  {}\n", text::duration(line.at_ps),
                       text.size() <= widest ? text : "..." + text.substr(text.size() - widest));
  };
  for (const Line& line : lines_) {
    add(line);
  }
  if (!line_.text.empty()) {
    add(line_);
  }
  return out.empty() ? "  (nothing)\n" : out;
}

}  // namespace tessera::platform
