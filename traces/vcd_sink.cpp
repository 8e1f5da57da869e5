// SPDX-License-Identifier: Apache-2.0
#include "traces/vcd_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "traces/names.h"

namespace tessera::traces {
namespace {

// Signal 0 is "an inference runs"; lane i is signal i + 1.
constexpr std::uint32_t inference_signal = 0;

/// Short identifier of printable characters, as the format wants them.
std::string identifier(std::uint32_t signal) {
  constexpr std::uint32_t first = '!', letters = '~' - '!' + 1;
  std::string text;
  do {
    text.push_back(static_cast<char>(first + signal % letters));
    signal /= letters;
  } while (signal != 0);
  return text;
}

/// Names may not hold white space; brackets would read as bit ranges.
std::string plain(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    c = good ? c : '_';
  }
  return text.empty() ? "_" : text;
}

struct Module {
  std::vector<std::uint32_t> signals;
  std::map<std::string, Module> inside;
};

void declare(std::string& out, const std::string& name, const Module& module) {
  out += fmt::format("$scope module {} $end\n", name);
  for (std::size_t i = 0; i < module.signals.size(); ++i) {
    out +=
        fmt::format("$var wire 1 {} busy{} $end\n", identifier(module.signals[i]), i == 0 ? "" : fmt::format("_{}", i));
  }
  for (const auto& [inner_name, inner] : module.inside) {
    declare(out, inner_name, inner);
  }
  out += "$upscope $end\n";
}

std::string header(const Registry& registry) {
  Module top;
  top.inside["inference"].signals.push_back(inference_signal);
  for (std::uint32_t lane = 0; lane < registry.lanes.size(); ++lane) {
    Module* module = &top;
    const std::string& path = registry.lanes[lane];
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t dot = std::min(path.find('.', at), path.size());
      module = &module->inside[plain(std::string_view(path).substr(at, dot - at))];
      at = dot + 1;
    }
    module->signals.push_back(lane + 1);
  }
  std::string out = "$version Tessera $end\n$timescale 1 ps $end\n";
  declare(out, "chip", top);
  out += "$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::uint32_t signal = 0; signal <= registry.lanes.size(); ++signal) {
    out += "0" + identifier(signal) + "\n";
  }
  return out + "$end\n";
}

}  // namespace

VcdSink::VcdSink(std::filesystem::path path, std::size_t spool_capacity)
    : path_(std::move(path)), spool_(path_, spool_capacity) {}

void VcdSink::busy(std::uint32_t signal, probe::Time begin, probe::Time end) {
  spool_.add({begin, signal, +1});
  if (end != never) {
    spool_.add({end, signal, -1});
  }
}

void VcdSink::job(const probe::JobRecord& r, std::uint32_t /*inference*/) {
  busy(r.lane + 1, r.begin, r.end);
}
void VcdSink::span(const SpanRecord& r) {
  if (!r.idle) {
    busy(r.lane + 1, r.begin, r.end);
  }
}
void VcdSink::region(const RegionRecord& r) {
  if (region_kind(r.region) == static_cast<std::uint32_t>(RegionKind::inference)) {
    busy(inference_signal, r.begin, r.end);
  }
}

void VcdSink::close(const Summary& summary) {
  AtomicFile file(path_);
  file.write(header(summary.registry));

  const std::size_t signals = summary.registry.lanes.size() + 1;
  std::vector<std::int64_t> depth(signals, 0);
  std::vector<bool> shown(signals, false);
  probe::Time written = 0;  // "#0" is in the header
  std::string line;
  // Changes come ordered by time and signal: a signal's changes of one instant are adjacent and count together.
  BusyChange last{never, 0, 0};
  const auto settle = [&] {
    if (last.at == never || last.signal >= signals || (depth[last.signal] > 0) == shown[last.signal]) {
      return;
    }
    shown[last.signal] = depth[last.signal] > 0;
    line.clear();
    if (last.at != written) {
      line = fmt::format("#{}\n", last.at);
      written = last.at;
    }
    line += (shown[last.signal] ? "1" : "0") + identifier(last.signal) + "\n";
    file.write(line);
  };
  spool_.for_each_sorted([&](const BusyChange& change) {
    if (change.at != last.at || change.signal != last.signal) {
      settle();
      last = change;
    }
    if (change.signal < signals) {
      depth[change.signal] += change.delta;
    }
  });
  settle();
  if (summary.end > written) {
    file.write(fmt::format("#{}\n", summary.end));
  }
  file.commit();
}

}  // namespace tessera::traces
