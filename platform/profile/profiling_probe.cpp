// SPDX-License-Identifier: Apache-2.0
#include "platform/profile/profiling_probe.h"

#include <fmt/format.h>

namespace tessera::platform {

void ProfilingProbe::begin(host::HostSubsystem& host) {
  host_ = &host;
  calls_ = &host.profile_calls();
}

probe::ComponentId ProfilingProbe::add_component(std::string_view path, probe::Category category) {
  const probe::ComponentId id = recorder_.add_component(path, category);
  if (path == "cpu") {
    cpu_ = id;
  } else if (path == "cpu.static") {
    cpu_static_ = id;
  }
  return id;
}

probe::CallSiteId ProfilingProbe::call_site(std::uint32_t pc, std::uint32_t return_address) {
  const NodeId node = host_ != nullptr ? host_->stack_here() : host::CallProfiler::root;
  const probe::CallSiteId site = recorder_.call_site(pc, return_address, node);
  if (site >= site_nodes_.size()) {
    site_nodes_.resize(site + 1, host::CallProfiler::root);
  }
  if (site != 0) {
    site_nodes_[site] = node;
  }
  return site;
}

ProfilingProbe::NodeId ProfilingProbe::node_of_job(probe::ScopeId scope) const {
  const probe::CallSiteId site = recorder_.ledger().scopes()[scope].call_site;
  return site < site_nodes_.size() ? site_nodes_[site] : host::CallProfiler::root;
}

void ProfilingProbe::add(NodeId node, probe::ComponentId component, power::Amount amount) {
  if (node >= blocks_.size()) {
    blocks_.resize(node + 1, CategoryEnergies{});
  }
  const probe::Category category = recorder_.ledger().components()[component].category;
  blocks_[node][static_cast<std::size_t>(category)] += amount;
}

void ProfilingProbe::energy(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time at,
                            probe::Energy attojoules) {
  const power::Amount before = recorder_.ledger().total();
  recorder_.energy(component, cause, scope, at, attojoules);
  const power::Amount spent = recorder_.ledger().total() - before;
  if (component == cpu_) {
    cpu_posted_ += attojoules;
    cpu_loss_ += spent - attojoules;
    return;
  }
  NodeId node = host_->in_cpu_access() ? host_->stack_here() : node_of_job(scope);
  if (node == host::CallProfiler::root) {
    const std::string& path = recorder_.ledger().components()[component].path;
    node = calls_->pseudo(calls_->pseudo(node, "[chip]"), fmt::format("[chip: {}]", path));
  }
  add(node, component, spent);
}

void ProfilingProbe::power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from,
                           probe::Time to, double watts) {
  const power::Amount before = recorder_.ledger().total();
  recorder_.power(component, cause, scope, from, to, watts);
  const power::Amount spent = recorder_.ledger().total() - before;
  const std::string& path = recorder_.ledger().components()[component].path;
  NodeId node = host::CallProfiler::root;
  if (component == cpu_static_ && cause == probe::Cause::standby) {
    node = calls_->wfi_here();
  } else if (path.compare(0, 4, "cpu.") != 0) {
    node = node_of_job(scope);
  }
  if (node == host::CallProfiler::root) {
    node = calls_->pseudo(calls_->pseudo(node, "[static]"), fmt::format("[static: {}]", path));
  }
  add(node, component, spent);
}

}  // namespace tessera::platform
