// SPDX-License-Identifier: Apache-2.0
// Options and errors of the commands that take networks and data sets.
#pragma once

#include <filesystem>

#include "models/host/elf_image.h"
#include "platform/cli/command.h"
#include "platform/session/network.h"
#include "sw/compiler/emit/compile.h"
#include "sw/compiler/import/import_onnx.h"

namespace tessera::cli {

struct NetworkOptions {
  CommonOptions common;
  platform::NetworkChoice choice;
  std::uint64_t first = 0;
  std::uint64_t images = 20;
  bool fewer_images = true;  ///< if the set has no more; false: refused
};

void add_network_options(CLI::App& app, NetworkOptions& options);
void add_data_options(CLI::App& app, NetworkOptions& options, std::uint64_t images);

/// prepare(), with its errors turned into exit codes.
[[nodiscard]] platform::PreparedNetwork prepare_or_refuse(const NetworkOptions& options,
                                                          const platform::PlatformParameters& platform);
/// The images to run; at least one. @throws CommandError
[[nodiscard]] compiler::Dataset data_or_refuse(const NetworkOptions& options, compiler::Shape shape);

/// Calls `work`; what it says of networks that are not supported or do not fit becomes an exit code.
template <typename Work>
auto or_unsupported(Work&& work) {
  try {
    return work();
  } catch (const compiler::UnsupportedError& error) {
    throw CommandError(ExitCode::unsupported, error.what());
  } catch (const compiler::NotSupported& error) {
    throw CommandError(ExitCode::unsupported, error.what());
  } catch (const compiler::DoesNotFit& error) {
    throw CommandError(ExitCode::unsupported, error.what());
  }
}
/// An ONNX or TensorFlow Lite network. @throws CommandError
[[nodiscard]] compiler::Graph import_or_refuse(const std::filesystem::path& path);
/// The runtime that this build carries. @throws CommandError
[[nodiscard]] host::ElfImage runtime_or_refuse();

}  // namespace tessera::cli
