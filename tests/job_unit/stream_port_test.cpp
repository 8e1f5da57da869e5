// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/stream/stream_port.h"

#include <gtest/gtest.h>

#include <map>

#include "tessera_registers.hpp"
#include "tests/support/bus_rig.h"

namespace tessera::peripherals {
namespace {

namespace reg = registers::stream;
constexpr std::uint32_t base = reg::base_address;

TEST(StreamPort, DeliversFramesInOrderAndCollectsResults) {
  std::map<std::uint64_t, std::vector<std::uint8_t>> results;
  StreamPort port(
      "stream", base, 7,
      [](std::uint64_t index, std::vector<std::uint8_t>& frame) {
        frame.assign(6, static_cast<std::uint8_t>(index));
        return index < 9;
      },
      [&](std::uint64_t index, std::span<const std::uint8_t> result, probe::Time) {
        results[index].assign(result.begin(), result.end());
      });
  bool line = false;
  port.interrupt = [&](bool level) { line = level; };
  test::Cpu cpu("cpu");
  cpu.socket.bind(port.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);

  cpu.write(base + reg::irq_enable, 1);
  EXPECT_TRUE(line);
  for (std::uint32_t frame = 7; frame < 9; ++frame) {
    EXPECT_EQ(cpu.read(base + reg::status), reg::status_ready);
    EXPECT_EQ(cpu.read(base + reg::frame_index), frame);
    EXPECT_EQ(cpu.read(base + reg::frame_bytes), 6u);
    std::uint8_t data[8] = {};
    EXPECT_EQ(cpu.access(false, base + reg::in_data + 16, data, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(data[3], frame);
    EXPECT_EQ(cpu.access(false, base + reg::in_data, data, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(data[1], frame);
    EXPECT_EQ(data[2], 0) << "past the end of the frame";
    data[0] = static_cast<std::uint8_t>(100 + frame);
    EXPECT_EQ(cpu.access(true, base + reg::out_data, data, 1), tlm::TLM_OK_RESPONSE);
    cpu.write(base + reg::frame_done, 1);
  }
  EXPECT_EQ(port.underruns(), 4u);
  EXPECT_EQ(cpu.read(base + reg::status), reg::status_end);
  EXPECT_FALSE(line);
  EXPECT_EQ(results.at(7), std::vector<std::uint8_t>{107});
  EXPECT_EQ(results.at(8), std::vector<std::uint8_t>{108});
  std::uint32_t word = 0;
  EXPECT_NE(cpu.access(true, base + reg::in_data, &word, 4), tlm::TLM_OK_RESPONSE) << "input cannot be written";
  EXPECT_NE(cpu.access(false, base + reg::in_data + 0xFE, &word, 4), tlm::TLM_OK_RESPONSE) << "leaves the port";
}

}  // namespace
}  // namespace tessera::peripherals
