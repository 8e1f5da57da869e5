// SPDX-License-Identifier: Apache-2.0
// Runs the program as a user would and keeps what it said.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tessera::test {

struct Finished {
  int exit_code = -1;  ///< 128 + signal if it was killed by one
  std::string output;  ///< standard output and standard error
};

/// @param arguments  as in a shell
[[nodiscard]] Finished tessera(const std::string& arguments);

/// A folder of this test alone, removed at the end.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

[[nodiscard]] std::string contents(const std::filesystem::path& path);
void write(const std::filesystem::path& path, const std::string& text);
[[nodiscard]] nlohmann::json json(const std::filesystem::path& path);

/// The data set that the shipped network was trained on is a package; tests that need it say so when it is not there.
[[nodiscard]] bool have_fashion_mnist();
inline constexpr const char* no_fashion_mnist = "Fashion-MNIST is not installed (Debian package dataset-fashion-mnist)";

}  // namespace tessera::test
