// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/point_store.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>

#include "platform/cli/command.h"

namespace tessera::cli {

namespace fs = std::filesystem;

std::uint64_t text_hash(std::string_view text, std::uint64_t start) {
  std::uint64_t hash = start;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return hash;
}

PointStore::PointStore(const fs::path& folder, const nlohmann::ordered_json& signature) {
  const std::string text = signature.dump(1) + "\n";
  folder_ = folder / fmt::format("points-{:016x}", text_hash(text));
  make_folder(folder);
  std::error_code error;
  if (fs::exists(folder_ / "study.json", error)) {
    return;
  }
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().rfind("points-", 0) == 0 && entry->path() != folder_) {
      fmt::print(stderr, "tessera: {}: the configuration has changed; the points kept there are not used\n",
                 entry->path().string());
      break;
    }
  }
  make_folder(folder_);
  write_file(folder_ / "study.json", text);
}

fs::path PointStore::path(const std::string& name) const {
  return folder_ / fmt::format("{:016x}.json", text_hash(name));
}

std::optional<nlohmann::ordered_json> PointStore::find(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  if (!file) {
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("point") || json["point"] != name || !json.contains("result")) {
    return std::nullopt;
  }
  return json["result"];
}

void PointStore::keep(const std::string& name, const nlohmann::ordered_json& result) const {
  write_file(path(name), nlohmann::ordered_json{{"point", name}, {"result", result}}.dump() + "\n");
}

}  // namespace tessera::cli
