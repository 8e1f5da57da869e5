// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/analog/array_parameters.h"

namespace tessera::analog {

/// @throws std::invalid_argument  a parameter is outside the range in which the model is valid; says which and why
void check(const ArrayParameters& parameters);

}  // namespace tessera::analog
