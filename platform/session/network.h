// SPDX-License-Identifier: Apache-2.0
// A network and its data, from files to a deployment and int8 inputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/dataset/dataset.h"
#include "sw/compiler/emit/compile.h"
#include "sw/compiler/graph/graph.h"
#include "sw/deployment/image.h"

namespace tessera::platform {

/// Names a labelled data set: "fashion-mnist", or a file: CSV with the label last (.csv, .csv.gz), NumPy (.npy) or IDX
/// images, whose labels are in `labels`; or a folder of PNG pictures, one folder a class.
struct DataChoice {
  std::string set = "fashion-mnist";
  std::filesystem::path labels;
  std::filesystem::path folder;  ///< that holds data sets; empty: see compiler::datasets_folder
  double divisor = 0.0;          ///< values are divided by it; 0: 255 for images, 16 for CSV
};

struct NetworkChoice {
  std::filesystem::path network;  ///< ONNX; empty: the shipped example
  DataChoice data;
  std::size_t calibration = 64;       ///< inputs that ranges and gains are chosen from
  bool fewer_for_calibration = true;  ///< if the set has no more; false: refused
  compiler::CompileOptions compile;
};

/// The shipped network: sw/examples/fashion/lenet.onnx of the source tree this program was built from, or of the
/// folder in the environment variable TESSERA_EXAMPLES.
[[nodiscard]] std::filesystem::path shipped_network();

/// @param shape of one input, for files that do not tell
/// @throws compiler::MissingDatasetError, compiler::DatasetError
[[nodiscard]] compiler::Dataset load_data(const DataChoice& choice, compiler::Shape shape, compiler::Range range);
/// Inputs for calibration: the training part of a set that has one, else its first rows.
[[nodiscard]] compiler::Dataset load_calibration(const DataChoice& choice, compiler::Shape shape, std::size_t count,
                                                 bool fewer = true);

struct PreparedNetwork {
  compiler::Graph graph;
  compiler::CompileResult compiled;
  deployment::Image image;
  std::uint64_t platform_hash = 0;
};

/// Imports, calibrates and compiles.
/// @throws what import_onnx, load_calibration and compile throw
[[nodiscard]] PreparedNetwork prepare(const NetworkChoice& choice, const PlatformParameters& platform);

/// What a deployment may use of this platform.
[[nodiscard]] deployment::Limits limits_of(const PlatformParameters& platform);

/// round(x / scale) + zero point, clamped to int8; one vector an input.
[[nodiscard]] std::vector<std::vector<std::int8_t>> quantise_inputs(const compiler::Dataset& data,
                                                                    const td_tensor& tensor);

/// Index of the largest value; the first of equals.
[[nodiscard]] std::size_t arg_max(const std::vector<std::int8_t>& values);

}  // namespace tessera::platform
