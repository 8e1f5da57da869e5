// SPDX-License-Identifier: Apache-2.0
// The world around the chip, as files describe it.
#pragma once

#include <memory>
#include <vector>

#include "models/peripherals/gpio/gpio.h"
#include "models/peripherals/sensor/sensor.h"
#include "platform/world/fault_script.h"

namespace tessera::platform {

class ChipFile;

struct World {
  peripherals::SensorData sensor;  ///< no bytes: no sensor is connected
  TileFaults faults;
  std::shared_ptr<ChipFile> flash;  ///< what the cells hold; null: as delivered or factory-programmed, and forgotten
  std::vector<peripherals::PinChange> pins;  ///< in the order of time
};

}  // namespace tessera::platform
