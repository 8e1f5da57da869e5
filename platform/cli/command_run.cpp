// SPDX-License-Identifier: Apache-2.0
// `tessera run`: the main job. Compiles a network, boots the runtime firmware, classifies images, reports.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "platform/cli/gdb_option.h"
#include "platform/cli/network_options.h"
#include "platform/cli/progress.h"
#include "platform/cli/world_options.h"
#include "platform/config/report.h"
#include "platform/session/run_folder.h"
#include "platform/session/run_report.h"
#include "platform/text/duration.h"
#include "sw/firmware/images/firmware_images.h"
#include "traces/run_folder.h"

namespace tessera::cli {
namespace {

struct Options : NetworkOptions {
  std::filesystem::path firmware;
  std::string trace = "jobs";
  std::uint64_t limit_ps = 0;  ///< 0: none
  WorldOptions world;
  bool profile = false;
  bool calibrate = false;
  GdbOption gdb;
};

host::ElfImage program_of(const Options& options) {
  if (!options.firmware.empty()) {
    return host::parse_elf(read_file(options.firmware), options.firmware.string());
  }
  if (firmware::runtime_elf().empty()) {
    throw CommandError(ExitCode::missing,
                       "this build carries no runtime firmware (TESSERA_FIRMWARE=OFF): give one with --firmware");
  }
  return options.calibrate ? host::parse_elf(firmware::runtime_calibrate_elf(), "runtime_calibrate.elf")
                           : host::parse_elf(firmware::runtime_elf(), "runtime.elf");
}

std::string program_name(const Options& options) {
  return !options.firmware.empty() ? options.firmware.filename().string()
         : options.calibrate       ? "runtime_calibrate.elf"
                                   : "runtime.elf";
}

/// Where a debugger finds the program: the built-in runtime is put into the output folder.
std::filesystem::path program_path(const Options& options) {
  if (!options.firmware.empty() || !options.gdb) {
    return options.firmware;
  }
  const auto elf = options.calibrate ? firmware::runtime_calibrate_elf() : firmware::runtime_elf();
  std::filesystem::path path = options.common.output / program_name(options);
  write_file(path, std::string(elf.begin(), elf.end()));
  return path;
}

ExitCode run(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const platform::LoadResult loaded = load_or_refuse(options.common);
  if (options.calibrate) {
    refuse_calibration(loaded.platform);
  }
  const host::ElfImage program = program_of(options);
  const platform::PreparedNetwork network = prepare_or_refuse(options, loaded.platform);
  const compiler::Dataset data = data_or_refuse(options, network.graph.shape(network.graph.input));
  const deployment::Contents& contents = network.image.contents();
  const auto inputs = platform::quantise_inputs(data, contents.tensors.at(contents.model.input_tensor));
  platform::World world = world_or_refuse(options.world, loaded.platform);
  make_folder(options.common.output);
  write_file(options.common.output / "platform.yaml", platform::show(loaded.platform));
  write_file(options.common.output / "compile.txt", network.compiled.report.to_text());

  const auto level = options.trace == "full"  ? platform::TraceLevel::full
                     : options.trace == "off" ? platform::TraceLevel::off
                                              : platform::TraceLevel::jobs;
  traces::Recorder recorder(platform::recorder_options(loaded.platform, level));
  traces::add_file_sinks(recorder, options.common.output, level != platform::TraceLevel::off);
  recorder.set_meta("network", network.graph.name);
  recorder.set_meta("preset", loaded.platform.preset);
  recorder.set_meta("seed", fmt::format("{}", loaded.platform.seed));

  Progress progress("simulating", inputs.size());
  platform::SimulationInput input;
  input.platform = loaded.platform;
  input.platform_hash = network.platform_hash;
  input.program = &program;
  input.program_name = program_name(options);
  input.deployment = &network.image;
  input.frames = inputs;
  input.world = std::move(world);
  input.first_frame = options.first;
  input.profile = options.profile;
  if (options.limit_ps > 0) {
    input.limits.time_ps = options.limit_ps;
  }
  input.progress = [&](std::uint64_t done) { progress.update(done); };
  const double prepare_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto debugger = serve_gdb(options.gdb, input, program_path(options).string());
  const platform::SimulationOutput output = platform::simulate(input, recorder);

  platform::RunReport report =
      platform::make_report(network, loaded.platform, data, output, recorder.ledger(), options.first);
  report.prepare_s = prepare_s;
  write_file(options.common.output / "console.txt", output.console);
  if (output.profile) {
    write_profile(options.common.output, *output.profile, network.graph.name + ", " + input.program_name);
  } else {
    forget_profile(options.common.output);
  }
  const std::string json = platform::report_json(report, output);
  write_file(options.common.output / "result.json", json);
  write_file(options.common.output / "report.txt", platform::report_text(report));
  if (options.common.json) {
    fmt::print("{}", json);
  } else {
    fmt::print("{}\n{}{}results in {}\n", platform::report_text(report),
               output.profile ? platform::profile_text(*output.profile) : "", output.profile ? "\n" : "",
               options.common.output.string());
  }
  if (!report.passed) {
    fmt::print(stderr, "{}\n{}tessera: {}\n", output.console, platform::ending_text(output), report.reason);
    return ExitCode::software_failed;
  }
  return ExitCode::good;
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("run", "Compile a network and run it on the platform, in firmware");
  add_network_options(*command, *options);
  add_data_options(*command, *options, 20);
  add_output_options(*command, options->common, "run");
  CLI::Option* firmware =
      command->add_option("--firmware", options->firmware, "ELF file instead of the built-in runtime")
          ->type_name("FILE");
  command
      ->add_flag("--calibrate", options->calibrate,
                 "The runtime measures and trims offset and gain of the converters before the first image")
      ->excludes(firmware);
  command->add_option("--trace", options->trace, "off, jobs (a row per job) or full (every transaction)")
      ->check(CLI::IsMember({"off", "jobs", "full"}))
      ->capture_default_str();
  command->add_flag("--profile", options->profile, "Cycles and joules by function and call stack, in OUT/profile");
  command
      ->add_option_function<std::string>(
          "--limit",
          [options](const std::string& value) {
            options->limit_ps = text::parse_duration(value).value_or(0);
            if (options->limit_ps == 0) {
              throw CLI::ValidationError(fmt::format("--limit: expected a time such as 50ms (a number and {}), got {}",
                                                     text::duration_units, value));
            }
          },
          "Stop after so much simulated time")
      ->type_name("TIME");
  add_world_options(*command, options->world);
  add_gdb_option(*command, options->gdb);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace tessera::cli
