// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/command_list.h"

#include "sw/compiler/emit/narrow.h"

namespace tessera::compiler {

void CommandList::command(td_opcode opcode, std::uint32_t unit, std::uint32_t step, std::uint32_t job,
                          std::uint32_t tag) {
  td_command command{};
  command.opcode = static_cast<std::uint8_t>(opcode);
  command.unit = u16(unit);
  command.address = job;  // index for now; link() turns it into the descriptor's address
  command.layer = u16(step);
  command.tag = tag;
  contents_.commands.push_back(command);
}

void CommandList::start(std::uint32_t tile, td_tile_job job) {
  job.tag = ++tag_;
  command(TD_OP_TILE, tile, job.layer, static_cast<std::uint32_t>(contents_.tile_jobs.size()), job.tag);
  contents_.tile_jobs.push_back(job);
}

void CommandList::start(td_vector_job job) {
  job.tag = ++tag_;
  command(TD_OP_VECTOR, 0, job.layer, static_cast<std::uint32_t>(contents_.vector_jobs.size()), job.tag);
  contents_.vector_jobs.push_back(job);
}

void CommandList::start(td_cpu_job job) {
  job.tag = ++tag_;
  command(TD_OP_CPU, 0, job.layer, static_cast<std::uint32_t>(contents_.cpu_jobs.size()), job.tag);
  contents_.cpu_jobs.push_back(job);
}

std::uint32_t CommandList::add_channels(const QuantisedLayer& layer) {
  const auto first = static_cast<std::uint32_t>(contents_.channels.size());
  contents_.channels.insert(contents_.channels.end(), layer.channels.begin(), layer.channels.end());
  return first;
}

std::uint32_t CommandList::add_weights(const QuantisedLayer& layer) {
  contents_.constants.resize((contents_.constants.size() + 15) / 16 * 16);
  const auto first = static_cast<std::uint32_t>(contents_.constants.size());
  for (const std::int16_t w : layer.weights) {
    contents_.constants.push_back(static_cast<std::uint8_t>(static_cast<std::int8_t>(w)));
  }
  return first;
}

void CommandList::link() {
  const auto places = deployment::layout(contents_);
  for (td_tile_job& job : contents_.tile_jobs) {
    job.channels = deployment::rom_address(places, TD_SECTION_CHANNELS, job.channels);
  }
  for (td_vector_job& job : contents_.vector_jobs) {
    if (job.op == TD_VECTOR_DEPTHWISE || job.op == TD_VECTOR_CONV) {
      job.channels = deployment::rom_address(places, TD_SECTION_CHANNELS, job.channels);
      job.weights = deployment::rom_address(places, TD_SECTION_CONSTANTS, job.weights);
    }
  }
  for (td_command& command : contents_.commands) {
    switch (command.opcode) {
      case TD_OP_TILE:
        command.address = deployment::rom_address(places, TD_SECTION_TILE_JOBS, command.address);
        break;
      case TD_OP_VECTOR:
        command.address = deployment::rom_address(places, TD_SECTION_VECTOR_JOBS, command.address);
        break;
      case TD_OP_CPU:
        command.address = deployment::rom_address(places, TD_SECTION_CPU_JOBS, command.address);
        break;
      default:
        break;
    }
  }
}

}  // namespace tessera::compiler
