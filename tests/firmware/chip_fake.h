// SPDX-License-Identifier: Apache-2.0
// A chip made of plain registers: what the firmware's driver and runtime see when they are compiled for the host.
// Time passes only in WFI and by one tick for each look at the clock; waiting for what never comes throws Deadlock, so
// a lost wake-up is a failed test and not a hang.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sw/deployment/tessera_deployment.h"

namespace tessera::firmware_test {

struct Finished : std::runtime_error {
  explicit Finished(std::uint32_t w) : std::runtime_error("finisher"), word(w) {}
  std::uint32_t word;
};
struct Deadlock : std::runtime_error {
  Deadlock() : std::runtime_error("WFI that nothing can end") {}
};
struct BusError : std::runtime_error {
  explicit BusError(std::uint32_t address);
};

/// One job unit. Jobs run in order and take `job_ticks` each.
struct FakeUnit {
  std::uint32_t id = 0;
  std::uint32_t source = 0;  ///< PLIC
  std::uint32_t depth = 4;
  bool enabled = true;
  std::deque<std::uint32_t> queue;  ///< descriptor addresses; the first one runs
  std::uint64_t ends = 0;           ///< of the running job [ticks]
  std::uint32_t irq_status = 0, irq_enable = 0, done = 0, last_tag = 0, error_code = 0, error_tag = 0;
  std::uint64_t event = 0, event_latch = 0;
  std::uint32_t rows = 1024, columns = 1024;  ///< of a tile
  std::vector<std::uint64_t> counters = std::vector<std::uint64_t>(11);
  std::uint64_t counter_latch = 0;
  std::vector<std::uint32_t> tags;  ///< of the jobs done
};

/// A block of plain registers; a test says what is special about it.
struct FakeDevice {
  std::uint32_t base = 0;
  std::uint32_t size = 0x400;  ///< of its registers [B]
  std::uint32_t source = 0;    ///< PLIC
  std::map<std::uint32_t, std::uint32_t> registers;
  std::function<void(std::uint32_t offset, std::uint32_t value)> on_write;  ///< after the register has its value
  std::function<std::uint32_t(std::uint32_t offset, std::uint32_t value, std::uint32_t bytes)> on_read;
  std::function<bool()> line;
  std::uint64_t next = UINT64_MAX;  ///< something happens at this tick
  std::function<void()> on_time;    ///< what; sets `next` anew
};

class ChipFake {
 public:
  ChipFake(std::uint32_t rows, std::uint32_t columns, std::uint32_t dma_channels, bool vector_present = true);
  ~ChipFake();
  ChipFake(const ChipFake&) = delete;
  ChipFake& operator=(const ChipFake&) = delete;

  FakeUnit& tile(std::uint32_t index) { return units_.at(TD_TILE_BASE + index * TD_TILE_STRIDE); }
  FakeUnit& vector() { return units_.at(0x30000000); }
  FakeUnit& dma(std::uint32_t channel) { return units_.at(0x31000000 + channel * 0x100); }

  /// The device must live as long as the chip.
  void add(FakeDevice& device) { devices_.push_back(&device); }
  std::function<void(FakeUnit& tile, const td_tile_job& job)> on_tile_job;  ///< what a tile stores instead of its own
  std::function<bool()> on_wfi;                                             ///< true: the WFI is over already

  std::vector<std::uint8_t> rom;
  std::vector<std::uint8_t> sram = std::vector<std::uint8_t>(64 * 1024);
  std::uint64_t platform_hash = 0x1122334455667788;
  std::vector<std::vector<std::uint8_t>> frames;
  std::uint32_t frame_bytes = 0;
  std::uint64_t frame_interval = 0;  ///< frame i is there from tick i * interval on
  std::vector<std::vector<std::uint8_t>> results;
  std::uint32_t result_bytes = 0;
  std::string uart;
  std::string uart_input;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> markers;  ///< offset, value
  std::map<std::uint32_t, std::uint32_t> failing_tags;           ///< tag -> error code
  std::uint32_t hanging_tag = 0;                                 ///< this job never ends
  std::uint64_t job_ticks = 10;
  std::uint64_t now = 0;
  std::uint64_t sleeps = 0;        ///< WFIs so far
  std::uint64_t accesses = 0;      ///< register accesses so far
  std::uint64_t access_ticks = 0;  ///< time that one register access takes
  std::uint64_t bus_counters[5] = {};

  std::uint32_t read(std::uint32_t address, std::uint32_t bytes);
  void write(std::uint32_t address, std::uint32_t value, std::uint32_t bytes);
  void* memory(std::uint32_t address, std::uint32_t bytes);
  void wait_for_interrupt();
  bool interrupts(bool enable);
  void interrupt_mask(std::uint32_t set, std::uint32_t clear) { mie_ = (mie_ & ~clear) | set; }

  /// The fake that the driver's accesses go to.
  static ChipFake& current();

 private:
  std::uint32_t read_unit(FakeUnit& unit, std::uint32_t offset);
  void write_unit(FakeUnit& unit, std::uint32_t offset, std::uint32_t value);
  std::uint32_t read_stream(std::uint32_t offset, std::uint32_t bytes);
  std::uint32_t read_system(std::uint32_t offset);
  std::uint32_t claim();
  void start(FakeUnit& unit);
  void finish(FakeUnit& unit);
  void execute(FakeUnit& unit, std::uint32_t descriptor);
  void advance(std::uint64_t to);
  std::uint8_t read_byte(std::uint32_t address);
  void write_byte(std::uint32_t address, std::uint8_t value);
  [[nodiscard]] bool frame_ready() const;
  [[nodiscard]] FakeDevice* device_at(std::uint32_t address) const;
  [[nodiscard]] bool line(std::uint32_t source) const;
  [[nodiscard]] std::uint32_t pending() const;

  std::map<std::uint32_t, FakeUnit> units_;  ///< by address
  std::uint32_t rows_, columns_, dma_channels_;
  bool vector_present_;
  bool enabled_ = false;
  std::uint32_t mie_ = 0;
  std::uint32_t uart_ier_ = 0;
  std::uint64_t mtimecmp_ = UINT64_MAX;
  std::map<std::uint32_t, std::uint32_t> plic_;  ///< PLIC registers, by offset
  std::vector<bool> claimed_ = std::vector<bool>(1024);
  std::uint32_t frame_ = 0;
  std::uint32_t frame_position_ = 0;
  std::vector<std::uint8_t> result_;
  std::uint32_t stream_irq_ = 0;
  std::vector<FakeDevice*> devices_;
};

}  // namespace tessera::firmware_test
