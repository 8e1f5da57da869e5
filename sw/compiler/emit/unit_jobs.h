// SPDX-License-Identifier: Apache-2.0
// The jobs of layers that vector unit or CPU compute: one a layer, and the host waits for it.
#pragma once

#include <cstdint>

#include "sw/compiler/emit/command_list.h"
#include "sw/compiler/emit/schedule.h"
#include "sw/compiler/emit/tensor_places.h"

namespace tessera::compiler {

void vector_job(std::uint32_t step, const Schedule& schedule, const TensorPlaces& places, CommandList& commands);
void cpu_job(std::uint32_t step, const Schedule& schedule, const TensorPlaces& places, CommandList& commands);

}  // namespace tessera::compiler
