// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "traces/stats.h"

namespace tessera::traces {
namespace {

using Json = nlohmann::ordered_json;

void put_energy(Json& to, Amount energy) {
  to["joules"] = power::joules(energy);
  to["joules_exact"] = power::joules_text(energy);
}

Json shares(const std::vector<EnergyShare>& list) {
  Json out = Json::array();
  for (const EnergyShare& share : list) {
    Json one{{"name", share.name}};
    if (!share.category.empty()) {
      one["category"] = share.category;
    }
    put_energy(one, share.energy);
    out.push_back(std::move(one));
  }
  return out;
}

Json bytes(const std::vector<BusShare>& list) {
  Json out = Json::object();
  for (const BusShare& share : list) {
    out[share.name] = share.bytes;
  }
  return out;
}

}  // namespace

std::string stats_json(const Stats& s) {
  Json out;
  out["trace_level"] = s.trace_level;
  out["complete"] = s.complete;
  out["end_ps"] = s.end;
  out["inferences"] = s.inferences;
  out["inside_inferences_ps"] = s.inside;
  out["jobs"] = s.jobs;
  out["products"] = s.products;
  out["conversions"] = s.conversions;
  out["clipped"] = s.clipped;
  out["saturated"] = s.saturated;
  out["bytes_in"] = s.bytes_in;
  out["bytes_out"] = s.bytes_out;
  out["interrupts"] = s.interrupts;
  out["job_time_ps"] = s.job_time;
  put_energy(out["energy"], s.energy);
  for (const Utilisation& u : s.utilisation) {
    Json one{{"path", u.path}, {"kind", u.kind}, {"busy_ps", u.busy}};
    one["busy_in_inferences_ps"] = u.busy_inside ? Json(*u.busy_inside) : Json();
    out["utilisation"].push_back(std::move(one));
  }
  for (const Stall& stall : s.stalls) {
    out["stalls"].push_back({{"cause", stall.cause}, {"ps", stall.time}});
  }
  out["bus_bytes"]["total"] = s.bus_bytes;
  out["bus_bytes"]["moved"] = bytes(s.bus_moved);
  out["bus_bytes"]["saved"] = bytes(s.bus_saved);
  for (const LayerCost& l : s.layers) {
    Json one{{"layer", l.layer},
             {"name", l.name},
             {"kind", l.kind},
             {"time_ps", l.time},
             {"jobs", l.jobs},
             {"products", l.products},
             {"conversions", l.conversions},
             {"clipped", l.clipped},
             {"saturated", l.saturated}};
    put_energy(one, l.energy);
    out["layers"].push_back(std::move(one));
  }
  out["energy_by_category"] = shares(s.by_category);
  out["energy_by_component"] = shares(s.by_component);
  out["energy_by_cause"] = shares(s.by_cause);
  out["energy_by_call_site"] = shares(s.by_call_site);
  out["power_states"] = Json::array();
  for (const PowerStateShare& p : s.power_states) {
    Json one{{"block", p.block}, {"state", p.state}, {"time_ps", p.time}, {"entries", p.entries}};
    put_energy(one, p.energy);
    out["power_states"].push_back(std::move(one));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tessera::traces
