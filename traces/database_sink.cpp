// SPDX-License-Identifier: Apache-2.0
#include "traces/database_sink.h"

#include <array>
#include <map>
#include <utility>

#include "traces/names.h"

namespace tessera::traces {
namespace {

/// Writes the entries of a growing list that are new since the last call.
template <typename List, typename Put>
void put_new(const List& list, std::size_t& known, const Put& put) {
  for (; known < list.size(); ++known) {
    put(static_cast<std::uint32_t>(known), list[known]);
  }
}

}  // namespace

DatabaseSink::DatabaseSink(std::filesystem::path path, const Registry& registry)
    : registry_(registry), writer_(std::move(path)) {}

DatabaseSink::~DatabaseSink() {
  if (!closed_) {
    hand_over();
  }
}

void DatabaseSink::job(const probe::JobRecord& record, std::uint32_t inference) {
  event(RecordTag::job, record, inference);
}

void DatabaseSink::hand_over() {
  put_new_names();
  if (events_ % events_per_commit == 0) {
    put_checkpoint();
    out_.record(RecordTag::commit);
  }
  writer_.push(out_.bytes());
}

void DatabaseSink::put_new_names() {
  using std::string_view;
  const power::Ledger& ledger = *registry_.ledger;
  put_new(ledger.components(), known_.components, [&](std::uint32_t id, const power::Ledger::Component& component) {
    out_.record(RecordTag::component, id, string_view(component.path), name_of(component.category));
  });
  put_new(ledger.scopes(), known_.scopes,
          [&](std::uint32_t id, const probe::Scope& scope) { out_.record(RecordTag::scope, id, scope); });
  put_new(registry_.lanes, known_.lanes,
          [&](std::uint32_t id, const std::string& path) { out_.record(RecordTag::lane, id, string_view(path)); });
  put_new(registry_.counters, known_.counters, [&](std::uint32_t id, const Registry::Counter& counter) {
    out_.record(RecordTag::counter_name, id, string_view(counter.path), string_view(counter.unit),
                string_view(counter.description));
  });
  put_new(registry_.span_names, known_.span_names,
          [&](std::uint32_t id, const std::string& name) { out_.record(RecordTag::span_name, id, string_view(name)); });
  put_new(registry_.call_sites, known_.call_sites, [&](std::uint32_t id, const Registry::CallSite& site) {
    out_.record(RecordTag::call_site, id, site.pc, site.return_address, string_view(site.function),
                string_view(site.caller));
  });
  // Maps are small and usually filled before the run: written whole when they grew.
  if (known_.layers != registry_.layers.size()) {
    known_.layers = registry_.layers.size();
    for (const auto& [id, layer] : registry_.layers) {
      out_.record(RecordTag::layer, static_cast<std::uint32_t>(id), string_view(layer.name), string_view(layer.kind));
    }
  }
  if (known_.jobs != registry_.jobs.size()) {
    known_.jobs = registry_.jobs.size();
    for (const auto& [tag, name] : registry_.jobs) {
      out_.record(RecordTag::job_name, tag, string_view(name));
    }
  }
  if (known_.meta != registry_.meta.size()) {
    known_.meta = registry_.meta.size();
    for (const auto& [key, value] : registry_.meta) {
      out_.record(RecordTag::meta, string_view(key), string_view(value));
    }
  }
}

void DatabaseSink::put_checkpoint() {
  std::map<std::pair<probe::ComponentId, probe::Cause>, power::Amount> sums;
  registry_.ledger->for_each(
      [&](probe::ScopeId, probe::ComponentId component, probe::Cause cause, power::Amount amount) {
        sums[{component, cause}] += amount;
      });
  for (const auto& [key, amount] : sums) {
    out_.record(RecordTag::checkpoint, std::uint64_t{key.first}, static_cast<std::uint8_t>(key.second), amount);
  }
}

void DatabaseSink::put_energy(const power::Ledger& ledger) {
  ledger.for_each([&](probe::ScopeId scope, probe::ComponentId component, probe::Cause cause, power::Amount amount) {
    out_.record(RecordTag::energy, std::uint64_t{scope}, std::uint64_t{component}, static_cast<std::uint8_t>(cause),
                amount);
  });
  probe::Time begin = 0;
  for (const power::CategoryAmounts& window : ledger.windows()) {
    const probe::Time end = begin + ledger.window_width();
    for (std::size_t category = 0; category < window.size(); ++category) {
      if (window[category] != 0) {
        out_.record(RecordTag::energy_window, begin, end, static_cast<std::uint8_t>(category), window[category]);
      }
    }
    begin = end;
  }
}

void DatabaseSink::close(const Summary& summary) {
  closed_ = true;
  // Names may have changed without their number changing: write all of them again (they replace).
  known_.layers = known_.jobs = known_.meta = ~std::size_t{0};
  known_.call_sites = 1;
  put_new_names();
  out_.record(RecordTag::clear_checkpoint);
  put_energy(summary.ledger);
  for (const Registry::Residency& r : registry_.residencies) {
    out_.record(RecordTag::power_state, std::string_view(r.block), static_cast<std::uint8_t>(r.state), r.time, r.energy,
                r.entries);
  }
  const std::string end = std::to_string(summary.end);
  out_.record(RecordTag::meta, std::string_view("end_ps"), std::string_view(end));
  out_.record(RecordTag::meta, std::string_view("complete"), std::string_view("1"));
  writer_.push(out_.bytes());
  writer_.finish();
}

}  // namespace tessera::traces
