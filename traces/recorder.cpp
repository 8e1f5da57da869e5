// SPDX-License-Identifier: Apache-2.0
#include "traces/recorder.h"

#include <exception>

#include "traces/names.h"

namespace tessera::traces {
namespace {

// Firmware chooses region numbers and addresses; these bounds keep a hostile or broken one from filling the host's
// memory. What exceeds them is counted in the trace's meta table.
constexpr std::size_t most_open_regions = 65536;
constexpr std::size_t most_call_sites = 65536;
constexpr std::size_t most_span_names = 4096;
constexpr std::size_t most_recent_inferences = 64;

}  // namespace

Recorder::Recorder(const RecorderOptions& options) : ledger_(options.soc, options.ledger), full_(options.full) {
  registry_.ledger = &ledger_;
  registry_.call_sites.emplace_back();
  registry_.meta["trace_level"] = options.full ? "full" : "default";
  registry_.meta["bus_cycle_ps"] = std::to_string(options.bus_cycle);
}

void Recorder::set_layer(std::int32_t layer, std::string_view name, std::string_view kind) {
  registry_.layers[layer] = {std::string(name), std::string(kind)};
}

void Recorder::set_job(std::uint32_t tag, std::string_view name) {
  registry_.jobs[tag] = std::string(name);
}

void Recorder::set_meta(std::string_view key, std::string_view value) {
  registry_.meta[std::string(key)] = std::string(value);
}

void Recorder::close(probe::Time end) {
  if (closed_) {
    return;
  }
  closed_ = true;
  for (const auto& [region, begins] : open_regions_) {
    for (const probe::Time begin : begins) {
      const RegionRecord unfinished{region, begin, never};
      tell([&unfinished](Sink& sink) { sink.region(unfinished); });
    }
  }
  if (symbols_ != nullptr) {
    for (std::size_t i = 1; i < registry_.call_sites.size(); ++i) {
      Registry::CallSite& site = registry_.call_sites[i];
      site.function = symbols_->place(site.pc);
      site.caller = symbols_->place(site.return_address);
    }
  }
  if (unmatched_ends_ != 0) {
    registry_.meta["markers_without_begin"] = std::to_string(unmatched_ends_);
  }
  if (refused_begins_ != 0) {
    registry_.meta["markers_refused"] = std::to_string(refused_begins_);
  }
  tell([&](Sink& sink) { sink.close({registry_, ledger_, end}); });
  std::exception_ptr first;
  for (const Slot& slot : sinks_) {
    first = first ? first : slot.error;
  }
  sinks_.clear();
  if (first) {
    std::rethrow_exception(first);
  }
}

probe::ComponentId Recorder::add_component(std::string_view path, probe::Category category) {
  return ledger_.add_component(path, category);
}

probe::LaneId Recorder::add_lane(std::string_view path) {
  registry_.lanes.emplace_back(path);
  return static_cast<probe::LaneId>(registry_.lanes.size() - 1);
}

probe::CounterId Recorder::add_counter(std::string_view path, std::string_view unit, std::string_view description) {
  registry_.counters.push_back({std::string(path), std::string(unit), std::string(description)});
  return static_cast<probe::CounterId>(registry_.counters.size() - 1);
}

probe::CallSiteId Recorder::call_site(std::uint32_t pc, std::uint32_t return_address, std::uint32_t stack) {
  if (pc == 0 && return_address == 0) {
    return 0;
  }
  const std::pair<std::uint64_t, std::uint32_t> key{std::uint64_t{pc} << 32 | return_address, stack};
  if (const auto known = call_site_ids_.find(key); known != call_site_ids_.end()) {
    return known->second;
  }
  if (registry_.call_sites.size() >= most_call_sites) {
    return 0;
  }
  const auto id = static_cast<probe::CallSiteId>(registry_.call_sites.size());
  registry_.call_sites.push_back({pc, return_address, {}, {}});
  call_site_ids_.emplace(key, id);
  return id;
}

void Recorder::job(const probe::JobRecord& record) {
  const std::uint32_t inference = inference_at(record.submitted);
  tell([&](Sink& sink) { sink.job(record, inference); });
}

void Recorder::span(probe::LaneId lane, std::string_view name, probe::ScopeId scope, probe::Time begin,
                    probe::Time end) {
  if (sinks_.empty()) {
    return;
  }
  auto known = span_name_ids_.find(name);
  if (known == span_name_ids_.end()) {
    if (registry_.span_names.size() >= most_span_names) {
      name = "(more)";
      known = span_name_ids_.find(name);
    }
    if (known == span_name_ids_.end()) {
      known = span_name_ids_.emplace(name, static_cast<std::uint32_t>(registry_.span_names.size())).first;
      registry_.span_names.emplace_back(name);
    }
  }
  const bool idle =
      name == "asleep" || name == "idle" || name == "off" || name == "sleep" || name == "standby" || name == "waking";
  tell([&](Sink& sink) { sink.span({lane, known->second, scope, begin, end, idle}); });
}

void Recorder::marker(probe::MarkerKind kind, std::uint32_t region, probe::Time at) {
  tell([&](Sink& sink) { sink.marker({kind, region, at}); });
  if (kind == probe::MarkerKind::begin) {
    begin_region(region, at);
  } else if (kind == probe::MarkerKind::end) {
    end_region(region, at);
  }
}

void Recorder::begin_region(std::uint32_t region, probe::Time at) {
  if (open_count_ >= most_open_regions) {
    ++refused_begins_;
    return;
  }
  open_regions_[region].push_back(at);
  ++open_count_;
  if (region_kind(region) == static_cast<std::uint32_t>(RegionKind::inference)) {
    recent_inferences_.push_back({region, at, never});
    if (recent_inferences_.size() > most_recent_inferences) {
      recent_inferences_.pop_front();
    }
  }
}

void Recorder::end_region(std::uint32_t region, probe::Time at) {
  const auto open = open_regions_.find(region);
  if (open == open_regions_.end()) {
    ++unmatched_ends_;
    return;
  }
  const RegionRecord record{region, open->second.back(), at};
  open->second.pop_back();
  --open_count_;
  if (open->second.empty()) {
    open_regions_.erase(open);
  }
  for (RegionRecord& inference : recent_inferences_) {
    if (inference.region == region && inference.begin == record.begin) {
      inference.end = at;
    }
  }
  tell([&](Sink& sink) { sink.region(record); });
}

std::uint32_t Recorder::inference_at(probe::Time at) const {
  for (auto inference = recent_inferences_.rbegin(); inference != recent_inferences_.rend(); ++inference) {
    if (inference->begin <= at && at <= inference->end) {
      return region_number(inference->region);
    }
  }
  return no_inference;
}

void Recorder::interrupt(std::uint32_t source, bool raised, probe::Time at) {
  tell([&](Sink& sink) { sink.interrupt({source, raised, at}); });
}

void Recorder::counter(probe::CounterId counter, std::uint64_t value, probe::Time at) {
  tell([&](Sink& sink) { sink.counter({counter, value, at}); });
}

void Recorder::residency(const probe::ResidencyRecord& record) {
  registry_.residencies.push_back(
      {std::string(record.block), record.state, record.time, record.energy, record.entries});
}

void Recorder::transaction(const probe::TransactionRecord& record) {
  tell([&](Sink& sink) { sink.transaction(record); });
}

}  // namespace tessera::traces
