// SPDX-License-Identifier: Apache-2.0
// One simulated run: a chip, a program, a deployment and frames in; results, times and energies out.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/host/elf_image.h"
#include "models/host/host_subsystem.h"
#include "models/host/instruction_trace.h"
#include "platform/config/platform_parameters.h"
#include "platform/profile/profile.h"
#include "platform/session/bus_bytes.h"
#include "platform/session/console_port.h"
#include "platform/session/expectations.h"
#include "platform/session/uart_script.h"
#include "platform/world/world.h"
#include "sw/deployment/image.h"
#include "traces/recorder.h"

namespace tessera::platform {

class Chip;

struct IsaTrace {
  host::InstructionTraceOptions options;
  host::InstructionTrace::Write write;
};

struct SimulationInput {
  PlatformParameters platform;
  std::uint64_t platform_hash = 0;
  const host::ElfImage* program = nullptr;
  std::string program_name;
  const deployment::Image* deployment = nullptr;     ///< may be null: a program without a network
  std::span<const std::vector<std::int8_t>> frames;  ///< frame i is inference first_frame + i
  std::uint64_t first_frame = 0;
  World world;
  host::RunLimits limits;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> dump;  ///< [begin, end): fill SimulationOutput::dump
  bool profile = false;                                         ///< fill SimulationOutput::profile
  std::function<void(std::uint64_t frames_done)> progress;
  /// Called when the chip stands and its program is loaded; what it gives lives until the simulation is over.
  std::function<std::shared_ptr<void>(Chip&, traces::Recorder&)> attach;
  std::function<void(std::uint8_t byte)> uart;  ///< besides SimulationOutput::console
  std::span<const std::uint8_t> program_file;   ///< the ELF file, for the lines of a fault report; may be empty
  const IsaTrace* isa_trace = nullptr;          ///< one line an instruction
  std::span<const UartInput> uart_script;       ///< input at simulated times
  ConsolePort* console = nullptr;               ///< interactive serial port: output and input
  Expectations* expectations = nullptr;         ///< what the console must say; they may end the run
  bool expect_continue = false;                 ///< met expectations do not end it
  const std::atomic<bool>* stop = nullptr;      ///< the user wants an end
};

/// Between the markers of one inference.
struct InferenceFacts {
  std::uint32_t number = 0;
  probe::Time begin = 0, end = 0;
  power::Amount energy = 0;    ///< booked in between, losses and static power included
  power::Amount off_chip = 0;  ///< part of it
};

struct SimulationOutput {
  host::RunResult result;
  host::CpuCounters cpu;
  std::vector<std::vector<std::int8_t>> results;  ///< by frame; empty where the program gave none
  std::vector<InferenceFacts> inferences;
  std::vector<InferenceFacts> calibrations;                   ///< of the converters of a tile; `number` is the tile
  std::map<std::uint32_t, std::vector<std::uint32_t>> trims;  ///< ADC_TRIM of tiles that use trims at the end, by tile
  BusBytes bus_inside, bus_run;                               ///< inside complete inferences; of the whole run
  std::vector<InferenceFacts> regions;             ///< between the markers of a user's region; the first 1000
  std::map<std::int32_t, probe::Time> layer_time;  ///< between the markers of a layer, summed over inferences
  struct SensorFacts {
    bool present = false;
    std::uint64_t samples = 0;   ///< clocked since the sensor was started last, lost ones included
    std::uint64_t overruns = 0;  ///< of these, lost
  } sensor;
  std::vector<traces::Registry::Residency> power_states;  ///< by block and state
  std::string console;                                    ///< the first 16 MiB
  std::vector<std::string> unit_errors;                   ///< the first 100
  std::uint64_t unit_error_count = 0;
  std::optional<Profile> profile;
  std::vector<std::uint8_t> dump;         ///< memory at the end of the run; shorter where nothing is mapped
  std::uint64_t protocol_violations = 0;  ///< of the bus's base protocol, with bus.check_protocol
  std::uint64_t uart_sent = 0, uart_received = 0, uart_overruns = 0;  ///< bytes
  probe::Time end = 0;                                                ///< simulated time [ps]
  double wall_s = 0.0;                                                ///< of the simulation itself
};

/// Runs to the end of the program or to a limit; guest faults are results, never exceptions. Once per process.
/// Closes the recorder: its files are complete up to the end of the run.
/// @throws host::ElfError  a segment of the program lies outside of memory
[[nodiscard]] SimulationOutput simulate(const SimulationInput& input, traces::Recorder& recorder);

}  // namespace tessera::platform
