// SPDX-License-Identifier: Apache-2.0
#include "platform/session/run_report.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "platform/chip/chip.h"
#include "platform/session/calibration_report.h"
#include "platform/session/power_report.h"
#include "platform/session/scenario.h"
#include "platform/text/table.h"

namespace tessera::platform {
namespace {

using text::si;
using text::Table;

EnergyColumns columns_of(const power::CategoryAmounts& amounts, double images) {
  const auto of = [&](probe::Category category) {
    return power::joules(amounts[static_cast<std::size_t>(category)]) / images;
  };
  using probe::Category;
  EnergyColumns columns;
  columns.array = of(Category::array) + of(Category::programming);
  columns.dac = of(Category::dac);
  columns.adc = of(Category::adc);
  columns.digital = of(Category::digital);
  columns.bus = of(Category::bus);
  columns.memory = of(Category::memory);
  columns.cpu = of(Category::cpu);
  columns.statics = of(Category::statics);
  columns.loss = of(Category::conversion_loss);
  columns.off_chip = of(Category::off_chip);
  return columns;
}

std::string shape_text(const compiler::Shape& shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

LayerRow network_row(const compiler::LayerReport& layer) {
  LayerRow row;
  row.name = layer.name;
  row.operators = layer.operators;
  row.engine = layer.engine;
  row.shape = shape_text(layer.input) + " > " + shape_text(layer.output);
  row.macs = layer.macs;
  row.tiles = layer.tiles;
  row.utilisation = layer.utilisation;
  if (!layer.placements.empty()) {
    row.rows_columns = fmt::format("{}x{}", layer.placements[0].rows, layer.placements[0].columns);
  }
  return row;
}

/// Chips without anything beside them have one total; others that of the chip, the parts beside it, and the system's.
std::vector<std::string> energy_cells(const EnergyColumns& e, bool off_chip) {
  std::vector<double> values = {e.array, e.dac, e.adc, e.digital, e.bus, e.memory, e.cpu, e.statics, e.loss, e.chip()};
  if (off_chip) {
    values.insert(values.end(), {e.off_chip, e.total()});
  }
  std::vector<std::string> cells;
  for (const double joules : values) {
    cells.push_back(joules == 0 ? "-" : si(joules, "J"));
  }
  return cells;
}

void add(EnergyColumns& to, const EnergyColumns& from) {
  to.array += from.array;
  to.dac += from.dac;
  to.adc += from.adc;
  to.digital += from.digital;
  to.bus += from.bus;
  to.memory += from.memory;
  to.cpu += from.cpu;
  to.statics += from.statics;
  to.loss += from.loss;
  to.off_chip += from.off_chip;
}

std::string prediction_lines(const RunReport& report) {
  std::string out = "predictions (label in brackets where wrong):\n ";
  for (std::size_t i = 0; i < report.predictions.size(); ++i) {
    const bool labelled = i < report.labels.size();
    const bool right = labelled && static_cast<std::int32_t>(report.predictions[i]) == report.labels[i];
    out += fmt::format(" {}{}", report.predictions[i], right || !labelled ? "" : fmt::format("[{}]", report.labels[i]));
    if (i % 25 == 24 && i + 1 < report.predictions.size()) {
      out += "\n ";
    }
  }
  return out + "\n";
}

}  // namespace

RunReport make_report(const PreparedNetwork& network, const PlatformParameters& platform, const compiler::Dataset& data,
                      const SimulationOutput& output, const power::Ledger& ledger, std::uint64_t first) {
  RunReport report;
  report.network = network.graph.name;
  report.platform = fmt::format("{} {}x{} tiles", platform.preset, platform.grid_rows, platform.grid_columns);
  report.first = first;
  report.virtual_machine = platform.virt_compat;
  for (std::size_t i = 0; i < output.results.size() && !output.results[i].empty(); ++i) {
    report.predictions.push_back(arg_max(output.results[i]));
    if (i < data.labels.size()) {
      report.labels.push_back(data.labels[i]);
      report.correct += static_cast<std::int32_t>(report.predictions.back()) == data.labels[i] ? 1 : 0;
    }
  }
  report.images = report.predictions.size();
  const double images = report.images == 0 ? 1.0 : static_cast<double>(report.images);

  std::map<std::int32_t, power::CategoryAmounts> energy = ledger.by_layer_and_category();
  const CalibratedTiles calibrated = calibrated_tiles(platform, network.image.contents(), output);
  const auto booked = energy.find(calibration_layer);
  const power::Amount own =
      booked == energy.end() ? 0 : std::accumulate(booked->second.begin(), booked->second.end(), power::Amount{0});
  report.calibration = calibration_text(calibrated, own);
  report.calibration_json = calibration_json(calibrated, own);
  for (const compiler::LayerReport& layer : network.compiled.report.layers) {
    LayerRow row = network_row(layer);
    const auto number = static_cast<std::int32_t>(layer.layer);
    if (const auto time = output.layer_time.find(number); time != output.layer_time.end()) {
      row.time_s = static_cast<double>(time->second) * 1e-12 / images;
    }
    if (const auto found = energy.find(number); found != energy.end()) {
      row.energy = columns_of(found->second, images);
      energy.erase(found);
    }
    report.macs += row.macs;
    report.layers.push_back(std::move(row));
  }
  for (const auto& [layer, amounts] : energy) {  // what is no layer of the network
    LayerRow row;
    row.name = layer == runtime_layer       ? "(runtime)"
               : layer == outside_layer     ? "(outside)"
               : layer == calibration_layer ? "(calibration)"
               : layer == -1                ? "(idle)"
                                            : fmt::format("(layer {})", layer);
    row.energy = columns_of(amounts, images);
    report.layers.push_back(std::move(row));
  }

  double latency = 0;
  power::Amount inside = 0, beside = 0;
  std::uint64_t complete = 0;
  for (const InferenceFacts& facts : output.inferences) {
    if (facts.end != 0) {
      latency += static_cast<double>(facts.end - facts.begin) * 1e-12;
      inside += facts.energy;
      beside += facts.off_chip;
      ++complete;
    }
  }
  if (complete > 0) {
    report.latency_s = latency / static_cast<double>(complete);
    report.energy_J = power::joules(inside) / static_cast<double>(complete);
    report.off_chip_J = power::joules(beside) / static_cast<double>(complete);
    report.average_power_W = report.energy_J / report.latency_s;
    report.images_per_s = 1.0 / report.latency_s;
    report.tops_per_watt = 2.0 * static_cast<double>(report.macs) / report.energy_J * 1e-12;
  }
  for (LayerRow& row : report.layers) {
    report.layers_s += row.time_s;
  }
  report.wanted = output.results.size();
  report.passed = output.result.passed() && report.images == report.wanted;
  report.reason = output.result.passed() && !report.passed
                      ? fmt::format("the firmware ended after {} of {} images", report.images, report.wanted)
                      : output.result.reason;
  report.bus_bytes = bus_bytes_text(output.bus_inside, output.bus_run, complete);
  report.power_states = power_states_text(output);
  report.regions = regions_text(platform, output);
  report.regions_json = regions_json(platform, output);
  if (platform.scenario.inferences_per_s > 0 && complete > 0) {
    const DutyCycle cycle = duty_cycle(platform, report.energy_J, report.latency_s);
    report.scenario = duty_cycle_text(platform, cycle);
    report.scenario_json = duty_cycle_json(platform, cycle);
  }
  if (output.protocol_violations != 0) {
    report.passed = false;
    report.reason = fmt::format("{} breaches of the bus protocol: an error of the models; the first is in unit_errors",
                                output.protocol_violations);
  }
  report.simulated_s = static_cast<double>(output.end) * 1e-12;
  report.run_energy_J = power::joules(ledger.total());
  report.run_energy_exact = power::joules_text(ledger.total());
  report.off_chip = ledger.off_chip() != 0;
  report.run_off_chip_exact = power::joules_text(ledger.off_chip());
  report.instructions = output.cpu.instructions;
  report.wall_s = output.wall_s;
  return report;
}

std::string report_text(const RunReport& report) {
  std::string out;
  if (!report.passed) {
    out += fmt::format("FAILED: {} ({} of {} images done)\n", report.reason, report.images, report.wanted);
  }
  if (report.virtual_machine) {
    out += "virt_compat: memory sizes of a virtual machine, no chip; energies and times are of no device\n";
  }
  out += fmt::format("{} on {}, {} images from number {} on\n\n", report.network, report.platform, report.images,
                     report.first);
  if (report.images == 0) {
    return out + fmt::format("no image was classified; whole run {} simulated, {}, {} instructions of firmware\n",
                             si(report.simulated_s, "s"), si(report.run_energy_J, "J"), report.instructions);
  }
  out += prediction_lines(report);
  if (!report.labels.empty()) {
    out += fmt::format("accuracy: {}/{} = {:.1f} %\n", report.correct, report.labels.size(),
                       100.0 * static_cast<double>(report.correct) / static_cast<double>(report.labels.size()));
  }
  out += "\nwhere time goes, per image\n";
  Table layers({"<layer", "<operators", "<on", "<shape", "MACs", "tiles", "rows x columns", "cells used", "time"});
  for (const LayerRow& row : report.layers) {
    if (row.operators.empty()) {
      continue;
    }
    layers.add({row.name, row.operators, row.engine, row.shape, fmt::format("{}", row.macs),
                row.tiles == 0 ? "-" : fmt::format("{}", row.tiles), row.rows_columns.empty() ? "-" : row.rows_columns,
                row.tiles == 0 ? "-" : fmt::format("{:.2f} %", 100.0 * row.utilisation), si(row.time_s, "s")});
  }
  layers.rule();
  layers.add({"all layers", "", "", "", fmt::format("{}", report.macs), "", "", "", si(report.layers_s, "s")});
  layers.add({"(runtime) input, output, checks", "", "CPU, DMA", "", "", "", "", "",
              si(report.latency_s - report.layers_s, "s")});
  layers.add({"latency", "", "", "", "", "", "", "", si(report.latency_s, "s")});
  out += layers.text();

  out +=
      "\nwhere energy goes, whole run / images (ADC holds the analog front end, loss is the DC-DC converter's;\n"
      "(outside): firmware before, between and after inferences; (idle): static power and what sleeps)\n";
  out += report.off_chip ? "(chip: the columns before it; DRAM lies beside the chip, on a supply without that loss)\n"
                         : "";
  std::vector<std::string> heads = {"<layer",
                                    "array",
                                    "DAC",
                                    "ADC",
                                    "digital",
                                    "bus",
                                    "memory",
                                    "CPU",
                                    "static",
                                    "loss",
                                    report.off_chip ? "chip" : "total"};
  if (report.off_chip) {
    heads.insert(heads.end(), {"DRAM", "system"});
  }
  Table energies(heads);
  EnergyColumns sum;
  const auto add_row = [&](const std::string& name, const EnergyColumns& columns) {
    std::vector<std::string> cells = energy_cells(columns, report.off_chip);
    cells.insert(cells.begin(), name);
    energies.add(std::move(cells));
  };
  for (const LayerRow& row : report.layers) {
    add_row(row.name, row.energy);
    add(sum, row.energy);
  }
  energies.rule();
  add_row("total", sum);
  out += energies.text();

  out += fmt::format(
      "\nper image     latency {}   energy {}   average power {}   {}OPS/W   {:.4g} images/s of the chip\n"
      "              (between the markers of an inference: what is outside is not in these figures)\n",
      si(report.latency_s, "s"), si(report.energy_J, "J"), si(report.average_power_W, "W"),
      si(report.tops_per_watt * 1.0e12, ""), report.images_per_s);
  if (report.off_chip) {
    const double chip_J = report.energy_J - report.off_chip_J;
    out += fmt::format("              of that chip {}, {}, {}OPS/W; DRAM beside it {}, {}\n", si(chip_J, "J"),
                       si(chip_J / report.latency_s, "W"), si(2.0 * static_cast<double>(report.macs) / chip_J, ""),
                       si(report.off_chip_J, "J"), si(report.off_chip_J / report.latency_s, "W"));
  }
  out += report.scenario;
  out += report.calibration.empty() ? "" : "\n" + report.calibration;
  out += "\n" + report.bus_bytes;
  out += report.regions.empty() ? "" : "\n" + report.regions;
  out += report.power_states.empty() ? "" : "\n" + report.power_states + "\n";
  out += fmt::format("whole run     {} simulated, {}, {} instructions of firmware\n", si(report.simulated_s, "s"),
                     si(report.run_energy_J, "J"), report.instructions);
  out += fmt::format("simulator     {:.2f} s for {} images: {:.0f} images/s, {:.2f} s to compile\n", report.wall_s,
                     report.images, static_cast<double>(report.images) / report.wall_s, report.prepare_s);
  return out;
}

std::string report_json(const RunReport& report, const SimulationOutput& output) {
  using nlohmann::ordered_json;
  ordered_json layers = ordered_json::array();
  for (const LayerRow& row : report.layers) {
    const EnergyColumns& e = row.energy;
    layers.push_back({{"name", row.name},
                      {"operators", row.operators},
                      {"engine", row.engine},
                      {"shape", row.shape},
                      {"macs", row.macs},
                      {"tiles", row.tiles},
                      {"rows_columns", row.rows_columns},
                      {"utilisation", row.utilisation},
                      {"time_s", row.time_s},
                      {"energy_J",
                       {{"array", e.array},
                        {"dac", e.dac},
                        {"adc", e.adc},
                        {"digital", e.digital},
                        {"bus", e.bus},
                        {"memory", e.memory},
                        {"cpu", e.cpu},
                        {"static", e.statics},
                        {"loss", e.loss},
                        {"chip", e.chip()},
                        {"off_chip", e.off_chip},
                        {"total", e.total()}}}});
  }
  ordered_json outputs = ordered_json::array();
  for (std::size_t i = 0; i < report.images; ++i) {
    outputs.push_back(output.results[i]);
  }
  const ordered_json json = {
      {"schema", 1},
      {"network", report.network},
      {"platform", report.platform},
      {"passed", report.passed},
      {"virtual_machine", report.virtual_machine},
      {"end", std::string(host::name(output.result.kind))},
      {"reason", report.reason},
      {"guest_exit_code", output.result.exit_code},
      {"first_image", report.first},
      {"images", report.images},
      {"images_wanted", report.wanted},
      {"correct", report.correct},
      {"predictions", report.predictions},
      {"labels", report.labels},
      {"outputs", outputs},
      {"per_image",
       {{"latency_s", report.latency_s},
        {"energy_J", report.energy_J},
        {"off_chip_J", report.off_chip_J},
        {"average_power_W", report.average_power_W},
        {"tops_per_watt", report.tops_per_watt},
        {"images_per_s", report.images_per_s},
        {"macs", report.macs}}},
      {"layers", layers},
      {"run",
       {{"simulated_s", report.simulated_s},
        {"energy_J", report.run_energy_exact},
        {"off_chip_J", report.run_off_chip_exact},
        {"instructions", report.instructions},
        {"interrupts_taken", output.cpu.interrupts}}},
      {"bus_bytes", {{"run", bus_bytes_json(output.bus_run)}, {"inferences", bus_bytes_json(output.bus_inside)}}},
      {"scenario", report.scenario_json},
      {"calibration", report.calibration_json},
      {"regions", report.regions_json},
      {"power_states", power_states_json(output)},
      {"sensor", sensor_json(output)},
      {"unit_errors", output.unit_errors},
      {"wall_clock", {{"simulate_s", report.wall_s}, {"prepare_s", report.prepare_s}}},
  };
  return json.dump(2) + "\n";
}

}  // namespace tessera::platform
