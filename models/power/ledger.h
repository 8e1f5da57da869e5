// SPDX-License-Identifier: Apache-2.0
// The energy ledger: each joule is booked once, to a component, a cause, a scope (job, layer, firmware call site) and
// an instant. Every view of it (by component, layer, window, ...) adds up to the same total, exactly.
//
// Rules: postings are whole attojoules and sums are 128-bit integers. Constant power is rounded once to attowatts and
// integrated in integers; what is left below one attojoule is carried to the component's next interval. The DC-DC
// converter that feeds the chip loses E * (1 / efficiency - 1) for every posting of E; the loss is booked to the
// component "dcdc" with the posting's scope and time (rounded once per posting; carried for intervals). Components of
// the category off_chip have a supply of their own: nothing is lost for them, and off_chip() is their sum, so that the
// chip's own total is total() - off_chip().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/power/amount.h"
#include "models/power/soc_parameters.h"
#include "models/power/window_series.h"
#include "models/probe/probe.h"

namespace tessera::power {

struct LedgerOptions {
  probe::Time window = 10'000'000;            ///< first width of the time windows: 10 us [ps]
  std::size_t windows = 4096;                 ///< their width doubles rather than there being more
  std::size_t scopes = std::size_t{1} << 18;  ///< distinct scopes; firmware that makes up more lands in other_scope
};

class Ledger {
 public:
  static constexpr probe::ComponentId dcdc = 0;
  /// Layer of the scope that collects what exceeds LedgerOptions::scopes; shown as (other).
  static constexpr std::int32_t other_layer = -2;

  struct Component {
    std::string path;
    probe::Category category;
  };

  /// @throws std::invalid_argument  efficiency outside (0, 1] or options that make no sense
  explicit Ledger(const SocParameters& soc = {}, const LedgerOptions& options = {});

  /// Adding a path again gives the same component.
  /// @throws std::invalid_argument  the path exists with another category
  probe::ComponentId add_component(std::string_view path, probe::Category category);
  probe::ScopeId scope(const probe::Scope& scope) { return scope == last_scope_ ? last_scope_id_ : intern(scope); }

  /// Books one event. @throws std::invalid_argument  negative energy, unknown component or scope
  void energy(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time at,
              probe::Energy attojoules) {
    if (attojoules < 0 || component >= components_.size() || scope >= scopes_.size()) {
      reject(component, scope, attojoules);
    }
    CategoryAmounts& window = windows_.at(at);
    const probe::Category category = components_[component].category;
    cell(scope, component, cause) += attojoules;
    window[static_cast<std::size_t>(category)] += attojoules;
    if (category == probe::Category::off_chip) {
      total_ += attojoules;
      off_chip_ += attojoules;
      return;
    }
    const std::int64_t loss = loss_of(attojoules);
    cell(scope, dcdc, probe::Cause::loss) += loss;
    total_ += attojoules + static_cast<Amount>(loss);
    window[static_cast<std::size_t>(probe::Category::conversion_loss)] += loss;
  }

  /// Books constant power over [from, to), split exactly over the time windows.
  /// @throws std::invalid_argument  to before from, power negative, not finite or above 1 MW, unknown ids
  void power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from, probe::Time to,
             double watts);

  [[nodiscard]] const std::vector<Component>& components() const { return components_; }
  [[nodiscard]] const std::vector<probe::Scope>& scopes() const { return scopes_; }

  [[nodiscard]] Amount total() const { return total_; }        ///< of the system
  [[nodiscard]] Amount off_chip() const { return off_chip_; }  ///< part of the total
  [[nodiscard]] std::vector<Amount> by_component() const;      ///< indexed by ComponentId
  [[nodiscard]] CategoryAmounts by_category() const;
  [[nodiscard]] std::array<Amount, cause_count> by_cause() const;  ///< indexed by probe::Cause
  [[nodiscard]] std::map<std::uint32_t, Amount> by_job() const;    ///< by tag; 0 is no job
  [[nodiscard]] std::map<std::int32_t, Amount> by_layer() const;   ///< -1 is (idle)
  [[nodiscard]] std::map<probe::CallSiteId, Amount> by_call_site() const;
  [[nodiscard]] std::map<std::int32_t, CategoryAmounts> by_layer_and_category() const;
  [[nodiscard]] probe::Time window_width() const { return windows_.width(); }  ///< [ps]
  [[nodiscard]] const std::vector<CategoryAmounts>& windows() const { return windows_.rows(); }

  /// Every sum that is not zero, ordered by scope, component, cause.
  using Visitor = std::function<void(probe::ScopeId, probe::ComponentId, probe::Cause, Amount)>;
  void for_each(const Visitor& visit) const;

 private:
  // A scope touches few components and they have neighbouring ids, so sums lie in small pages made on first use.
  static constexpr std::size_t page_components = 8;
  static constexpr std::size_t page_causes = 8;
  static_assert(cause_count <= page_causes);
  using Page = std::array<std::array<Amount, page_causes>, page_components>;

  struct ScopeHash {
    std::size_t operator()(const probe::Scope& scope) const {
      const std::uint64_t mixed = (std::uint64_t{scope.job} << 32 | scope.call_site) * 0x9E3779B97F4A7C15U;
      return static_cast<std::size_t>((mixed ^ (mixed >> 29) ^ static_cast<std::uint32_t>(scope.layer)) *
                                      0xBF58476D1CE4E5B9U);
    }
  };
  /// What an interval left over, per component.
  struct Carry {
    std::uint64_t energy = 0;  ///< in 1e-12 attojoules
    std::uint64_t loss = 0;    ///< in attojoules / loss_denominator_
  };

  [[nodiscard]] Amount& cell(probe::ScopeId scope, probe::ComponentId component, probe::Cause cause) {
    Page* page = directory_[scope * groups_ + component / page_components];
    if (page == nullptr) {
      page = make_page(scope, component);
    }
    return (*page)[component % page_components][static_cast<std::size_t>(cause)];
  }
  [[nodiscard]] std::int64_t loss_of(std::int64_t energy) const {
    const auto e = static_cast<std::uint64_t>(energy);
    if (e <= loss_fast_limit_) {
      return static_cast<std::int64_t>((e * loss_numerator_ + loss_denominator_ / 2) / loss_denominator_);
    }
    return large_loss_of(energy);
  }
  [[nodiscard]] std::int64_t large_loss_of(std::int64_t energy) const;
  Page* make_page(probe::ScopeId scope, probe::ComponentId component);
  probe::ScopeId intern(const probe::Scope& scope);
  void integrate(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from,
                 probe::Time to, Amount attowatts);
  [[noreturn]] void reject(probe::ComponentId component, probe::ScopeId scope, probe::Energy attojoules) const;

  LedgerOptions options_;
  std::vector<Component> components_;
  std::map<std::string, probe::ComponentId, std::less<>> component_ids_;
  std::vector<probe::Scope> scopes_;
  std::unordered_map<probe::Scope, probe::ScopeId, ScopeHash> scope_ids_;  // looked up only, never iterated
  probe::Scope last_scope_;
  probe::ScopeId last_scope_id_ = probe::idle_scope;

  std::size_t groups_ = 1;        ///< pages a scope can have; a power of two
  std::vector<Page*> directory_;  ///< scope * groups_ + component / page_components
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<Carry> carries_;  ///< by component
  WindowSeries windows_;
  Amount total_ = 0, off_chip_ = 0;
  std::uint64_t loss_numerator_ = 0, loss_denominator_ = 1;  ///< 1 / efficiency - 1 as a reduced fraction
  std::uint64_t loss_fast_limit_ = 0;
};

}  // namespace tessera::power
