// SPDX-License-Identifier: Apache-2.0
// Bus timing against its closed form: beats, bursts, latency once, contention, errors.
#include "models/interconnect/shared_bus.h"

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <functional>
#include <vector>

#include "models/interconnect/kernel_time.h"
#include "models/memory/bus_memory.h"
#include "models/probe/null_probe.h"

namespace tessera::interconnect {
namespace {

constexpr probe::Time cycle = 5000;
constexpr std::uint32_t base = 0x90000000;

struct Master : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Master, 32> socket{"socket"};
  TransactionContext context;
  tlm::tlm_generic_payload payload;

  explicit Master(const sc_core::sc_module_name& name) : sc_module(name) { payload.set_extension(&context); }
  ~Master() override { payload.clear_extension(&context); }

  /// @return completion in cycles after `at` cycles, or -1 on an error response
  double access(bool write, std::uint32_t address, std::vector<std::uint8_t>& data, probe::Time at,
                bool pipelined = false) {
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(data.data());
    payload.set_data_length(static_cast<unsigned>(data.size()));
    payload.set_streaming_width(static_cast<unsigned>(data.size()));
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    context.pipelined = pipelined;
    sc_core::sc_time delay = sc_core::sc_time::from_value(at * cycle);
    socket->b_transport(payload, delay);
    EXPECT_EQ(payload.get_address(), address) << "the bus must not rewrite addresses";
    return payload.is_response_ok() ? static_cast<double>(delay.value()) / cycle : -1.0;
  }
};

struct EnergyProbe : probe::NullProbe {
  probe::Energy total = 0;
  void energy(probe::ComponentId, probe::Cause, probe::ScopeId, probe::Time, probe::Energy aJ) override { total += aJ; }
};

class SharedBusTest : public ::testing::Test {
 protected:
  SharedBusTest() {
    bus_.map(base, memory_.bytes().size(), "sram", memory_.socket);
    a_.socket.bind(bus_.targets);
    b_.socket.bind(bus_.targets);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  static BusParameters parameters() { return {}; }
  EnergyProbe probe_;
  SharedBus bus_{"bus", parameters(), probe_};
  memory::BusMemory memory_{"sram", base, {}, parameters(), true, probe_};
  Master a_{"a"}, b_{"b"};
};

// beats + latency of the bus (4) + access of the memory (1)
TEST_F(SharedBusTest, OneBurst) {
  std::vector<std::uint8_t> data(256);
  EXPECT_EQ(a_.access(false, base, data, 0), 16 + 4 + 1);
  EXPECT_EQ(bus_.counters().beats, 16u);
  EXPECT_EQ(bus_.counters().bursts, 1u);
}

TEST_F(SharedBusTest, BeatsAreWordsTouched) {
  std::vector<std::uint8_t> data(17);
  EXPECT_EQ(a_.access(false, base + 15, data, 0), 2 + 4 + 1);
  data.resize(18);
  EXPECT_EQ(a_.access(false, base + 15, data, 100), 100 + 3 + 4 + 1) << "15..32 touches three words";
}

TEST_F(SharedBusTest, LongTransfersSplitIntoBurstsAndPayLatencyOnce) {
  std::vector<std::uint8_t> data(1024);
  EXPECT_EQ(a_.access(false, base, data, 0), 64 + 4 + 1);
  EXPECT_EQ(bus_.counters().bursts, 4u);
}

TEST_F(SharedBusTest, PipelinedBurstsHideTheLatency) {
  std::vector<std::uint8_t> data(256);
  const double first = a_.access(true, base, data, 0);
  const double second = a_.access(true, base + 256, data, static_cast<probe::Time>(first) - 1, true);
  EXPECT_EQ(second, 32 + 4 + 1);
}

TEST_F(SharedBusTest, TwoInitiatorsShareTheDataPath) {
  std::vector<std::uint8_t> data(256);
  EXPECT_EQ(a_.access(false, base, data, 0), 16 + 5);
  EXPECT_EQ(b_.access(false, base + 4096, data, 0), 32 + 5);
  EXPECT_EQ(b_.context.bus_wait, 16 * cycle);
  EXPECT_EQ(bus_.counters().wait, 16 * cycle);
}

/// Calls from a thread of its own, where simulated time can pass.
struct Caller : sc_core::sc_module {
  std::function<void()> call;
  Caller(const sc_core::sc_module_name& name, std::function<void()> what) : sc_module(name), call(std::move(what)) {
    SC_HAS_PROCESS(Caller);
    SC_THREAD(run);
  }
  void run() { call(); }
};

// A burst asks for the data path when the one before has moved, so a word that is wanted in the middle of a long
// transfer waits for one burst and moves before the next.
TEST(SharedBusInTurn, AWordGoesBetweenTheBurstsOfALongTransfer) {
  EnergyProbe probe;
  SharedBus bus("bus", {}, probe);
  memory::BusMemory memory("sram", base, {}, {}, true, probe);
  bus.map(base, memory.bytes().size(), "sram", memory.socket);
  Master a("a"), b("b");
  a.socket.bind(bus.targets);
  b.socket.bind(bus.targets);
  const auto now = [] { return static_cast<double>(kernel_now()) / cycle; };
  std::vector<std::uint8_t> table(3600), word(4);
  double table_end = 0, word_end = 0;
  Caller long_one("long_one", [&] {
    const double taken = a.access(false, base, table, 0);
    table_end = now() + taken;
  });
  Caller short_one("short_one", [&] {
    sc_core::wait(kernel_time(20 * cycle));
    const double taken = b.access(false, base + 8192, word, 0);
    word_end = now() + taken;
  });
  sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_US));
  EXPECT_EQ(word_end, 32 + 1 + 5) << "behind the second burst";
  EXPECT_EQ(b.context.bus_wait, 12 * cycle);
  EXPECT_EQ(table_end, 225 + 1 + 5) << "one beat later than alone";
  EXPECT_EQ(bus.counters().bursts, 15u + 1);
}

TEST_F(SharedBusTest, EnergyFollowsTheBytes) {
  std::vector<std::uint8_t> data(256);
  a_.access(false, base, data, 0);
  // 256 B * 8 * 0.4 pJ on the bus, 16 accesses of 18 pJ in the memory
  EXPECT_EQ(probe_.total, probe::to_attojoules(256 * 8 * 0.4e-12) + probe::to_attojoules(16 * 18.0e-12));
}

TEST_F(SharedBusTest, UnmappedAddressesAreErrorsNotCrashes) {
  std::vector<std::uint8_t> data(4);
  EXPECT_EQ(a_.access(false, 0x100, data, 0), -1);
  EXPECT_EQ(a_.access(false, 0xFFFFFFFE, data, 0), -1);
  EXPECT_EQ(a_.access(true, base + (2u << 20) - 2, data, 0), -1) << "straddles the end";
  EXPECT_NE(bus_.nearest_regions(0x91000000).find("sram"), std::string::npos);
}

TEST_F(SharedBusTest, DataArrives) {
  std::vector<std::uint8_t> data = {1, 2, 3, 4, 5};
  a_.access(true, base + 3, data, 0);
  std::vector<std::uint8_t> back(5);
  b_.access(false, base + 3, back, 50);
  EXPECT_EQ(back, data);
}

TEST_F(SharedBusTest, OverlappingRegionsAreRefused) {
  EXPECT_THROW(bus_.map(base + 100, 16, "twice", memory_.socket), std::invalid_argument);
  EXPECT_THROW(bus_.map(0xFFFFFFF0, 32, "wraps", memory_.socket), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::interconnect
