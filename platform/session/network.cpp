// SPDX-License-Identifier: Apache-2.0
#include "platform/session/network.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "platform/config/report.h"
#include "sw/compiler/import/import_network.h"

namespace tessera::platform {

namespace fs = std::filesystem;

namespace {

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

compiler::Dataset load_file(const DataChoice& choice, compiler::Shape shape, compiler::Range range) {
  const std::string& path = choice.set;
  const auto divisor = [&](double otherwise) {
    return static_cast<float>(choice.divisor > 0 ? choice.divisor : otherwise);
  };
  if (std::error_code error; fs::is_directory(path, error)) {
    return compiler::load_png_folder(path, shape, divisor(255.0), range);
  }
  if (ends_with(path, ".csv") || ends_with(path, ".csv.gz")) {
    return compiler::load_csv(path, shape, divisor(16.0), range);
  }
  if (ends_with(path, ".npy")) {
    return compiler::load_npy(path, choice.labels, divisor(255.0), range);
  }
  return compiler::load_idx(path, choice.labels, range);
}

}  // namespace

fs::path shipped_network() {
  const char* folder = std::getenv("TESSERA_EXAMPLES");
  return fs::path(folder != nullptr ? folder : TESSERA_EXAMPLES_DIR) / "fashion" / "lenet.onnx";
}

compiler::Dataset load_data(const DataChoice& choice, compiler::Shape shape, compiler::Range range) {
  return choice.set == "fashion-mnist" ? compiler::load_fashion_mnist("test", range, choice.folder)
                                       : load_file(choice, shape, range);
}

compiler::Dataset load_calibration(const DataChoice& choice, compiler::Shape shape, std::size_t count, bool fewer) {
  const compiler::Range range{0, count, fewer, "--calibration"};
  return choice.set == "fashion-mnist" ? compiler::load_fashion_mnist("train", range, choice.folder)
                                       : load_file(choice, shape, range);
}

deployment::Limits limits_of(const PlatformParameters& platform) {
  deployment::Limits limits;
  limits.tiles.clear();
  for (const tile::TileParameters& parameters : platform.tiles) {
    const analog::ArrayParameters& array = parameters.array;
    limits.tiles.push_back({array.rows, array.pairs(), static_cast<std::uint32_t>(array.max_level()),
                            static_cast<std::uint32_t>(std::max<std::size_t>(array.adc.gains.size(), 1)),
                            parameters.input_buffer_B, parameters.rows_per_input(), array.columns_per_weight(),
                            array.references()});
  }
  limits.sram_bytes = platform.sram.size_B;
  limits.dram_bytes = platform.ext_dram.present ? platform.ext_dram.size_B : 0;
  limits.dma_channels = platform.dma.channels;
  limits.vector_present = platform.vector_unit.present;
  limits.grid_columns = platform.grid_columns;
  return limits;
}

PreparedNetwork prepare(const NetworkChoice& choice, const PlatformParameters& platform) {
  compiler::Graph graph = compiler::import_network(choice.network.empty() ? shipped_network() : choice.network);
  const compiler::Dataset calibration =
      load_calibration(choice.data, graph.shape(graph.input), choice.calibration, choice.fewer_for_calibration);
  if (calibration.shape.elements() != graph.shape(graph.input).elements()) {
    throw compiler::DatasetError(calibration.name + ": one input has " + std::to_string(calibration.shape.elements()) +
                                 " values, the network takes " + std::to_string(graph.shape(graph.input).elements()) +
                                 "; choose another set with --data");
  }
  const std::uint64_t hash = platform_hash(platform);
  compiler::CompileResult compiled = compiler::compile(graph, platform, hash, calibration.values, choice.compile);
  deployment::Image image = deployment::Image::parse(compiled.image, limits_of(platform));
  return {std::move(graph), std::move(compiled), std::move(image), hash};
}

std::vector<std::vector<std::int8_t>> quantise_inputs(const compiler::Dataset& data, const td_tensor& tensor) {
  std::vector<std::vector<std::int8_t>> inputs(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    for (const float value : data.input(i)) {
      const double q = std::round(static_cast<double>(value) / static_cast<double>(tensor.scale)) + tensor.zero_point;
      inputs[i].push_back(static_cast<std::int8_t>(std::clamp(q, -128.0, 127.0)));
    }
  }
  return inputs;
}

std::size_t arg_max(const std::vector<std::int8_t>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace tessera::platform
