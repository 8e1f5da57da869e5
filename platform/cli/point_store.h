// SPDX-License-Identifier: Apache-2.0
// Finished points of a study on disk, so that a study that was killed goes on where it was.
//
// A point is kept as a whole file or not at all. Points of different configurations never mix: the folder's name ends
// in a hash of everything the results depend on, and study.json in it says in words what that was.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace tessera::cli {

/// FNV-1a 64.
[[nodiscard]] std::uint64_t text_hash(std::string_view text, std::uint64_t start = 0xCBF29CE484222325ULL);

class PointStore {
 public:
  /// Creates `folder`/points-HASH. A line on standard error says when the folder holds points of another configuration,
  /// which are left alone.
  /// @param signature  everything that the results depend on but the points' names
  /// @throws CommandError  exit code 4
  PointStore(const std::filesystem::path& folder, const nlohmann::ordered_json& signature);

  /// What was kept under this name; nothing if there is no such file or it is damaged.
  [[nodiscard]] std::optional<nlohmann::ordered_json> find(const std::string& name) const;
  void keep(const std::string& name, const nlohmann::ordered_json& result) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  [[nodiscard]] std::filesystem::path path(const std::string& name) const;
  std::filesystem::path folder_;
};

}  // namespace tessera::cli
