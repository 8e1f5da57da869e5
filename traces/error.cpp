// SPDX-License-Identifier: Apache-2.0
#include "traces/error.h"

#include <fmt/format.h>

namespace tessera::traces {

TraceError::TraceError(TraceFault fault, std::string_view where, std::string_view what, std::string_view advice)
    : std::runtime_error(fmt::format("{}: {}; {}", where, what, advice)), fault_(fault) {}

}  // namespace tessera::traces
