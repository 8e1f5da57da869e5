// SPDX-License-Identifier: Apache-2.0
// `tessera compile`: network in, deployment file and report out. `tessera info`: what the importer understood.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/network_options.h"
#include "sw/compiler/import/import_network.h"

namespace tessera::cli {
namespace {

ExitCode compile(const NetworkOptions& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  const platform::PreparedNetwork network = prepare_or_refuse(options, loaded.platform);
  make_folder(options.common.output);
  const auto bytes = network.image.bytes();
  write_file(options.common.output / "deployment.tsr", std::string(bytes.begin(), bytes.end()));
  write_file(options.common.output / "compile.json", network.compiled.report.to_json());
  fmt::print("{}", options.common.json ? network.compiled.report.to_json() : network.compiled.report.to_text());
  return ExitCode::good;
}

ExitCode info(const NetworkOptions& options) {
  try {
    const compiler::Graph graph =
        compiler::import_network(options.choice.network.empty() ? platform::shipped_network() : options.choice.network);
    if (!options.common.json) {
      fmt::print("{}", compiler::describe(graph));
      return ExitCode::good;
    }
    nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
    for (const compiler::Node& node : graph.nodes) {
      const compiler::Shape& shape = graph.shape(node.output);
      nodes.push_back({{"name", node.name},
                       {"kind", compiler::to_string(node.kind)},
                       {"operators", node.operators},
                       {"output", {shape.height, shape.width, shape.channels}},
                       {"macs", compiler::macs(graph, node)}});
    }
    fmt::print("{}\n",
               nlohmann::ordered_json{{"name", graph.name}, {"macs", compiler::macs(graph)}, {"nodes", nodes}}.dump(2));
    return ExitCode::good;
  } catch (const compiler::UnsupportedError& error) {
    throw CommandError(ExitCode::unsupported, error.what());
  }
}

}  // namespace

void add_compile(CLI::App& program, Action& action) {
  auto options = std::make_shared<NetworkOptions>();
  CLI::App* command = program.add_subcommand("compile", "Import, quantise, map and schedule a network");
  add_network_options(*command, *options);
  add_output_options(*command, options->common, "compiled");
  command->callback([options, &action] { action = [options] { return compile(*options); }; });
}

void add_info(CLI::App& program, Action& action) {
  auto options = std::make_shared<NetworkOptions>();
  CLI::App* command = program.add_subcommand("info", "What the importer understands of a network");
  command->add_option("network", options->choice.network, "ONNX or TensorFlow Lite network; default: the shipped LeNet")
      ->type_name("FILE");
  command->add_flag("--json", options->common.json, "Print one JSON object instead of text");
  command->callback([options, &action] { action = [options] { return info(*options); }; });
}

}  // namespace tessera::cli
