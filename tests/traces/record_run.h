// SPDX-License-Identifier: Apache-2.0
// Records the scenario into a run folder, start to end.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "tests/traces/scenario.h"
#include "traces/run_folder.h"

namespace tessera::traces::testing {

inline void record_run(const std::filesystem::path& folder, std::uint32_t inferences, bool full = false) {
  RecorderOptions options;
  options.full = full;
  Recorder recorder(options);
  add_file_sinks(recorder, folder, true);
  Scenario scenario(recorder);
  name_layers(recorder);
  const FakeSymbols symbols;
  recorder.set_symbols(&symbols);
  for (std::uint32_t i = 0; i < inferences; ++i) {
    scenario.inference(i);
  }
  scenario.finish();
  recorder.close(scenario.end());
}

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace tessera::traces::testing
