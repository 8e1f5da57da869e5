// SPDX-License-Identifier: Apache-2.0
// Options that describe the world around the chip: sensor and pins.
#pragma once

#include <filesystem>

#include "platform/cli/command.h"
#include "platform/world/sensor_file.h"
#include "platform/world/world.h"

namespace tessera::cli {

struct WorldOptions {
  platform::SensorChoice sensor;  ///< no file: none
  std::filesystem::path gpio;
  std::filesystem::path fault;
  std::filesystem::path flash;
};

void add_world_options(CLI::App& app, WorldOptions& options);
/// Reads the files or ends the command: 2 for a malformed one, 4 for one that is not there.
[[nodiscard]] platform::World world_or_refuse(const WorldOptions& options,
                                              const platform::PlatformParameters& platform);

}  // namespace tessera::cli
