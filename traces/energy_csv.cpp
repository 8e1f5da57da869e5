// SPDX-License-Identifier: Apache-2.0
#include "traces/energy_csv.h"

#include <fmt/format.h>

#include "traces/file_output.h"
#include "traces/names.h"

namespace tessera::traces {
namespace {

/// Quoted as RFC 4180 says, where it has to be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

}  // namespace

std::string energy_csv(const power::Ledger& ledger, const Registry& registry) {
  std::string out = "component,category,cause,layer,job,call_site,joules\n";
  ledger.for_each([&](probe::ScopeId id, probe::ComponentId component, probe::Cause cause, power::Amount amount) {
    const probe::Scope& scope = ledger.scopes()[id];
    const power::Ledger::Component& what = ledger.components()[component];
    out += fmt::format("{},{},{},{},{},{},{}\n", field(what.path), name_of(what.category), name_of(cause),
                       field(registry.layer_name(scope.layer)), field(registry.job_name(scope.job)),
                       field(registry.call_site_name(scope.call_site)), power::joules_text(amount));
  });
  return out;
}

void EnergyCsvSink::close(const Summary& summary) {
  AtomicFile file(path_);
  file.write(energy_csv(summary.ledger, summary.registry));
  file.commit();
}

}  // namespace tessera::traces
