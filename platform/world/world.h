// SPDX-License-Identifier: Apache-2.0
// The world around the chip, as files describe it.
#pragma once

#include <vector>

#include "models/peripherals/gpio/gpio.h"
#include "models/peripherals/sensor/sensor.h"
#include "platform/world/fault_script.h"

namespace tessera::platform {

struct World {
  peripherals::SensorData sensor;  ///< no bytes: no sensor is connected
  TileFaults faults;
  std::vector<peripherals::PinChange> pins;  ///< in the order of time
};

}  // namespace tessera::platform
