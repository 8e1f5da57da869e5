// SPDX-License-Identifier: Apache-2.0
#include "platform/session/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <systemc>

#include "models/peripherals/system_control/system_control.h"
#include "platform/chip/chip.h"
#include "platform/session/crash_report.h"
#include "platform/session/flash_session.h"
#include "platform/session/uart_feed.h"

namespace tessera::platform {
namespace {

// Firmware in a loop must not fill the host's memory.
constexpr std::size_t most_console = std::size_t{16} << 20;
constexpr std::size_t most_unit_errors = 100;
constexpr std::size_t most_regions = 1000;

/// Turns the pc of a call site into "function+0x12".
class ProgramSymbols : public traces::Symbols {
 public:
  explicit ProgramSymbols(const host::SymbolTable& table) : table_(table) {}
  [[nodiscard]] std::string place(std::uint32_t pc) const override { return table_.describe(pc); }

 private:
  const host::SymbolTable& table_;
};

void tell_passes(Chip& chip, const PlatformParameters& platform, const deployment::Image& image) {
  for (const td_tile& tile : image.contents().tiles) {
    chip.array(tile.tile).set_inference_passes(std::uint64_t{tile.passes_per_inference} *
                                               platform.tiles.at(tile.tile).passes());
  }
}

void program_flash(Chip& chip, const deployment::Image& image) {
  const deployment::Contents& contents = image.contents();
  for (const td_region& region : contents.regions) {
    const std::size_t cells = std::size_t{region.rows} * region.columns;
    chip.array(region.tile)
        .program(region.row0, region.column0, region.rows, region.columns,
                 std::span(contents.cells).subspan(region.cells_offset, cells));
  }
}

void map_rom(Chip& chip, const deployment::Image& image) {
  // The levels of the cells stand behind what the runtime reads: firmware that programs tiles, or does without them,
  // finds them there.
  const auto rom = chip.rom().bytes();
  const auto bytes = image.bytes().size() <= rom.size() ? image.bytes() : image.rom();
  std::copy(bytes.begin(), bytes.end(), rom.begin());
}

void name_everything(traces::Recorder& recorder, const deployment::Image& image) {
  const deployment::Contents& contents = image.contents();
  for (std::size_t i = 0; i < contents.layers.size(); ++i) {
    const td_layer& layer = contents.layers[i];
    recorder.set_layer(static_cast<std::int32_t>(i), contents.name(layer.name), contents.name(layer.operator_name));
  }
  std::map<std::uint16_t, int> jobs_of_layer;
  for (const td_command& command : contents.commands) {
    if (command.tag != 0 && command.layer < contents.layers.size()) {
      recorder.set_job(command.tag, fmt::format("{} #{}", contents.name(contents.layers[command.layer].name),
                                                jobs_of_layer[command.layer]++));
    }
  }
}

/// Collects what the markers delimit.
class RegionClock {
 public:
  RegionClock(SimulationOutput& output, const power::Ledger& ledger) : output_(output), ledger_(ledger) {}
  void watch(Chip& chip) { chip_ = &chip; }

  void marker(probe::MarkerKind kind, std::uint32_t region, probe::Time at) {
    const std::uint32_t number = peripherals::region_number(region);
    const bool begins = kind == probe::MarkerKind::begin;
    switch (peripherals::region_kind(region)) {
      case peripherals::RegionKind::inference:
        if (begins) {
          output_.inferences.push_back({number, at, 0, ledger_.total(), ledger_.off_chip()});
          bus_begin_ = bus_bytes(*chip_);
        } else if (!output_.inferences.empty() && output_.inferences.back().end == 0) {
          InferenceFacts& facts = output_.inferences.back();
          facts.end = at;
          facts.energy = ledger_.total() - facts.energy;
          facts.off_chip = ledger_.off_chip() - facts.off_chip;
          output_.bus_inside += bus_bytes(*chip_);
          output_.bus_inside -= bus_begin_;
        }
        break;
      case peripherals::RegionKind::layer:
        if (begins) {
          layer_begin_[number] = at;
        } else if (const auto begin = layer_begin_.find(number); begin != layer_begin_.end()) {
          output_.layer_time[static_cast<std::int32_t>(number)] += at - begin->second;
          layer_begin_.erase(begin);
        }
        break;
      case peripherals::RegionKind::calibration:
        if (begins && output_.calibrations.size() < most_regions) {
          output_.calibrations.push_back({number, at, 0, ledger_.total(), ledger_.off_chip()});
        } else if (!begins && !output_.calibrations.empty() && output_.calibrations.back().end == 0) {
          InferenceFacts& facts = output_.calibrations.back();
          facts.end = at;
          facts.energy = ledger_.total() - facts.energy;
          facts.off_chip = ledger_.off_chip() - facts.off_chip;
        }
        break;
      case peripherals::RegionKind::user:
        if (begins && output_.regions.size() < most_regions) {
          output_.regions.push_back({number, at, 0, ledger_.total(), ledger_.off_chip()});
        } else if (!begins) {
          end_region(number, at);
        }
        break;
    }
  }

 private:
  void end_region(std::uint32_t number, probe::Time at) {
    const auto open = std::find_if(output_.regions.rbegin(), output_.regions.rend(),
                                   [number](const auto& region) { return region.number == number && region.end == 0; });
    if (open != output_.regions.rend()) {
      open->end = at;
      open->energy = ledger_.total() - open->energy;
      open->off_chip = ledger_.off_chip() - open->off_chip;
    }
  }

  SimulationOutput& output_;
  const power::Ledger& ledger_;
  Chip* chip_ = nullptr;
  BusBytes bus_begin_;  ///< when the inference began
  std::map<std::uint32_t, probe::Time> layer_begin_;
};

std::vector<std::uint8_t> memory_at(Chip& chip, std::uint32_t begin, std::uint32_t end) {
  std::vector<std::uint8_t> bytes(end - begin);
  if (chip.host().core().read_memory(begin, bytes)) {
    return bytes;
  }
  const bool dram = chip.dram() != nullptr && begin >= TD_DRAM_BASE;
  const std::span<const std::uint8_t> memory = dram ? chip.dram()->bytes() : chip.sram().bytes();
  const std::uint32_t offset = begin - (dram ? TD_DRAM_BASE : TD_SRAM_BASE);
  if (offset > memory.size() || bytes.size() > memory.size() - offset) {
    return {};
  }
  std::copy_n(memory.begin() + offset, bytes.size(), bytes.begin());
  return bytes;
}

std::optional<std::uint32_t> word_at(Chip& chip, std::uint32_t address) {
  std::array<std::uint8_t, 4> bytes{};
  if ((address & 3u) != 0 || !chip.host().core().read_memory(address, bytes)) {
    return std::nullopt;
  }
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

/// Passes console output to the tester, and what the tester thinks of it to the run.
class ConsoleWatch {
 public:
  ConsoleWatch(Expectations& expectations, bool go_on) : expectations_(expectations), go_on_(go_on) {}

  void attach(host::HostSubsystem& host) {
    host_ = &host;
    update();
  }
  void put(std::uint8_t byte) {
    expectations_.put(byte, host_->local_time());
    update();
  }

 private:
  void update() {
    using State = Expectations::State;
    if (expectations_.state() == State::failed) {
      host_->stop(host::RunEnd::expectation_failed, 1, expectations_.reason());
    } else if (expectations_.state() == State::met && !go_on_) {
      host_->stop(host::RunEnd::expectations_met, 0,
                  fmt::format("all {} expectations were met", expectations_.seen().size()));
    }
    if (expectations_.deadline_ps() != deadline_) {
      deadline_ = expectations_.deadline_ps();
      host_->set_deadline(deadline_, [this] {
        expectations_.deadline_passed();
        update();
      });
    }
  }

  Expectations& expectations_;
  bool go_on_;
  host::HostSubsystem* host_ = nullptr;
  std::uint64_t deadline_ = Expectations::never;
};

/// A program that ended well without saying what it should has failed.
void judge(Expectations& expectations, SimulationOutput& output) {
  expectations.program_ended(output.result.reason);
  if (expectations.state() == Expectations::State::failed && output.result.passed()) {
    output.result.kind = host::RunEnd::expectation_failed;
    output.result.reason = expectations.reason();
  }
}

}  // namespace

SimulationOutput simulate(const SimulationInput& input, traces::Recorder& recorder) {
  SimulationOutput output;
  output.results.resize(input.frames.size());
  std::uint64_t done = 0;
  RegionClock clock(output, recorder.ledger());

  ChipEnvironment environment;
  environment.platform_hash = input.platform_hash;
  environment.first_frame = input.first_frame;
  environment.frames = [&](std::uint64_t index, std::vector<std::uint8_t>& frame) {
    const std::uint64_t i = index - input.first_frame;
    if (i >= input.frames.size()) {
      return false;
    }
    frame.resize(input.frames[i].size());
    std::memcpy(frame.data(), input.frames[i].data(), frame.size());
    return true;
  };
  environment.results = [&](std::uint64_t index, std::span<const std::uint8_t> result, probe::Time) {
    auto& to = output.results.at(index - input.first_frame);
    to.resize(result.size());
    std::memcpy(to.data(), result.data(), result.size());
    ++done;
    if (input.progress) {
      input.progress(done);
    }
  };
  environment.sensor = input.world.sensor;
  environment.pins = input.world.pins;
  std::optional<ConsoleWatch> watch;
  if (input.expectations != nullptr) {
    watch.emplace(*input.expectations, input.expect_continue);
  }
  environment.uart = [&](std::uint8_t byte) {
    if (output.console.size() < most_console) {
      output.console.push_back(static_cast<char>(byte));
    }
    if (input.uart) {
      input.uart(byte);
    }
    if (input.console != nullptr) {
      input.console->put(byte);
    }
    if (watch) {
      watch->put(byte);
    }
  };
  environment.unit_error = [&](std::string_view what) {
    if (output.unit_errors.size() < most_unit_errors) {
      output.unit_errors.emplace_back(what);
    }
    ++output.unit_error_count;
  };
  environment.protocol_violation = [&](std::string_view what) {
    if (output.unit_errors.size() < most_unit_errors) {
      output.unit_errors.push_back("bus protocol: " + std::string(what));
    }
    ++output.protocol_violations;
  };
  environment.marker = [&](probe::MarkerKind kind, std::uint32_t region, probe::Time at) {
    clock.marker(kind, region, at);
  };

  // "Simulation stopped by user" is how every good run ends.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  const auto begin = std::chrono::steady_clock::now();
  ProfilingProbe profiler(recorder);
  probe::Probe& probe = input.profile ? static_cast<probe::Probe&>(profiler) : recorder;
  Chip chip(input.platform, std::move(environment), probe);
  clock.watch(chip);
  const std::shared_ptr<ChipFile>& file = input.world.flash;
  if (input.deployment != nullptr) {
    if (file == nullptr || file->fresh()) {
      program_flash(chip, *input.deployment);
    }
    tell_passes(chip, input.platform, *input.deployment);
    map_rom(chip, *input.deployment);
    name_everything(recorder, *input.deployment);
  }
  recorder.set_layer(runtime_layer, "(runtime)", "firmware between layers");
  recorder.set_layer(outside_layer, "(outside)", "firmware outside inferences");
  recorder.set_layer(calibration_layer, "(calibration)", "converters are measured and trimmed");
  std::optional<FlashSession> flash;
  if (file != nullptr) {
    flash.emplace(chip, *file, input.deployment);
  }
  for (const auto& [tile, faults] : input.world.faults) {
    chip.array(tile).inject(faults);
  }
  chip.host().load(*input.program, input.program_name);
  chip.host().set_limits(input.limits);
  if (input.profile) {
    profiler.begin(chip.host());
  }
  const std::shared_ptr<void> attached = input.attach ? input.attach(chip, recorder) : nullptr;
  chip.host().stop_when(input.stop);
  const UartFeed feed("uart_feed", chip.host(), input.uart_script, input.console);
  if (watch) {
    watch->attach(chip.host());
  }

  std::optional<host::InstructionTrace> isa_trace;
  if (input.isa_trace != nullptr) {
    host::InstructionTraceOptions options = input.isa_trace->options;
    options.when_full = [&chip] { chip.host().core().set_instruction_listener(nullptr); };
    isa_trace.emplace(chip.host().core(), input.platform.cpu.clock_Hz, chip.host().symbols(), std::move(options),
                      input.isa_trace->write);
    chip.host().core().set_instruction_listener(&*isa_trace);
  }

  sc_core::sc_start();
  if (isa_trace) {
    isa_trace->finish();
    chip.host().core().set_instruction_listener(nullptr);
  }
  chip.host().finish();
  output.end = std::max<probe::Time>(sc_core::sc_time_stamp().value(), chip.host().local_time());
  chip.finish(output.end);
  if (flash) {
    flash->close(output.end);
  }
  for (std::uint32_t tile = 0; tile < chip.tile_count(); ++tile) {
    const tile::TrimBank& trims = chip.tile(tile).trims();
    for (std::uint32_t k = 0; trims.enabled() && k < trims.facts().converters; ++k) {
      output.trims[tile].push_back(trims.word(k));
    }
  }
  output.power_states = recorder.registry().residencies;
  output.sensor = {chip.sensor().present(), chip.sensor().clocked(), chip.sensor().overruns()};
  output.result = chip.host().result();
  output.cpu = chip.host().counters();
  output.bus_run = bus_bytes(chip);
  if (input.dump) {
    output.dump = memory_at(chip, input.dump->first, input.dump->second);
  }
  if (input.profile) {
    output.profile = make_profile(profiler, input.platform.cpu.clock_Hz);
  }
  output.uart_sent = chip.host().uart().transmitted();
  output.uart_received = chip.host().uart().received();
  output.uart_overruns = chip.host().uart().overruns();
  if (input.expectations != nullptr) {
    judge(*input.expectations, output);
  }
  if (!output.result.passed() && !input.program_file.empty()) {
    add_debug_information(output.result.report, input.program_file, chip.host().symbols(),
                          [&chip](std::uint32_t address) { return word_at(chip, address); });
  }
  const ProgramSymbols symbols(chip.host().symbols());
  recorder.set_symbols(&symbols);
  recorder.close(output.end);
  recorder.set_symbols(nullptr);
  output.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return output;
}

}  // namespace tessera::platform
