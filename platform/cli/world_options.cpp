// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/world_options.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "platform/flash/chip_file.h"
#include "platform/world/gpio_script.h"
#include "platform/world/input_error.h"

namespace tessera::cli {

void add_world_options(CLI::App& app, WorldOptions& options) {
  const std::string group = "World";
  app.add_option("--sensor", options.sensor.file, "Recording for the sensor: .wav, .csv, IDX, or raw bytes")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--sensor-rate", options.sensor.rate_Hz, "Samples per second (default: the file's own)")
      ->type_name("HZ")
      ->check(positive_number())
      ->group(group);
  app.add_option("--sensor-format", options.sensor.format, "Values of CSV and raw files (default: s16, u8)")
      ->check(CLI::IsMember({"u8", "s8", "u16", "s16", "u32", "s32"}))
      ->group(group);
  app.add_option("--sensor-channels", options.sensor.channels, "Values of one sample of a raw file (default: 1)")
      ->check(CLI::Range(1, 255))
      ->group(group);
  app.add_option("--sensor-window", options.sensor.window, "Samples that belong together (default: an IDX image)")
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{1} << 24))
      ->group(group);
  app.add_option("--gpio", options.gpio, "Script of the input pins: lines of `TIME PIN LEVEL`, such as `1.5ms 3 1`")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--fault", options.fault, "Faults to put into tiles: lines such as `tile 3 dead_row row 17`")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--flash", options.flash, "The chip's non-volatile state, kept from run to run; created when absent")
      ->type_name("FILE")
      ->group(group);
}

platform::World world_or_refuse(const WorldOptions& options, const platform::PlatformParameters& platform) {
  platform::World world;
  try {
    if (!options.sensor.file.empty()) {
      world.sensor = platform::load_sensor(options.sensor);
    }
    if (!options.gpio.empty()) {
      world.pins = platform::load_gpio_script(options.gpio);
    }
    if (!options.fault.empty()) {
      world.faults = platform::load_fault_script(options.fault, platform);
    }
    if (!options.flash.empty()) {
      world.flash = std::make_shared<platform::ChipFile>(options.flash, platform);
      if (world.flash->found_empty()) {
        fmt::print(stderr, "note: {}: no complete header: taken as a new chip\n", options.flash.string());
      }
    }
  } catch (const platform::ChipFileError& error) {
    throw CommandError(ExitCode::usage, error.what());
  } catch (const platform::ChipFileUnavailable& error) {
    throw CommandError(ExitCode::missing, error.what());
  } catch (const platform::InputError& error) {
    throw CommandError(ExitCode::usage, error.what());
  } catch (const platform::MissingInputError& error) {
    throw CommandError(ExitCode::missing, error.what());
  }
  return world;
}

}  // namespace tessera::cli
