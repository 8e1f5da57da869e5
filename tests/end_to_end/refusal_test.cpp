// SPDX-License-Identifier: Apache-2.0
// Bad input is refused with the right exit code and a place; nothing crashes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

struct Case {
  const char* name;
  std::string arguments;
  int exit_code;
  std::vector<std::string> says;
};

class Refusal : public ::testing::TestWithParam<Case> {
 protected:
  Scratch scratch_;
};

TEST_P(Refusal, HasCodeAndPlace) {
  write(scratch_ / "typo.yaml", "preset: membrain40_nominal\nbus:\n  data_bitz: 64\n");
  write(scratch_ / "range.yaml", "grid:\n  rows: 0\n  cols: 4\n");
  write(scratch_ / "broken.yaml", "grid: [1,\n");
  const std::string onnx = contents(TESSERA_SOURCE_DIR "/sw/examples/fashion/lenet.onnx");
  write(scratch_ / "truncated.onnx", onnx.substr(0, onnx.size() / 3));
  write(scratch_ / "empty.onnx", "");
  write(scratch_ / "not.db", std::string(5000, 'x'));
  std::string arguments = GetParam().arguments;
  for (std::size_t at = 0; (at = arguments.find('@')) != std::string::npos;) {
    arguments.replace(at, 1, (scratch_ / "").string());
  }
  const Finished finished = tessera(arguments);
  EXPECT_EQ(finished.exit_code, GetParam().exit_code) << finished.output;
  for (const std::string& text : GetParam().says) {
    EXPECT_NE(finished.output.find(text), std::string::npos) << "expected \"" << text << "\" in:\n" << finished.output;
  }
}

const std::string tiny = "--set grid.rows=1 --set grid.cols=1 --set tile.array_rows=64 --set tile.array_cols=64";

INSTANTIATE_TEST_SUITE_P(
    Cases, Refusal,
    ::testing::Values(Case{"UnknownKey", "run -p @typo.yaml -o @r", 2, {"typo.yaml:3:3", "data_bitz", "data_bits"}},
                      Case{"OutOfRange", "run -p @range.yaml -o @r", 2, {"range.yaml:2:", "grid.rows"}},
                      Case{"BrokenYaml", "config @broken.yaml", 2, {"broken.yaml:"}},
                      Case{"UnknownPreset", "config no_such_preset", 2, {"no_such_preset"}},
                      Case{"ZeroTiles", "run --set grid.cols=0 -o @r", 2, {"grid.cols"}},
                      Case{"Truncated", "run @truncated.onnx -o @r", 2, {"truncated.onnx"}},
                      Case{"Empty", "info @empty.onnx", 2, {"empty.onnx"}},
                      Case{"NoNetwork", "run @nothing.onnx -o @r", 4, {"nothing.onnx"}},
                      Case{"NoData", "run --datasets @nowhere -o @r", 4, {"dataset-fashion-mnist"}},
                      Case{"OtherMachine", "boot /bin/sh -o @r", 2, {"RISC-V"}},
                      Case{"NoProgram", "boot @nothing.elf -o @r", 4, {"nothing.elf"}},
                      Case{"NotATrace", "trace stats @not.db", 2, {"not.db"}},
                      Case{"NoTrace", "trace stats @nothing.db", 4, {"nothing.db"}},
                      Case{
                          "NoFolder", "boot " TESSERA_FIRMWARE_DIR "/hello.elf -o /proc/nowhere", 4, {"/proc/nowhere"}},
                      Case{"UnknownCommand", "frobnicate", 2, {}},
                      Case{"UnknownOption", "run --frobnicate", 2, {"frobnicate"}},
                      Case{"BadNumber", "run -n many", 2, {"many"}}),
    [](const auto& one) { return one.param.name; });

TEST(RefusalOfSize, SaysByHowManyCellsAndWhatWouldFit) {
  if (!have_fashion_mnist()) {
    GTEST_SKIP() << no_fashion_mnist;
  }
  Scratch scratch;
  const Finished finished = tessera("run " + tiny + " -o " + (scratch / "r").string());
  EXPECT_EQ(finished.exit_code, 3) << finished.output;
  for (const char* text : {"122940 cells", "4096", "118844", "would hold it"}) {
    EXPECT_NE(finished.output.find(text), std::string::npos) << text << " in " << finished.output;
  }
  const Finished sram = tessera("run --set sram.size_B=4096 -o " + (scratch / "r").string());
  EXPECT_EQ(sram.exit_code, 3) << sram.output;
  EXPECT_NE(sram.output.find("bytes"), std::string::npos) << sram.output;
}

}  // namespace
}  // namespace tessera::test
