// SPDX-License-Identifier: Apache-2.0
// Options and errors of the commands that take a network and a data set.
#pragma once

#include "platform/cli/command.h"
#include "platform/session/network.h"

namespace tessera::cli {

struct NetworkOptions {
  CommonOptions common;
  platform::NetworkChoice choice;
  std::uint64_t first = 0;
  std::uint64_t images = 20;
};

void add_network_options(CLI::App& app, NetworkOptions& options);
void add_data_options(CLI::App& app, NetworkOptions& options, std::uint64_t images);

/// prepare(), with its errors turned into exit codes.
[[nodiscard]] platform::PreparedNetwork prepare_or_refuse(const NetworkOptions& options,
                                                          const platform::PlatformParameters& platform);
/// The images to run; at least one. @throws CommandError
[[nodiscard]] compiler::Dataset data_or_refuse(const NetworkOptions& options, compiler::Shape shape);

}  // namespace tessera::cli
