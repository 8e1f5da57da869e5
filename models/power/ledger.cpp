// SPDX-License-Identifier: Apache-2.0
#include "models/power/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace tessera::power {
namespace {

constexpr std::uint64_t billion = 1'000'000'000;
constexpr std::uint64_t picoseconds = 1'000'000'000'000;  ///< attowatts * picoseconds in one attojoule
constexpr double most_watts = 1.0e6;
// 1e24 aW * 2^46 ps and a billion times the energy of that both stay below 2^127.
constexpr probe::Time longest_step = probe::Time{1} << 46;

}  // namespace

Ledger::Ledger(const SocParameters& soc, const LedgerOptions& options)
    : options_(options), windows_(options.window, options.windows) {
  const double efficiency = soc.dcdc_efficiency;
  const double parts = std::round(efficiency * static_cast<double>(billion));
  if (!(parts >= 1.0 && parts <= static_cast<double>(billion))) {
    throw std::invalid_argument(
        fmt::format("Ledger: DC-DC efficiency is {}; expected more than 0 and at most 1", efficiency));
  }
  if (options.scopes < 2) {
    throw std::invalid_argument("Ledger: the limit of scopes must be at least 2");
  }
  const auto useful = static_cast<std::uint64_t>(parts);
  const std::uint64_t divisor = std::gcd(useful, billion - useful);
  loss_numerator_ = (billion - useful) / divisor;
  loss_denominator_ = useful / divisor;
  constexpr std::uint64_t top = std::numeric_limits<std::int64_t>::max();
  loss_fast_limit_ = (top - loss_denominator_) / std::max<std::uint64_t>({loss_numerator_, loss_denominator_, 1});
  scopes_.push_back({});
  scope_ids_.emplace(probe::Scope{}, probe::idle_scope);
  directory_.assign(groups_, nullptr);
  add_component("dcdc", probe::Category::conversion_loss);
}

probe::ComponentId Ledger::add_component(std::string_view path, probe::Category category) {
  if (const auto known = component_ids_.find(path); known != component_ids_.end()) {
    if (components_[known->second].category != category) {
      throw std::invalid_argument(fmt::format("Ledger: component '{}' is added again with another category", path));
    }
    return known->second;
  }
  const auto id = static_cast<probe::ComponentId>(components_.size());
  components_.push_back({std::string(path), category});
  carries_.emplace_back();
  component_ids_.emplace(path, id);
  if (id / page_components >= groups_) {
    const std::size_t wider = groups_ * 2;
    std::vector<Page*> directory(scopes_.size() * wider, nullptr);
    for (std::size_t scope = 0; scope < scopes_.size(); ++scope) {
      std::copy_n(&directory_[scope * groups_], groups_, &directory[scope * wider]);
    }
    directory_ = std::move(directory);
    groups_ = wider;
  }
  return id;
}

probe::ScopeId Ledger::intern(const probe::Scope& scope) {
  auto known = scope_ids_.find(scope);
  if (known == scope_ids_.end()) {
    const probe::Scope other{other_layer, 0, 0};
    const bool full = scopes_.size() + 1 >= options_.scopes && !(scope == other);
    if (full) {
      return intern(other);
    }
    const auto id = static_cast<probe::ScopeId>(scopes_.size());
    scopes_.push_back(scope);
    directory_.resize(scopes_.size() * groups_, nullptr);
    known = scope_ids_.emplace(scope, id).first;
  }
  last_scope_ = scope;
  last_scope_id_ = known->second;
  return known->second;
}

Ledger::Page* Ledger::make_page(probe::ScopeId scope, probe::ComponentId component) {
  pages_.push_back(std::make_unique<Page>());
  Page* page = pages_.back().get();
  directory_[scope * groups_ + component / page_components] = page;
  return page;
}

std::int64_t Ledger::large_loss_of(std::int64_t energy) const {
  const Amount exact = static_cast<Amount>(energy) * static_cast<Amount>(loss_numerator_);
  const Amount loss = (exact + static_cast<Amount>(loss_denominator_ / 2)) / static_cast<Amount>(loss_denominator_);
  if (loss > std::numeric_limits<std::int64_t>::max()) {
    throw std::invalid_argument(
        fmt::format("Ledger: the DC-DC loss of one posting of {} J does not fit into 64 bits", joules_text(energy)));
  }
  return static_cast<std::int64_t>(loss);
}

void Ledger::reject(probe::ComponentId component, probe::ScopeId scope, probe::Energy attojoules) const {
  if (component >= components_.size()) {
    throw std::invalid_argument(fmt::format("Ledger: posting to component {} of {}; add_component() gives the ids",
                                            component, components_.size()));
  }
  if (scope >= scopes_.size()) {
    throw std::invalid_argument(
        fmt::format("Ledger: posting to scope {} of {}; scope() gives the ids", scope, scopes_.size()));
  }
  throw std::invalid_argument(fmt::format("Ledger: '{}' posts {} aJ; expected an energy that is not negative",
                                          components_[component].path, attojoules));
}

void Ledger::power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from,
                   probe::Time to, double watts) {
  if (component >= components_.size() || scope >= scopes_.size()) {
    reject(component, scope, 0);
  }
  if (to < from) {
    throw std::invalid_argument(
        fmt::format("Ledger: '{}' books power over an interval that ends before it begins "
                    "({} ps to {} ps)",
                    components_[component].path, from, to));
  }
  if (!(watts >= 0.0 && watts <= most_watts)) {
    throw std::invalid_argument(fmt::format("Ledger: '{}' books a power of {} W; expected 0 to {} W",
                                            components_[component].path, watts, most_watts));
  }
  // Attowatts, rounded once. Below 2^53 the sum with one half is exact; above, the product has no fraction to round.
  const auto attowatts = static_cast<Amount>(std::round(watts * 1.0e18));
  if (attowatts == 0) {
    return;
  }
  while (from < to) {
    const probe::Time end = from + std::min(to - from, longest_step);
    integrate(component, cause, scope, from, end, attowatts);
    from = end;
  }
}

void Ledger::integrate(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from,
                       probe::Time to, Amount attowatts) {
  windows_.cover(to - 1);  // the width is final for this interval from here on
  const probe::Time width = windows_.width();
  const auto category = static_cast<std::size_t>(components_[component].category);
  constexpr auto losses = static_cast<std::size_t>(probe::Category::conversion_loss);
  const auto denominator = static_cast<Amount>(loss_denominator_);
  const bool off_chip = components_[component].category == probe::Category::off_chip;
  const auto numerator = off_chip ? Amount{0} : static_cast<Amount>(loss_numerator_);
  Carry& carry = carries_[component];

  Amount energy = 0;  // of the interval so far
  Amount loss = 0;
  for (probe::Time at = from; at < to;) {
    const probe::Time window_end = at - at % width + width;
    const probe::Time end = window_end < at ? to : std::min(to, window_end);  // wraps only in the last window of time
    const Amount energy_at_end =
        (static_cast<Amount>(carry.energy) + attowatts * static_cast<Amount>(end - from)) / picoseconds;
    const Amount loss_at_end = (static_cast<Amount>(carry.loss) + energy_at_end * numerator) / denominator;
    CategoryAmounts& window = windows_.at(at);
    window[category] += energy_at_end - energy;
    window[losses] += loss_at_end - loss;
    energy = energy_at_end;
    loss = loss_at_end;
    at = end;
  }
  carry.energy = static_cast<std::uint64_t>(
      (static_cast<Amount>(carry.energy) + attowatts * static_cast<Amount>(to - from)) % picoseconds);
  carry.loss = static_cast<std::uint64_t>((static_cast<Amount>(carry.loss) + energy * numerator) % denominator);
  cell(scope, component, cause) += energy;
  total_ += energy + loss;
  if (off_chip) {
    off_chip_ += energy;
  } else {
    cell(scope, dcdc, probe::Cause::loss) += loss;
  }
}

void Ledger::for_each(const Visitor& visit) const {
  for (std::size_t scope = 0; scope < scopes_.size(); ++scope) {
    for (std::size_t group = 0; group < groups_; ++group) {
      const Page* page = directory_[scope * groups_ + group];
      if (page == nullptr) {
        continue;
      }
      for (std::size_t i = 0; i < page_components; ++i) {
        for (std::size_t cause = 0; cause < cause_count; ++cause) {
          if (const Amount amount = (*page)[i][cause]; amount != 0) {
            visit(static_cast<probe::ScopeId>(scope), static_cast<probe::ComponentId>(group * page_components + i),
                  static_cast<probe::Cause>(cause), amount);
          }
        }
      }
    }
  }
}

std::vector<Amount> Ledger::by_component() const {
  std::vector<Amount> sums(components_.size(), 0);
  for_each(
      [&](probe::ScopeId, probe::ComponentId component, probe::Cause, Amount amount) { sums[component] += amount; });
  return sums;
}

CategoryAmounts Ledger::by_category() const {
  CategoryAmounts sums{};
  for_each([&](probe::ScopeId, probe::ComponentId component, probe::Cause, Amount amount) {
    sums[static_cast<std::size_t>(components_[component].category)] += amount;
  });
  return sums;
}

std::array<Amount, cause_count> Ledger::by_cause() const {
  std::array<Amount, cause_count> sums{};
  for_each([&](probe::ScopeId, probe::ComponentId, probe::Cause cause, Amount amount) {
    sums[static_cast<std::size_t>(cause)] += amount;
  });
  return sums;
}

std::map<std::uint32_t, Amount> Ledger::by_job() const {
  std::map<std::uint32_t, Amount> sums;
  for_each([&](probe::ScopeId scope, probe::ComponentId, probe::Cause, Amount amount) {
    sums[scopes_[scope].job] += amount;
  });
  return sums;
}

std::map<std::int32_t, Amount> Ledger::by_layer() const {
  std::map<std::int32_t, Amount> sums;
  for_each([&](probe::ScopeId scope, probe::ComponentId, probe::Cause, Amount amount) {
    sums[scopes_[scope].layer] += amount;
  });
  return sums;
}

std::map<probe::CallSiteId, Amount> Ledger::by_call_site() const {
  std::map<probe::CallSiteId, Amount> sums;
  for_each([&](probe::ScopeId scope, probe::ComponentId, probe::Cause, Amount amount) {
    sums[scopes_[scope].call_site] += amount;
  });
  return sums;
}

std::map<std::int32_t, CategoryAmounts> Ledger::by_layer_and_category() const {
  std::map<std::int32_t, CategoryAmounts> sums;
  for_each([&](probe::ScopeId scope, probe::ComponentId component, probe::Cause, Amount amount) {
    sums[scopes_[scope].layer][static_cast<std::size_t>(components_[component].category)] += amount;
  });
  return sums;
}

}  // namespace tessera::power
