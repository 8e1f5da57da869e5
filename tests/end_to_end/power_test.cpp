// SPDX-License-Identifier: Apache-2.0
// Sensor, pins, power states, duty cycle and faults with the real commands.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/end_to_end/command.h"
#include "traces/reader.h"
#include "traces/sqlite.h"

namespace tessera::test {
namespace {

__extension__ typedef unsigned __int128 Wide;

class Power : public ::testing::Test {
 protected:
  [[nodiscard]] std::string firmware(const std::string& name) const {
    return fmt::format("{}/{}.elf", TESSERA_FIRMWARE_DIR, name);
  }
  Finished boot(const std::string& program, const std::string& more = "") {
    return tessera(fmt::format("boot {} -o {} {}", firmware(program), folder_.string(), more));
  }
  nlohmann::json result() { return json(folder_ / "result.json"); }
  /// Images of pseudo-random pixels as IDX (ubyte, count x 28 x 28), and as data set for `run`.
  std::string images(std::uint32_t count) {
    std::string text("\x00\x00\x08\x03", 4);
    for (const std::uint32_t size : {count, 28u, 28u}) {
      text += std::string{static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                          static_cast<char>(size)};
    }
    std::uint32_t state = 12345;
    for (std::uint32_t i = 0; i < count * 784; ++i) {
      state = state * 1664525u + 1013904223u;
      text.push_back((i / 7) % 3 == 0 ? static_cast<char>(state >> 24) : '\0');
    }
    write(scratch_ / "images.idx", text);
    return (scratch_ / "images.idx").string();
  }
  /// Energy and time of one block and state.
  static double time_s(const nlohmann::json& result, const std::string& block, const std::string& state) {
    double sum = 0;
    for (const auto& row : result["power_states"]) {
      sum += row["block"] == block && row["state"] == state ? row["time_s"].get<double>() : 0.0;
    }
    return sum;
  }

  Scratch scratch_;
  std::filesystem::path folder_ = scratch_ / "run";
};

TEST_F(Power, EveryDriverWorksOnTheChip) {
  std::string samples;
  for (int i = 0; i < 64; ++i) {
    samples.push_back(static_cast<char>(i));
  }
  write(scratch_ / "samples.raw", samples);
  write(scratch_ / "pins.txt", "# rises while the chip sleeps\n60ms 3 1\n");
  const Finished finished =
      boot("peripherals", fmt::format("--sensor {} --sensor-rate 1000 --gpio {}", (scratch_ / "samples.raw").string(),
                                      (scratch_ / "pins.txt").string()));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  for (const char* text : {"tile 0 woke in 2", "slept for 499", "woken by a pin, edges 8 at 601", "add up to 2016",
                           "the watchdog warned 3 times", "peripherals work"}) {
    EXPECT_NE(finished.output.find(text), std::string::npos) << text << " in:\n" << finished.output;
  }
  const nlohmann::json json = result();
  EXPECT_EQ(json["sensor"]["overruns"], 0);
  EXPECT_NEAR(time_s(json, "soc", "waking"), 200e-6, 1e-9);
  EXPECT_GT(time_s(json, "soc", "sleep"), 0.049);
  // Times of each block add up to the run.
  for (const char* block : {"soc", "cpu", "tile[0,0]", "sram"}) {
    double sum = 0;
    for (const auto& row : json["power_states"]) {
      sum += row["block"] == block ? row["time_s"].get<double>() : 0.0;
    }
    EXPECT_NEAR(sum, json["run"]["simulated_s"].get<double>(), 1e-9) << block;
  }
  const Finished stats = tessera(fmt::format("trace stats {}", (folder_ / "trace.db").string()));
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_NE(stats.output.find("power states"), std::string::npos) << stats.output;
}

// Two idle hours: every block's static energy is its closed form to the attojoule, and the ledger's.
TEST_F(Power, IdleHoursBookStaticEnergyExactly) {
  const Finished finished = boot("idle");
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const nlohmann::json json = result();
  const auto time_ps = [&](const std::string& block, const std::string& state) -> Wide {
    for (const auto& row : json["power_states"]) {
      if (row["block"] == block && row["state"] == state) {
        return row["time_ps"].get<std::uint64_t>();
      }
    }
    return 0;
  };
  // Attowatts times picoseconds; an attojoule is 10^12 of them, what is below is carried.
  const auto attojoules = [](Wide product) { return static_cast<std::uint64_t>(product / 1'000'000'000'000u); };
  constexpr Wide uW = 1'000'000'000'000u;
  const Wide hour = Wide{3600} * 1'000'000'000'000u;
  EXPECT_GE(time_ps("soc", "sleep"), hour - 1'000'000'000u);
  EXPECT_GE(time_ps("tile[0,1]", "off"), hour);
  EXPECT_GE(time_ps("tile[0,2]", "standby"), hour);
  EXPECT_GE(time_ps("cpu", "idle"), hour - 1'000'000'000u);

  traces::TraceReader trace(folder_ / "trace.db");
  const auto booked = [&](const std::string& component) {
    traces::Statement row(
        trace.database(),
        fmt::format("SELECT sum(nanojoules), sum(attojoules) FROM energy_named WHERE component = '{}'", component));
    row.step();
    return static_cast<std::uint64_t>(row.integer(0)) * 1'000'000'000u + static_cast<std::uint64_t>(row.integer(1));
  };
  EXPECT_EQ(booked("tile[0,0].static"),
            attojoules(time_ps("tile[0,0]", "idle") * 20 * uW + time_ps("tile[0,0]", "waking") * 3000 * uW));
  EXPECT_EQ(booked("tile[0,1].static"), attojoules(time_ps("tile[0,1]", "idle") * 20 * uW));
  EXPECT_EQ(booked("tile[0,2].static"),
            attojoules((time_ps("tile[0,2]", "idle") + time_ps("tile[0,2]", "standby")) * 20 * uW +
                       time_ps("tile[0,2]", "waking") * 3000 * uW));
  EXPECT_EQ(booked("soc"), attojoules((time_ps("soc", "active") + time_ps("soc", "waking")) * 1000 * uW +
                                      time_ps("soc", "sleep") * 2 * uW));
  EXPECT_EQ(booked("sram.leakage"), attojoules(time_ps("sram", "active") * 43008 * (uW / 100)));
  const Wide on = time_ps("cpu", "active") + time_ps("cpu", "idle") + time_ps("cpu", "waking");
  EXPECT_EQ(booked("cpu.static"),
            attojoules((time_ps("cpu", "idle") + time_ps("cpu", "waking")) * 150 * uW + on * 10 * uW));
  EXPECT_EQ(booked("cpu.memory"), attojoules(on * 10752 * (uW / 100)));
}

TEST_F(Power, WithoutSensorAndPinsTheAlarmWakes) {
  const Finished finished = boot("peripherals");
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(finished.output.find("woken by the alarm"), std::string::npos);
  EXPECT_NE(finished.output.find("no sensor"), std::string::npos);
}

TEST_F(Power, WavAndCsvArePlayedAsTheyAre) {
  const auto little = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      text.push_back(static_cast<char>(value >> 8 * i));
    }
    return text;
  };
  std::string samples, rows = "left,right\r\n";
  for (int i = 0; i < 64; ++i) {  // two channels of 16 bits
    samples += little(static_cast<std::uint32_t>(i), 2) + little(static_cast<std::uint32_t>(-i), 2);
    rows += fmt::format("{}, {}\r\n", i, -i);
  }
  write(scratch_ / "a.wav", "RIFF" + little(36 + 256, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) + little(2, 2) +
                                little(16000, 4) + little(64000, 4) + little(4, 2) + little(16, 2) + "data" +
                                little(256, 4) + samples);
  write(scratch_ / "a.csv", rows);
  for (const char* file : {"a.wav", "a.csv --sensor-rate 500"}) {
    const Finished finished = boot("peripherals", fmt::format("--sensor {}", (scratch_ / file).string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    EXPECT_NE(finished.output.find("64 samples, first bytes add up to 2016"), std::string::npos) << finished.output;
  }
}

TEST_F(Power, MalformedFilesAreRefusedWithTheirPlace) {
  const auto refused = [&](const std::string& name, const std::string& text, const std::string& option,
                           const std::string& expected) {
    write(scratch_ / name, text);
    const Finished finished =
        boot("hello", fmt::format("{} {} --sensor-rate 1000", option, (scratch_ / name).string()));
    EXPECT_EQ(finished.exit_code, 2) << finished.output;
    EXPECT_NE(finished.output.find(name + ":" + expected), std::string::npos) << expected << " in " << finished.output;
  };
  refused("a.csv", "x,y\n1,2\n3,four\n", "--sensor", "3:3: 'four' is no whole number");
  refused("b.csv", "1,2\n3\n", "--sensor", "2: 1 columns; expected 2");
  refused("c.csv", "70000\n", "--sensor", "1:1: 70000 does not fit s16");
  refused("d.wav", "RIFF....WAVEdata....", "--sensor", "byte");
  refused("e.wav", "no wav", "--sensor", "byte 0");
  refused("f.idx", std::string("\0\0\x08\x01\0\0\0\x09zzz", 11), "--sensor", "byte");
  refused("pins", "1ms 3\n", "--gpio", "1:5: 2 words");
  refused("pins", "1ms 32 1\n", "--gpio", "1:5: pin");
  refused("pins", "2ms 3 1\n1ms 3 0\n", "--gpio", "2:1: 1ms is before");
  refused("pins", "soon 3 1\n", "--gpio", "1:1: 'soon' is no time");
  refused("faults", "tile 12 dead_row row 0\n", "--fault", "1:6: tile");
  refused("faults", "\ntile 0 dead_row row 1024\n", "--fault", "2:21: row");
  refused("faults", "tile 0 dead_rwo row 4\n", "--fault", "1:8: 'dead_rwo' is no kind");
  refused("faults", "tile 0 stuck_cell row 1 level 4\n", "--fault", "1:25: expected `tile N stuck_cell row N");
  refused("faults", "tile 0 adc_stuck converter 1 code 128\n", "--fault", "1:35: code");
  const Finished missing = boot("hello", "--sensor /nowhere.wav");
  EXPECT_EQ(missing.exit_code, 4) << missing.output;
  write(scratch_ / "raw", "abc");
  EXPECT_EQ(boot("hello", fmt::format("--sensor {}", (scratch_ / "raw").string())).exit_code, 2) << "no rate";
}

// --- the sensor loop

class SensorLoop : public Power {
 protected:
  /// A stream of `count` windows at `rate` samples a second, and the duty cycle that `run` computes for it.
  Finished stream(std::uint32_t count, double rate, const std::string& program = "sensor_loop",
                  const std::string& more = "") {
    const std::string data = images(count);
    return tessera(
        fmt::format("run -n {} --data {} --calibration 4 --firmware {} --sensor {} --sensor-rate {} -o {} "
                    "--set scenario.inferences_per_s={} --set scenario.retain_sram=false {}",
                    count, data, firmware(program), data, rate, folder_.string(), rate / 784, more));
  }
};

TEST_F(SensorLoop, ClassifiesAStreamInSimulatedTimeAsTheRuntimeDoes) {
  const Finished finished = stream(8, 7840);
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const nlohmann::json loop = result();
  EXPECT_EQ(loop["sensor"]["overruns"], 0);
  EXPECT_EQ(loop["images"], 8);
  EXPECT_NEAR(loop["run"]["simulated_s"].get<double>(), 0.8, 0.1) << "8 windows at 10 a second";
  ASSERT_FALSE(loop["regions"].empty());
  EXPECT_GT(loop["regions"][0]["battery_life_s"].get<double>(), 0);
  EXPECT_NE(finished.output.find("battery life"), std::string::npos) << finished.output;

  const Finished plain =
      tessera(fmt::format("run -n 8 --data {} --calibration 4 -o {}", images(8), (scratch_ / "plain").string()));
  ASSERT_EQ(plain.exit_code, 0) << plain.output;
  EXPECT_EQ(json(scratch_ / "plain" / "result.json")["outputs"], loop["outputs"])
      << "whether samples or frames, asleep in between or not: the same bytes";
}

// What `run` computes from inferences back to back against the simulated duty cycle, at a fast and a slow sample clock.
TEST_F(SensorLoop, DutyCycleAgreesWithALongRun) {
  for (const double windows_per_s : {20.0, 0.25}) {
    const std::string scenario =
        fmt::format("--set scenario.inferences_per_s={} --set scenario.retain_sram=false", windows_per_s);
    const Finished plain = tessera(
        fmt::format("run -n 5 --data {} --calibration 4 -o {} {}", images(5), (scratch_ / "plain").string(), scenario));
    ASSERT_EQ(plain.exit_code, 0) << plain.output;
    const Finished finished = stream(5, 784 * windows_per_s);
    ASSERT_EQ(finished.exit_code, 0) << finished.output;
    const nlohmann::json loop = result();
    const nlohmann::json computed = json(scratch_ / "plain" / "result.json")["scenario"];
    EXPECT_EQ(loop["sensor"]["overruns"], 0);
    EXPECT_TRUE(computed["feasible"].get<bool>());
    const double simulated_W = loop["regions"][0]["average_power_W"].get<double>();
    const double computed_W = computed["average_power_W"].get<double>();
    EXPECT_NEAR(simulated_W / computed_W, 1.0, 0.05) << windows_per_s << " windows/s";
    fmt::print("{} windows/s: simulated {:.4g} uW, computed {:.4g} uW\n", windows_per_s, simulated_W * 1e6,
               computed_W * 1e6);
  }
}

TEST_F(SensorLoop, UnusedTilesThatAreOffSaveEnergyAndChangeNoByte) {
  // Copies of the first layer would use every tile.
  ASSERT_EQ(stream(4, 7840, "sensor_loop", "--no-replicate").exit_code, 0);
  const nlohmann::json all = result();
  ASSERT_EQ(stream(4, 7840, "sensor_loop_lean", "--no-replicate").exit_code, 0);
  const nlohmann::json lean = result();
  EXPECT_EQ(all["outputs"], lean["outputs"]);
  EXPECT_LT(lean["regions"][0]["average_power_W"].get<double>(),
            0.99 * all["regions"][0]["average_power_W"].get<double>());
}

// Converter banks and bus hold reservations and transactions; none may be left over from before the chip slept.
TEST_F(SensorLoop, SharedConvertersAndThePhasedBusGoOnAfterDeepSleep) {
  const std::string shared = "--set tile.adc.shared_by=row --set tile.dac.shared_by=column";
  const auto loop = [&](const std::string& more) {
    const Finished finished = stream(4, 7840, "sensor_loop", shared + more);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return result();
  };
  const nlohmann::json booked = loop("");
  const nlohmann::json phased = loop(" --set timing=at --set bus.check_protocol=true");
  ASSERT_EQ(booked["images"], 4);
  EXPECT_EQ(booked["outputs"], phased["outputs"]);
  EXPECT_EQ(phased["unit_errors"], nlohmann::json::array());
  EXPECT_EQ(phased["sensor"]["overruns"], 0);
  EXPECT_GT(time_s(phased, "soc", "sleep"), 0.25);
  EXPECT_NEAR(time_s(phased, "soc", "sleep"), time_s(booked, "soc", "sleep"), 1e-3);
  const auto latency = [](const nlohmann::json& json) { return json["per_image"]["latency_s"].get<double>(); };
  EXPECT_NEAR(latency(phased) / latency(booked), 1.0, 0.03);
}

TEST_F(SensorLoop, ExternalDramRefreshesItselfWhileTheChipSleeps) {
  ASSERT_EQ(stream(4, 7840).exit_code, 0);
  const nlohmann::json plain = result();
  const Finished finished = stream(4, 7840, "sensor_loop", "--set sram.size_B=8192 --set ext_dram.present=true");
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_EQ(result()["outputs"], plain["outputs"]);
  EXPECT_EQ(time_s(result(), "ext_dram", "sleep"), time_s(result(), "soc", "sleep"));
  EXPECT_GT(time_s(result(), "ext_dram", "sleep"), 0.25);
}

TEST_F(SensorLoop, ASensorThatIsTooFastLosesSamplesAndSaysSo) {
  const Finished finished = stream(6, 4'000'000);
  EXPECT_EQ(finished.exit_code, 1) << finished.output;
  EXPECT_GT(result()["sensor"]["overruns"].get<int>(), 0);
}

TEST_F(Power, AScenarioThatIsTooFastIsSaidToBe) {
  const Finished finished =
      tessera(fmt::format("run -n 1 --data {} --calibration 2 -o {} --set "
                          "scenario.inferences_per_s=1e6",
                          images(2), folder_.string()));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(finished.output.find("TOO FAST"), std::string::npos) << finished.output;
  EXPECT_FALSE(result()["scenario"]["feasible"].get<bool>());
}

// --- the self-test

class SelfTest : public Power {
 protected:
  void SetUp() override {
    const Finished compiled =
        tessera(fmt::format("compile --data {} --calibration 4 -o {}", images(8), (scratch_ / "net").string()));
    ASSERT_EQ(compiled.exit_code, 0) << compiled.output;
  }
  /// Breaks the chip and looks. @return what the self-test says
  Finished look(const std::string& faults, const std::string& more = "") {
    write(scratch_ / "faults.txt", faults);
    return boot("selftest",
                fmt::format("--deployment {} --fault {} --exit-code=guest --trace off {}",
                            (scratch_ / "net" / "deployment.tsr").string(), (scratch_ / "faults.txt").string(), more));
  }
};

TEST_F(SelfTest, AHealthyChipPasses) {
  const Finished finished = look("# nothing is broken\n");
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(finished.output.find("healthy"), std::string::npos) << finished.output;
}

TEST_F(SelfTest, EachKindIsFoundWhereItIs) {
  const struct {
    const char* fault;
    const char* said;
    int code;
  } cases[] = {
      {"tile 0 stuck_column column 4 level 15", "tile 0: stuck_column column 4 level 15", 0x42},
      {"tile 0 stuck_column column 9 level 0", "tile 0: stuck_column column 9 level 0", 0x42},
      {"tile 0 stuck_column column 8 level 15", "tile 0: stuck_column column 8 level 15", 0x42},
      {"tile 0 dead_row row 7", "tile 0: dead_row row 7", 0x44},
      {"tile 0 adc_offset converter 2 lsb -25", "tile 0: adc_offset pair 2 lsb -2", 0x48},
      {"tile 0 adc_stuck converter 3 code 90", "tile 0: adc_stuck pair 3 code 90", 0x48},
  };
  for (const auto& one : cases) {
    const Finished finished = look(std::string(one.fault) + "\n");
    EXPECT_EQ(finished.exit_code, one.code) << one.fault << "\n" << finished.output;
    EXPECT_NE(finished.output.find(one.said), std::string::npos) << one.fault << "\n" << finished.output;
    EXPECT_EQ(finished.output.find("stuck_cell"), std::string::npos) << one.fault << "\n" << finished.output;
  }
}

// A cell at the level that is farthest from what it should hold is always found.
TEST_F(SelfTest, AStuckCellIsFoundWhereItIs) {
  const Finished high = look("tile 0 stuck_cell row 5 column 2 level 15\n");
  const Finished low = look("tile 0 stuck_cell row 5 column 2 level 0\n");
  EXPECT_TRUE(high.exit_code == 0x41 || low.exit_code == 0x41) << high.output << low.output;
  EXPECT_NE((high.output + low.output).find("tile 0: stuck_cell row 5 column 2 level"), std::string::npos)
      << high.output << low.output;
}

TEST_F(SelfTest, ADeploymentOfAnotherPlatformIsRefused) {
  const Finished finished = look("", "--set grid.cols=5");
  EXPECT_EQ(finished.exit_code, 3) << finished.output;
  EXPECT_NE(finished.output.find("another platform"), std::string::npos) << finished.output;
}

}  // namespace
}  // namespace tessera::test
