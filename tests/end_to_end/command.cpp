// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/command.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tessera::test {

namespace fs = std::filesystem;

Finished tessera(const std::string& arguments) {
  const std::string line = fmt::format("'{}' {} 2>&1 </dev/null", TESSERA_PROGRAM, arguments);
  std::FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("cannot start " + line);
  }
  Finished finished;
  std::array<char, 4096> part{};
  for (std::size_t size = 0; (size = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    finished.output.append(part.data(), size);
  }
  const int status = pclose(pipe);
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

Scratch::Scratch() {
  std::string name = (fs::temp_directory_path() / "tessera-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot create a folder like " + name);
  }
  folder_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

nlohmann::json json(const fs::path& path) {
  return nlohmann::json::parse(contents(path));
}

bool have_fashion_mnist() {
  const char* folder = std::getenv("TESSERA_DATASETS");
  return fs::exists(fs::path(folder != nullptr ? folder : "/usr/share/datasets") / "fashion-mnist" /
                    "t10k-images-idx3-ubyte.gz");
}

}  // namespace tessera::test
