// SPDX-License-Identifier: Apache-2.0
// `tessera run`: files, determinism, sums of the ledger, detection of a job that firmware leaves out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "models/power/amount.h"
#include "tests/end_to_end/command.h"
#include "traces/consistency.h"
#include "traces/stats.h"

namespace tessera::test {
namespace {

class Run : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_fashion_mnist()) {
      GTEST_SKIP() << no_fashion_mnist;
    }
  }
  Scratch scratch_;
};

/// "0.000087420953331892" to attojoules, exactly.
power::Amount attojoules(const std::string& text) {
  const std::size_t point = text.find('.');
  EXPECT_EQ(text.size() - point - 1, 18u) << text;
  power::Amount value = 0;
  for (const char c : text) {
    if (c != '.') {
      value = value * 10 + (c - '0');
    }
  }
  return value;
}

TEST_F(Run, WritesARunFolderWhoseEnergiesAddUpExactly) {
  const auto folder = scratch_ / "run";
  const Finished finished = tessera("run -n 5 -o " + folder.string());
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(finished.output.find("accuracy: 5/5"), std::string::npos) << finished.output;
  for (const char* name : {"result.json", "trace.db", "trace.perfetto-trace", "waves.vcd", "energy.csv", "console.txt",
                           "report.txt", "platform.yaml", "compile.txt"}) {
    EXPECT_GT(std::filesystem::file_size(folder / name), 100u) << name;
  }
  const auto result = json(folder / "result.json");
  EXPECT_EQ(result["images"], 5);
  EXPECT_TRUE(result["passed"]);
  const power::Amount total = attojoules(result["run"]["energy_J"]);

  // energy.csv: component, category, cause, layer, job, call site, joules
  std::istringstream lines(contents(folder / "energy.csv"));
  std::string line;
  std::getline(lines, line);
  power::Amount sum = 0;
  while (std::getline(lines, line)) {
    sum += attojoules(line.substr(line.rfind(',') + 1));
  }
  EXPECT_EQ(power::joules_text(sum), power::joules_text(total));

  const traces::Stats stats = traces::compute_stats(folder / "trace.db");
  EXPECT_EQ(power::joules_text(stats.energy), power::joules_text(total));
  const auto expect_total = [&](const auto& shares, const char* what) {
    power::Amount all = 0;
    for (const auto& share : shares) {
      all += share.energy;
    }
    EXPECT_EQ(power::joules_text(all), power::joules_text(total)) << what;
  };
  expect_total(stats.by_component, "components");
  expect_total(stats.by_category, "categories");
  expect_total(stats.by_cause, "causes");
  expect_total(stats.by_call_site, "call sites");
  expect_total(stats.layers, "layers");
  EXPECT_EQ(stats.inferences, 5u);
  EXPECT_EQ(stats.products, 5 * 887u) << "784 + 100 + 3 products an image";
  traces::TraceReader reader(folder / "trace.db");
  const auto problems = traces::check_consistency(reader);
  EXPECT_EQ(traces::consistency_text(problems), "");
}

/// Everything but wall-clock figures.
std::string comparable(const std::filesystem::path& path) {
  if (path.filename() == "result.json") {
    auto result = json(path);
    result.erase("wall_clock");
    return result.dump();
  }
  std::istringstream lines(contents(path));
  std::string out, line;
  while (std::getline(lines, line)) {
    out += path.filename() == "report.txt" && line.starts_with("simulator") ? "" : line + "\n";
  }
  return out;
}

/// Of {"total", "moved", "saved"}: the parts add up to the total.
void expect_parts_add_up(const nlohmann::json& bytes) {
  std::uint64_t sum = 0;
  for (const auto& part : bytes.at("moved")) {
    sum += part.get<std::uint64_t>();
  }
  EXPECT_EQ(sum, bytes.at("total")) << bytes;
}

TEST_F(Run, BytesOfTheBusAddUpEverywhere) {
  const auto folder = scratch_ / "bytes";
  const Finished finished = tessera("run -n 2 -o " + folder.string());
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto bytes = json(folder / "result.json").at("bus_bytes");
  expect_parts_add_up(bytes.at("run"));
  expect_parts_add_up(bytes.at("inferences"));
  EXPECT_LT(bytes["inferences"]["total"], bytes["run"]["total"]) << "firmware reads the deployment before";
  EXPECT_EQ(bytes["inferences"]["moved"]["input"], bytes["run"]["moved"]["input"]) << "tiles work inside inferences";
  EXPECT_GT(bytes["inferences"]["saved"]["window"], 0) << "LeNet's windows overlap";
  const traces::Stats stats = traces::compute_stats(folder / "trace.db");
  EXPECT_EQ(stats.bus_bytes, bytes["run"]["total"]);
  ASSERT_EQ(stats.bus_moved.size(), bytes["run"]["moved"].size());
  for (const traces::BusShare& share : stats.bus_moved) {
    EXPECT_EQ(share.bytes, bytes["run"]["moved"][share.name]) << share.name;
  }
  ASSERT_EQ(stats.bus_saved.size(), bytes["run"]["saved"].size());
  for (const traces::BusShare& share : stats.bus_saved) {
    EXPECT_EQ(share.bytes, bytes["run"]["saved"][share.name]) << share.name;
  }
  EXPECT_NE(finished.output.find("inputs of tiles"), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("not moved: windows that overlap"), std::string::npos);
}

TEST_F(Run, TwiceGivesIdenticalFiles) {
  const auto first = scratch_ / "first", second = scratch_ / "second";
  ASSERT_EQ(tessera("run -n 4 --trace full -o " + first.string()).exit_code, 0);
  ASSERT_EQ(tessera("run -n 4 --trace full -o " + second.string()).exit_code, 0);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(first)) {
    const auto name = entry.path().filename();
    EXPECT_TRUE(comparable(entry.path()) == comparable(second / name)) << name << " differs";
    ++files;
  }
  EXPECT_GE(files, 9u);
}

TEST_F(Run, ResultsDoNotDependOnTheQuantum) {
  const auto reference = scratch_ / "reference";
  ASSERT_EQ(tessera("run -n 3 -o " + reference.string()).exit_code, 0);
  for (const char* quantum : {"1e-7", "1e-3"}) {
    const auto folder = scratch_ / quantum;
    ASSERT_EQ(tessera(fmt::format("run -n 3 --set cpu.quantum_s={} -o {}", quantum, folder.string())).exit_code, 0);
    EXPECT_EQ(json(folder / "result.json")["outputs"], json(reference / "result.json")["outputs"]);
    const auto found = json(folder / "result.json")["per_image"],
               expected = json(reference / "result.json")["per_image"];
    EXPECT_EQ(found["latency_s"], expected["latency_s"]) << quantum;
    // Each posting rounds the DC-DC loss to an attojoule, and the quantum decides how the CPU's energy is cut.
    EXPECT_NEAR(found["energy_J"].get<double>() / expected["energy_J"].get<double>(), 1.0, 1.0e-9) << quantum;
    EXPECT_EQ(contents(folder / "console.txt"), contents(reference / "console.txt"));
  }
}

TEST_F(Run, AJobThatFirmwareLeavesOutIsDetected) {
  const auto folder = scratch_ / "skip";
  const Finished finished =
      tessera(fmt::format("run -n 2 --firmware {}/runtime_skip.elf -o {}", TESSERA_FIRMWARE_DIR, folder.string()));
  EXPECT_EQ(finished.exit_code, 1) << finished.output;
  EXPECT_NE(contents(folder / "console.txt").find("tag"), std::string::npos) << contents(folder / "console.txt");
  EXPECT_FALSE(json(folder / "result.json")["passed"]);
}

TEST_F(Run, SharedConvertersCostTimeAndNothingElse) {
  const auto priv = scratch_ / "private", shared = scratch_ / "shared";
  ASSERT_EQ(tessera("run -n 2 --no-replicate -o " + priv.string()).exit_code, 0);
  ASSERT_EQ(tessera("run -n 2 --no-replicate --set tile.adc.shared_by=chip -o " + shared.string()).exit_code, 0);
  const auto a = json(priv / "result.json"), b = json(shared / "result.json");
  EXPECT_EQ(a["outputs"], b["outputs"]);
  EXPECT_GE(b["per_image"]["latency_s"].get<double>(), a["per_image"]["latency_s"].get<double>());
  EXPECT_EQ(traces::compute_stats(priv / "trace.db").conversions,
            traces::compute_stats(shared / "trace.db").conversions);
}

}  // namespace
}  // namespace tessera::test
