// SPDX-License-Identifier: Apache-2.0
// Recordings for the streaming sensor: WAV, IDX, CSV or raw bytes (docs/power.md, "Sensor").
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/peripherals/sensor/sensor.h"

namespace tessera::platform {

struct SensorChoice {
  std::filesystem::path file;  ///< .wav, .csv, IDX (by its first bytes, gzip allowed), else raw
  double rate_Hz = 0;          ///< samples per second; 0: the file's own (WAV)
  std::string format;          ///< u8, s8, u16, s16, u32, s32; empty: the file's own, s16 for CSV, u8 for raw bytes
  std::uint32_t channels = 0;  ///< 0: the file's own, 1 for raw bytes
  std::uint32_t window = 0;    ///< samples that belong together; 0: the file's own (IDX: one image)
};

/// @throws InputError         `file:place: what is wrong; what was expected`
/// @throws MissingInputError  the file cannot be read
[[nodiscard]] peripherals::SensorData load_sensor(const SensorChoice& choice);

}  // namespace tessera::platform
