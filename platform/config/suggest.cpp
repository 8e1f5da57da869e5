// SPDX-License-Identifier: Apache-2.0
#include "platform/config/suggest.h"

#include <algorithm>
#include <cctype>

#include "platform/config/schema.h"

namespace tessera::platform {
namespace {

/// Longer names are no slip of the hand; the bound keeps hostile input cheap.
constexpr std::size_t longest_name = 64;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

int substitution(char a, char b) {
  if (a == b) {
    return 0;
  }
  return lower(a) == lower(b) ? 1 : 2;
}

std::string leaf_of(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b, int limit) {
  const int beyond = 2 * limit + 1;
  if (a.size() > longest_name || b.size() > longest_name) {
    return beyond;
  }
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    cost[i][0] = static_cast<int>(2 * i);
  }
  for (std::size_t j = 0; j <= b.size(); ++j) {
    cost[0][j] = static_cast<int>(2 * j);
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      int best = cost[i - 1][j - 1] + substitution(a[i - 1], b[j - 1]);
      best = std::min({best, cost[i - 1][j] + 2, cost[i][j - 1] + 2});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, cost[i - 2][j - 2] + 2);
      }
      cost[i][j] = best;
    }
  }
  return std::min(cost[a.size()][b.size()], beyond);
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  const int limit = std::max<int>(2, static_cast<int>(std::min(name.size(), longest_name) / 3));
  std::string best;
  int best_distance = 2 * limit + 1;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(name, candidate, limit);
    // A short name must keep at least half of itself.
    if (distance < best_distance && distance <= static_cast<int>(candidate.size())) {
      best_distance = distance;
      best = candidate;
    }
  }
  if (!best.empty() || name.size() < 4) {
    return best;
  }
  const auto part = std::find_if(candidates.begin(), candidates.end(), [&](const std::string& candidate) {
    return candidate.find(name) != std::string::npos;
  });
  return part == candidates.end() ? best : *part;
}

std::string instead_of(std::string_view section, std::string_view name) {
  if (section.empty() && name == "tiles") {
    return "a list of what single tiles have of their own, in a platform file; how many there are: grid.rows and "
           "grid.cols";
  }
  std::vector<std::string> siblings = names_in(section);
  if (section.empty()) {
    siblings.insert(siblings.begin(), {"preset", "tiles"});
  }
  const std::string sibling = nearest(name, siblings);
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  const bool exact_sibling_case = !sibling.empty() && edit_distance(name, sibling, 2) <= 2;
  if (!exact_sibling_case) {
    // The right name in the wrong section is likelier than a far-off name in the right one.
    for (const Key& key : schema()) {
      if (leaf_of(key.path) == name) {
        return "did you mean '" + key.path + "'?";
      }
    }
  }
  if (!sibling.empty()) {
    return "did you mean '" + prefix + sibling + "'?";
  }
  std::string all;
  for (const std::string& one : siblings) {
    all += (all.empty() ? "" : ", ") + one;
  }
  return "one of: " + all;
}

}  // namespace tessera::platform
