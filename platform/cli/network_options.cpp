// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/network_options.h"

#include <fmt/format.h>

#include "sw/compiler/import/import_network.h"
#include "sw/firmware/images/firmware_images.h"

namespace tessera::cli {

void add_network_options(CLI::App& app, NetworkOptions& options) {
  app.add_option("network", options.choice.network, "ONNX or TensorFlow Lite network; default: the shipped LeNet")
      ->type_name("FILE");
  add_platform_options(app, options.common);
  app.add_option(
         "--data", options.choice.data.set,
         "fashion-mnist; a file: .csv[.gz] with the label last, .npy, IDX; a folder with one folder of PNG a class")
      ->type_name("SET|FILE|DIR")
      ->capture_default_str();
  app.add_option("--labels", options.choice.data.labels, "Labels of a .npy or IDX file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.add_option("--datasets", options.choice.data.folder, "Folder that holds data sets")->type_name("DIR");
  app.add_option("--divisor", options.choice.data.divisor, "Input values are divided by it (default: 255, CSV 16)")
      ->check(positive_number());
  app.add_option("--calibration", options.choice.calibration,
                 "Inputs that ranges and gains are chosen from; without the option, fewer if the set has fewer")
      ->check(CLI::Range(1, 100000))
      ->each([&options](const std::string&) { options.choice.fewer_for_calibration = false; })
      ->capture_default_str();
  app.add_option("--slices", options.choice.compile.quantise.slices, "Column pairs per weight: 1, or 2 for 8 bits")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  app.add_flag("!--no-window-reuse", options.choice.compile.window_reuse, "Fetch overlapping windows anew");
  app.add_flag("!--no-multicast", options.choice.compile.multicast,
               "Fetch the same vectors once a tile, although bus.multicast is true");
  app.add_flag("--keep-outputs,!--no-keep-outputs", options.choice.compile.keep_outputs,
               "Tensors lie in the input buffer of the tile that writes or reads them, where that saves bytes");
  app.add_flag("!--no-replicate", options.choice.compile.map.replicate, "One copy of each layer only");
}

void add_data_options(CLI::App& app, NetworkOptions& options, std::uint64_t images) {
  options.images = images;
  app.add_option("-n,--images", options.images, "Number of images; without the option, fewer if the set has fewer")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->each([&options](const std::string&) { options.fewer_images = false; })
      ->capture_default_str();
  app.add_option("--first", options.first, "First image of the set")->capture_default_str();
}

platform::PreparedNetwork prepare_or_refuse(const NetworkOptions& options,
                                            const platform::PlatformParameters& platform) {
  if (const auto& network = options.choice.network; !network.empty() && !std::filesystem::exists(network)) {
    throw CommandError(ExitCode::missing,
                       fmt::format("{}: no such file; give an ONNX or TensorFlow Lite network", network.string()));
  }
  try {
    return or_unsupported([&] { return platform::prepare(options.choice, platform); });
  } catch (const compiler::MissingDatasetError& error) {
    throw CommandError(ExitCode::missing, error.what());
  }
}

compiler::Dataset data_or_refuse(const NetworkOptions& options, compiler::Shape shape) {
  try {
    compiler::Dataset data =
        platform::load_data(options.choice.data, shape, {options.first, options.images, options.fewer_images, "-n"});
    if (data.size() == 0) {
      throw CommandError(ExitCode::missing, fmt::format("{}: no image from number {} on", data.name, options.first));
    }
    return data;
  } catch (const compiler::MissingDatasetError& error) {
    throw CommandError(ExitCode::missing, error.what());
  }
}

compiler::Graph import_or_refuse(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw CommandError(ExitCode::missing,
                       fmt::format("{}: no such file; give an ONNX or TensorFlow Lite network", path.string()));
  }
  return or_unsupported([&] { return compiler::import_network(path); });
}

host::ElfImage runtime_or_refuse() {
  if (firmware::runtime_elf().empty()) {
    throw CommandError(ExitCode::missing, "this build carries no runtime firmware (TESSERA_FIRMWARE=OFF)");
  }
  return host::parse_elf(firmware::runtime_elf(), "runtime.elf");
}

}  // namespace tessera::cli
