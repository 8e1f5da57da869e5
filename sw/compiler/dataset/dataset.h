// SPDX-License-Identifier: Apache-2.0
// Labelled data sets as the networks want them: float NHWC inputs, scaled, with labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// A data set is not there (exit code 4 of the command line). what() says which file and which package brings it.
class MissingDatasetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A data set is there, but not what it should be. what() says which file, where in it and what was expected.
class DatasetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Dataset {
  std::string name;
  Shape shape;                       ///< of one input
  std::vector<float> values;         ///< count x shape, NHWC, already scaled
  std::vector<std::int32_t> labels;  ///< one per input; empty if the source has none

  [[nodiscard]] std::size_t size() const;
  /// One input, shape.elements() values. @throws std::out_of_range
  [[nodiscard]] std::span<const float> input(std::size_t index) const;
};

/// Which inputs to read; count 0 means all from `first` on.
struct Range {
  std::size_t first = 0;
  std::size_t count = 0;
  bool at_most = false;     ///< fewer will do if the file has no more
  std::string option = {};  ///< that asks for the count, for the message when there are too few
};
/// First and number of the inputs that a range selects out of `available`.
/// @throws DatasetError  it asks for more
[[nodiscard]] Range selected(const std::filesystem::path& path, Range range, std::size_t available);

/// Folder that holds data sets: `override_path` if not empty, else the environment variable TESSERA_DATASETS, else
/// /usr/share/datasets, where Debian packages put them.
[[nodiscard]] std::filesystem::path datasets_folder(const std::filesystem::path& override_path = {});

/// Fashion-MNIST (Debian package dataset-fashion-mnist): 28x28x1, values 0..255 scaled by 1/255, labels 0..9.
/// @param part "train" (60000) or "test" (10000)
/// @param folder see datasets_folder
[[nodiscard]] Dataset load_fashion_mnist(const std::string& part, Range range = {},
                                         const std::filesystem::path& folder = {});

/// Images and labels in IDX files of bytes, plain or gzip; values are divided by 255. `labels` may be empty.
[[nodiscard]] Dataset load_idx(const std::filesystem::path& images, const std::filesystem::path& labels,
                               Range range = {});

/// Numbers separated by commas, one input a row, the label last, plain or gzip.
/// @param shape of one input; a row holds shape.elements() numbers and the label
/// @param divisor of the values: 16 for the digits set of python3-sklearn
[[nodiscard]] Dataset load_csv(const std::filesystem::path& path, Shape shape, float divisor, Range range = {});

/// NumPy arrays: first axis counts inputs, the rest is HxWxC, HxW or a vector; uint8, int8, int32, int64, float32,
/// float64 in C order. Values are divided by `divisor`. `labels` (one integer an input) may be empty.
[[nodiscard]] Dataset load_npy(const std::filesystem::path& inputs, const std::filesystem::path& labels, float divisor,
                               Range range = {});

/// Pictures (PNG, grey or RGB, 8 or 16 bits) of the size and channels that the network takes, in one folder a class:
/// folders whose names are whole numbers are these labels, others are numbered from 0 in the order of their names. The
/// order of inputs takes one picture of each class in turn, by name. Pictures that lie in the folder itself count only
/// where no class folder has any, and have no labels. Values are divided by `divisor`.
[[nodiscard]] Dataset load_png_folder(const std::filesystem::path& folder, Shape shape, float divisor,
                                      Range range = {});

}  // namespace tessera::compiler
