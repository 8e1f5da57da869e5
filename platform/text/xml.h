// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tessera::text {

/// Text as the content or a quoted attribute of an XML element; control characters, which XML does not allow, become
/// spaces.
[[nodiscard]] std::string xml_escaped(std::string_view text);

}  // namespace tessera::text
