// SPDX-License-Identifier: Apache-2.0
// What a console must say, in order and in simulated time, and what it must not: the tester of `boot --expect`.
//
// Matching is per line, with RE2 (linear time: no output can make it hang). A pattern is tried against every line as it
// grows, so that prompts without a line end match, too; "$" only matches where a line really ends. Each pattern looks
// at what comes behind the match of the one before it, on the same line or on later ones. SystemC-free.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace tessera::platform {

/// Not a regular expression of RE2 syntax.
struct PatternError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes outside of printable ASCII as \xNN, so that neither a terminal nor a log is at the mercy of the guest.
[[nodiscard]] std::string printable(std::string_view text);

struct Expectation {
  std::string pattern;
  std::optional<std::uint64_t> within_ps;  ///< from the match before it, or from the start
};

class Expectations {
 public:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t longest_line = 4096;  ///< longer ones lose their beginning

  struct Seen {
    std::string pattern;
    bool matched = false;
    std::uint64_t at_ps = 0;  ///< of the byte that completed the match
    std::string text;         ///< what matched
  };
  enum class State : std::uint8_t { open, met, failed };

  /// @throws PatternError
  Expectations(std::vector<Expectation> expected, const std::vector<std::string>& forbidden);
  ~Expectations();
  Expectations(const Expectations&) = delete;
  Expectations& operator=(const Expectations&) = delete;

  /// A byte of console output at simulated time `at_ps`.
  void put(std::uint8_t byte, std::uint64_t at_ps);
  /// The deadline has come without a match.
  void deadline_passed();
  /// The program has ended; what is still open has failed. @param how  "the program reported success"
  void program_ended(std::string_view how);

  /// Met: all matched (never so without an expectation). Failed: see reason(). Both are final but for a forbidden
  /// match.
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint64_t deadline_ps() const { return deadline_; }
  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }
  /// One line: which pattern failed, and when.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// The last lines of output, each with the time of its last byte.
  [[nodiscard]] std::string last_lines() const;

 private:
  struct Line {
    std::string text;
    std::uint64_t at_ps = 0;
  };
  void match(bool line_ended, std::uint64_t at_ps);
  void refuse(bool line_ended, std::uint64_t at_ps);
  void fail(std::string reason);
  void begin_next(std::uint64_t at_ps);

  std::vector<Expectation> expected_;
  std::vector<std::unique_ptr<re2::RE2>> patterns_, forbidden_;
  std::vector<Seen> seen_;
  std::size_t next_ = 0;
  std::uint64_t deadline_ = never;
  std::uint64_t since_ = 0;
  State state_ = State::open;
  std::string reason_;
  Line line_;
  std::size_t used_ = 0;  ///< of line_: bytes that a match has taken
  std::deque<Line> lines_;
};

}  // namespace tessera::platform
