// SPDX-License-Identifier: Apache-2.0
// Files as data sets store them: plain or gzip, NumPy arrays.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera::compiler {

/// Content of a file; gzip is recognised by its first bytes and unpacked.
/// @throws MissingDatasetError if it cannot be opened, DatasetError if it is a folder, damaged or above 4 GiB
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// A NumPy array widened to double (64-bit integers beyond 2^53 round), C order.
struct NpyArray {
  std::vector<std::size_t> sizes;
  std::vector<double> values;
};

/// Format of .npy versions 1 to 3: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
/// @throws MissingDatasetError, DatasetError
[[nodiscard]] NpyArray read_npy(const std::filesystem::path& path);

}  // namespace tessera::compiler
