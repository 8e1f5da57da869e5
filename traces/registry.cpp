// SPDX-License-Identifier: Apache-2.0
#include "traces/registry.h"

#include <fmt/format.h>

namespace tessera::traces {

std::string Registry::layer_name(std::int32_t layer) const {
  if (const auto known = layers.find(layer); known != layers.end()) {
    return known->second.name;
  }
  switch (layer) {
    case -1:
      return "(idle)";
    case power::Ledger::other_layer:
      return "(other)";
    default:
      return fmt::format("layer {}", layer);
  }
}

std::string Registry::job_name(std::uint32_t tag) const {
  if (tag == 0) {
    return {};
  }
  const auto known = jobs.find(tag);
  return known != jobs.end() ? known->second : fmt::format("job {}", tag);
}

std::string Registry::call_site_name(probe::CallSiteId id) const {
  if (id == 0 || id >= call_sites.size()) {
    return {};
  }
  const CallSite& site = call_sites[id];
  return fmt::format("{} < {}", site.function.empty() ? fmt::format("{:#010x}", site.pc) : site.function,
                     site.caller.empty() ? fmt::format("{:#010x}", site.return_address) : site.caller);
}

}  // namespace tessera::traces
