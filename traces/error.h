// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a trace: a type to act on and a sentence that says what, where and what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace tessera::traces {

enum class TraceFault {
  missing,       ///< no such file
  not_a_trace,   ///< not a database, or a database of something else
  version,       ///< written by a version whose schema this one does not know
  damaged,       ///< truncated or corrupt
  not_writable,  ///< disk full, no permission
};

class TraceError : public std::runtime_error {
 public:
  /// @param where  file; @param what  what is wrong; @param advice  what to do
  TraceError(TraceFault fault, std::string_view where, std::string_view what, std::string_view advice);
  [[nodiscard]] TraceFault fault() const { return fault_; }

 private:
  TraceFault fault_;
};

}  // namespace tessera::traces
