// SPDX-License-Identifier: Apache-2.0
// Ten billion postings to one ledger, beside sums that this program keeps itself: nothing wraps, nothing is rounded
// away, and every attribution holds exactly what was posted to it. Takes minutes, so it is a command and not a test:
// ledger_soak [POSTINGS].
//
// Postings go through Ledger::energy(), intervals of constant power through Ledger::power(). What is expected is summed
// in pairs of 64-bit words with an explicit carry and DC-DC losses in 64-bit integers, none of it with the ledger's
// code.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "models/power/ledger.h"

namespace {

using tessera::power::Amount;
using tessera::power::Ledger;
namespace probe = tessera::probe;

constexpr std::size_t components = 16, scopes = 64, causes = 6, categories = probe::category_count;
constexpr std::uint64_t step_ps = 1000;     // between two postings
constexpr std::uint64_t interval = 10'000;  // postings to one interval of constant power: 10 us, the first window
constexpr auto loss_category = static_cast<std::size_t>(probe::Category::conversion_loss);
constexpr auto off_chip_category = static_cast<std::size_t>(probe::Category::off_chip);

/// A 128-bit sum made of two words.
struct Sum {
  std::uint64_t low = 0, high = 0;
  void add(std::uint64_t value) {
    low += value;
    high += low < value ? 1 : 0;
  }
  void add(const Sum& other) {
    add(other.low);
    high += other.high;
  }
  [[nodiscard]] bool is(Amount amount) const {
    return static_cast<std::uint64_t>(amount) == low && static_cast<std::uint64_t>(amount >> 64) == high;
  }
};

/// splitmix64: each number follows from its index.
std::uint64_t draw(std::uint64_t index) {
  std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// From one attojoule to 1.1 J, evenly over eighteen decades: small postings meet large sums.
std::uint64_t size_of(std::uint64_t bits) {
  return 1 + ((bits >> 4) >> (bits & 15) * 4);
}

/// An efficiency of 0.85 loses 3/17; halves up.
std::uint64_t loss_of(std::uint64_t energy) {
  return (energy * 3 + 8) / 17;
}

std::size_t category_of(std::size_t component) {  // all but conversion_loss
  const std::size_t category = component % (categories - 1);
  return category < loss_category ? category : category + 1;
}
std::int32_t layer_of(std::size_t scope) {
  return static_cast<std::int32_t>(scope / 8);
}
std::uint32_t job_of(std::size_t scope) {
  return static_cast<std::uint32_t>(scope % 24);
}
std::uint32_t call_site_of(std::size_t scope) {
  return static_cast<std::uint32_t>(scope % 5);
}

using Window = std::array<Sum, categories>;

struct Expected {
  std::array<std::array<Sum, scopes>, components> energy{};
  std::array<Sum, scopes> loss{};
  std::array<Sum, causes> cause{};
  Window window{};              ///< the present one
  std::vector<Window> windows;  ///< those that are over
  Sum leaked, leak_loss;        ///< constant power
};

/// The ledger doubles its windows rather than have more than 4096 of them; a run ends with this width.
std::uint64_t final_width(std::uint64_t end_ps) {
  std::uint64_t width = 10'000'000;
  while ((end_ps - 1) / width >= 4096) {
    width *= 2;
  }
  return width;
}

class Verdict {
 public:
  template <typename Got>
  void compare(const char* what, const std::map<Got, Sum>& expected, const std::map<Got, Amount>& got) {
    bool good = true;
    Amount total = 0;
    for (const auto& [key, amount] : got) {
      const auto found = expected.find(key);
      good &= found != expected.end() ? found->second.is(amount) : amount == 0;
      total += amount;
    }
    for (const auto& [key, sum] : expected) {
      good &= got.count(key) != 0 || sum.is(0);
    }
    std::printf("%-12s %5zu sums  %s J  %s\n", what, got.size(), tessera::power::joules_text(total).c_str(),
                good ? "exact" : "WRONG");
    good_ &= good;
  }
  void compare(const char* what, const Sum& expected, Amount got) {
    compare(what, std::map<int, Sum>{{0, expected}}, std::map<int, Amount>{{0, got}});
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  bool good_ = true;
};

template <typename List>
std::map<std::size_t, Amount> indexed(const List& list) {
  std::map<std::size_t, Amount> result;
  for (std::size_t i = 0; i < list.size(); ++i) {
    result[i] = list[i];
  }
  return result;
}

void progress(std::uint64_t done, std::uint64_t count, std::chrono::steady_clock::time_point begin) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::fprintf(stderr, "\r%5.1f %%  %.2f billion postings, %.0f s, %.1f ns each ",
               100.0 * static_cast<double>(done) / static_cast<double>(count), static_cast<double>(done) * 1e-9,
               seconds, seconds * 1e9 / static_cast<double>(done));
  std::fflush(stderr);
}

bool check(const Ledger& ledger, const Expected& expected, const std::vector<probe::ComponentId>& ids,
           probe::ComponentId leak) {
  std::map<std::size_t, Sum> component, category, cause, window;
  std::map<std::uint32_t, Sum> job, call_site;
  std::map<std::int32_t, Sum> layer;
  Sum total, off_chip;
  const auto book = [&](std::size_t id, std::size_t kind, std::int32_t of_layer, std::uint32_t of_job,
                        std::uint32_t of_call_site, const Sum& sum) {
    component[id].add(sum);
    category[kind].add(sum);
    layer[of_layer].add(sum);
    job[of_job].add(sum);
    call_site[of_call_site].add(sum);
    total.add(sum);
    if (kind == off_chip_category) {
      off_chip.add(sum);
    }
  };
  for (std::size_t s = 0; s < scopes; ++s) {
    for (std::size_t c = 0; c < components; ++c) {
      book(ids[c], category_of(c), layer_of(s), job_of(s), call_site_of(s), expected.energy[c][s]);
    }
    book(Ledger::dcdc, loss_category, layer_of(s), job_of(s), call_site_of(s), expected.loss[s]);
    cause[static_cast<std::size_t>(probe::Cause::loss)].add(expected.loss[s]);
  }
  book(leak, static_cast<std::size_t>(probe::Category::statics), -1, 0, 0, expected.leaked);
  book(Ledger::dcdc, loss_category, -1, 0, 0, expected.leak_loss);
  cause[static_cast<std::size_t>(probe::Cause::loss)].add(expected.leak_loss);
  for (std::size_t i = 0; i < causes; ++i) {
    cause[i].add(expected.cause[i]);
  }
  cause[static_cast<std::size_t>(probe::Cause::leakage)].add(expected.leaked);
  std::map<std::size_t, Amount> windows;
  for (std::size_t i = 0; i < ledger.windows().size(); ++i) {
    for (std::size_t k = 0; k < categories; ++k) {
      windows[i * categories + k] = ledger.windows()[i][k];
    }
  }
  for (std::size_t i = 0; i < expected.windows.size(); ++i) {
    for (std::size_t k = 0; k < categories; ++k) {
      window[i * categories + k] = expected.windows[i][k];
    }
  }
  Verdict verdict;
  verdict.compare("total", total, ledger.total());
  verdict.compare("off the chip", off_chip, ledger.off_chip());
  verdict.compare("components", component, indexed(ledger.by_component()));
  verdict.compare("categories", category, indexed(ledger.by_category()));
  verdict.compare("causes", cause, indexed(ledger.by_cause()));
  verdict.compare("jobs", job, ledger.by_job());
  verdict.compare("layers", layer, ledger.by_layer());
  verdict.compare("call sites", call_site, ledger.by_call_site());
  verdict.compare("windows", window, windows);
  return verdict.good();
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000'000U;
  if (count == 0) {
    std::fprintf(stderr, "usage: ledger_soak [POSTINGS]\n");
    return 2;
  }
  Ledger ledger;  // DC-DC efficiency 0.85
  std::vector<probe::ComponentId> ids;
  for (std::size_t i = 0; i < components; ++i) {
    ids.push_back(ledger.add_component("c" + std::to_string(i), static_cast<probe::Category>(category_of(i))));
  }
  const probe::ComponentId leak = ledger.add_component("leak", probe::Category::statics);
  std::vector<probe::ScopeId> scope_ids;
  for (std::size_t i = 0; i < scopes; ++i) {
    scope_ids.push_back(ledger.scope({layer_of(i), job_of(i), call_site_of(i)}));
  }

  Expected expected;
  const std::uint64_t width = final_width((count + interval - 1) / interval * interval * step_ps);
  std::uint64_t window_end = width;
  std::uint64_t leak_rest = 0, loss_rest = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t at = n * step_ps;
    if (at >= window_end) {
      expected.windows.push_back(expected.window);
      expected.window = {};
      window_end += width;
    }
    if (n % interval == 0) {
      const std::uint64_t femtowatts = 1 + draw(~n) % 1'000'000'000'000;  // up to 1 mW
      ledger.power(leak, probe::Cause::leakage, probe::idle_scope, at, at + interval * step_ps,
                   static_cast<double>(femtowatts) * 1e-15);
      // What is left below an attojoule, and below one of the loss, is carried to the next interval.
      leak_rest += femtowatts * (interval * step_ps);  // 1 fW over 1 ps is 1e-9 aJ
      const std::uint64_t leaked = leak_rest / 1'000'000'000;
      leak_rest %= 1'000'000'000;
      loss_rest += leaked * 3;
      expected.leaked.add(leaked);
      expected.leak_loss.add(loss_rest / 17);
      expected.window[static_cast<std::size_t>(probe::Category::statics)].add(leaked);
      expected.window[loss_category].add(loss_rest / 17);
      loss_rest %= 17;
    }
    if (n % 100'000'000 == 0 && n != 0) {
      progress(n, count, begin);
    }
    const std::uint64_t choice = draw(2 * n), energy = size_of(draw(2 * n + 1));
    const std::size_t component = choice % components;
    const std::size_t scope = choice / components % scopes;
    const std::size_t cause = (choice >> 32) % causes;
    ledger.energy(ids[component], static_cast<probe::Cause>(cause), scope_ids[scope], at,
                  static_cast<probe::Energy>(energy));
    const std::size_t category = category_of(component);
    expected.energy[component][scope].add(energy);
    expected.cause[cause].add(energy);
    expected.window[category].add(energy);
    if (category != off_chip_category) {
      const std::uint64_t loss = loss_of(energy);
      expected.loss[scope].add(loss);
      expected.window[loss_category].add(loss);
    }
  }
  expected.windows.push_back(expected.window);
  progress(count, count, begin);
  std::fprintf(stderr, "\n");
  const bool good = check(ledger, expected, ids, leak);
  std::printf("%llu postings: %s\n", static_cast<unsigned long long>(count), good ? "all exact" : "NOT exact");
  return good ? 0 : 1;
}
