// SPDX-License-Identifier: Apache-2.0
#include "platform/session/boot_report.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "platform/session/power_report.h"
#include "platform/session/run_folder.h"
#include "platform/text/duration.h"
#include "platform/text/table.h"

namespace tessera::platform {
namespace {

constexpr std::array<const char*, power::category_count> category_names = {
    "array", "dac", "adc", "digital", "bus", "memory", "cpu", "static", "loss", "programming", "off_chip"};

static_assert(power::category_count == 11, "name the new category");

nlohmann::ordered_json fault_json(const host::RunResult& result) {
  if (result.passed() || !result.report.record.valid) {
    return nullptr;
  }
  const host::FaultReport& report = result.report;
  nlohmann::ordered_json json = {{"cause", report.cause},
                                 {"pc", fmt::format("{:#010x}", report.record.pc)},
                                 {"function", report.function},
                                 {"caller", report.caller},
                                 {"mcause", report.record.cause},
                                 {"mtval", fmt::format("{:#010x}", report.record.value)},
                                 {"cycle", report.record.cycle},
                                 {"instruction", report.record.instruction},
                                 {"nearest_mapped", report.nearest},
                                 {"nested", report.nested},
                                 {"hints", report.hints}};
  json["places"] = report.places;
  json["backtrace"] = report.backtrace;
  json["text"] = report.text();
  return json;
}

}  // namespace

BootReport make_boot_report(const PlatformParameters& platform, const SimulationInput& input,
                            const SimulationOutput& output, const power::Ledger& ledger) {
  BootReport report;
  report.program = input.program_name;
  report.platform = fmt::format("{} {}x{} tiles", platform.preset, platform.grid_rows, platform.grid_columns);
  report.passed = output.result.passed();
  report.virtual_machine = platform.virt_compat;
  report.reason = output.result.reason;
  report.simulated_s = static_cast<double>(output.end) * 1e-12;
  report.asleep_s = static_cast<double>(output.cpu.wfi_cycles) / platform.cpu.clock_Hz;
  report.awake_s = static_cast<double>(output.cpu.cycles - output.cpu.wfi_cycles) / platform.cpu.clock_Hz;
  report.energy_J = power::joules_text(ledger.total());
  const power::CategoryAmounts amounts = ledger.by_category();
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    report.energies_J.emplace_back(category_names.at(i), power::joules_text(amounts.at(i)));
  }
  report.regions = regions_text(platform, output);
  report.regions_json = regions_json(platform, output);
  report.average_power_W = output.end == 0 ? 0.0 : power::joules(ledger.total()) / report.simulated_s;
  if (input.expectations != nullptr) {
    report.expected = input.expectations->seen();
    if (output.result.kind == host::RunEnd::expectation_failed) {
      report.last_lines = input.expectations->last_lines();
    }
  }
  return report;
}

std::string boot_ending_text(const BootReport& report, const SimulationOutput& output) {
  // The program may have stopped in the middle of a line.
  std::string text = output.console.empty() || output.console.back() == '\n' ? "" : "\n";
  std::size_t number = 0;
  for (const Expectations::Seen& seen : report.expected) {
    text += seen.matched
                ? fmt::format("expectation {}: /{}/ at {}\n", ++number, seen.pattern, text::duration(seen.at_ps))
                : fmt::format("expectation {}: /{}/ NOT MET\n", ++number, seen.pattern);
  }
  if (!report.last_lines.empty()) {
    text += "last lines of the console, with the time of their last byte:\n" + report.last_lines;
  }
  return text + ending_text(output);
}

std::string boot_report_text(const BootReport& report, const SimulationOutput& output) {
  using text::si;
  std::string out;
  if (report.virtual_machine) {
    out += "virt_compat: memory sizes of a virtual machine, no chip; energies and times are of no device\n";
  }
  out += fmt::format("{} on {}\n{}: {} ({})\n\n", report.program, report.platform, report.passed ? "passed" : "FAILED",
                     report.reason, host::name(output.result.kind));
  text::Table facts({"<simulated", "value"});
  facts.add({"time", si(report.simulated_s, "s")});
  facts.add({"  awake", si(report.awake_s, "s")});
  facts.add({"  asleep (wfi)", si(report.asleep_s, "s")});
  facts.add({"instructions", fmt::format("{}", output.cpu.instructions)});
  facts.add({"interrupts taken", fmt::format("{}", output.cpu.interrupts)});
  facts.add({"exceptions", fmt::format("{}", output.cpu.exceptions)});
  facts.add({"average power", si(report.average_power_W, "W")});
  out += facts.text() + "\n";
  text::Table energies({"<energy", "joules, exact"});
  for (const auto& [name, joules] : report.energies_J) {
    if (std::strtod(joules.c_str(), nullptr) > 0) {
      energies.add({name, joules});
    }
  }
  energies.rule();
  energies.add({"total", report.energy_J});
  out += energies.text();
  out += "\n" + power_states_text(output) + report.regions;
  if (!output.result.passed() || !report.expected.empty()) {
    out += "\n" + boot_ending_text(report, output);
  }
  return out;
}

nlohmann::ordered_json boot_report_json(const BootReport& report, const SimulationOutput& output) {
  using nlohmann::ordered_json;
  ordered_json energies;
  for (const auto& [name, joules] : report.energies_J) {
    energies[name] = joules;
  }
  ordered_json expected = ordered_json::array();
  for (const Expectations::Seen& seen : report.expected) {
    expected.push_back({{"pattern", seen.pattern},
                        {"matched", seen.matched},
                        {"at_s", seen.matched ? ordered_json(static_cast<double>(seen.at_ps) * 1e-12) : ordered_json()},
                        {"text", printable(seen.text)}});
  }
  return {
      {"schema", 1},
      {"program", report.program},
      {"platform", report.platform},
      {"passed", report.passed},
      {"virtual_machine", report.virtual_machine},
      {"end", std::string(host::name(output.result.kind))},
      {"reason", report.reason},
      {"guest_exit_code", output.result.exit_code},
      {"run",
       {{"simulated_s", report.simulated_s},
        {"energy_J", report.energy_J},
        {"average_power_W", report.average_power_W},
        {"instructions", output.cpu.instructions},
        {"cycles", output.cpu.cycles},
        {"wfi_cycles", output.cpu.wfi_cycles},
        {"interrupts_taken", output.cpu.interrupts},
        {"exceptions", output.cpu.exceptions}}},
      {"energies_J", energies},
      {"regions", report.regions_json},
      {"power_states", power_states_json(output)},
      {"sensor", sensor_json(output)},
      {"uart", {{"sent", output.uart_sent}, {"received", output.uart_received}, {"lost", output.uart_overruns}}},
      {"expectations", expected},
      {"fault", fault_json(output.result)},
      {"unit_errors", output.unit_errors},
      {"wall_clock", {{"simulate_s", output.wall_s}}},
  };
}

}  // namespace tessera::platform
