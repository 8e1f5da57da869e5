// SPDX-License-Identifier: Apache-2.0
#include "tests/firmware/chip_fake.h"

#include <cstring>

#include "tessera_registers.hpp"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"

namespace tessera::firmware_test {

namespace {
namespace regs = tessera::registers;
ChipFake* current_chip = nullptr;

std::uint32_t word_of(std::uint64_t value, bool high) {
  return static_cast<std::uint32_t>(high ? value >> 32 : value);
}

void set_word(std::uint64_t& value, bool high, std::uint32_t word) {
  value = high ? (value & 0xFFFFFFFFU) | std::uint64_t{word} << 32 : (value & ~std::uint64_t{0xFFFFFFFF}) | word;
}
}  // namespace

BusError::BusError(std::uint32_t address) : std::runtime_error("access to address " + std::to_string(address)) {}

ChipFake::ChipFake(std::uint32_t rows, std::uint32_t columns, std::uint32_t dma_channels, bool vector_present)
    : rows_(rows), columns_(columns), dma_channels_(dma_channels), vector_present_(vector_present) {
  for (std::uint32_t i = 0; i < rows * columns; ++i) {
    FakeUnit unit;
    unit.id = regs::tile::id_reset;
    unit.source = regs::tile::interrupt + i % 960;
    units_.emplace(regs::tile::base_address + i * regs::tile::address_stride, unit);
  }
  for (std::uint32_t i = 0; i < dma_channels; ++i) {
    FakeUnit unit;
    unit.id = regs::dma::id_reset;
    unit.source = regs::dma::interrupt;
    units_.emplace(regs::dma::base_address + i * regs::dma::address_stride, unit);
  }
  if (vector_present) {
    FakeUnit unit;
    unit.id = regs::vector::id_reset;
    unit.source = regs::vector::interrupt;
    units_.emplace(regs::vector::base_address, unit);
  }
  current_chip = this;
  // The driver's own state outlives a test when several run in one process.
  tsr_timer_on_expiry(nullptr);
}

ChipFake::~ChipFake() {
  if (current_chip == this) {  // a test may already have made the next one
    current_chip = nullptr;
  }
}

ChipFake& ChipFake::current() {
  if (current_chip == nullptr) {
    throw std::logic_error("no chip");
  }
  return *current_chip;
}

// --- bus

std::uint32_t ChipFake::read(std::uint32_t address, std::uint32_t bytes) {
  ++accesses;
  advance(now + access_ticks);
  const auto unit = units_.upper_bound(address);
  if (unit != units_.begin() && address - std::prev(unit)->first < 0x100) {
    return read_unit(std::prev(unit)->second, address - std::prev(unit)->first);
  }
  if (address >= regs::stream::base_address && address < regs::stream::base_address + 0x300) {
    return read_stream(address - regs::stream::base_address, bytes);
  }
  if (FakeDevice* device = device_at(address)) {
    const std::uint32_t offset = address - device->base;
    const std::uint32_t value = device->registers[offset];
    return device->on_read ? device->on_read(offset, value, bytes) : value;
  }
  if (address >= regs::system::base_address && address < regs::system::base_address + 0x100) {
    return read_system(address - regs::system::base_address);
  }
  switch (address) {
    case regs::clint::base_address + regs::clint::mtime_lo:
      advance(now + 1);
      return word_of(now, false);
    case regs::clint::base_address + regs::clint::mtime_hi:
      return word_of(now, true);
    case regs::uart::base_address + regs::uart::lsr:
      return regs::uart::lsr_tx_empty | (uart_input.empty() ? 0 : regs::uart::lsr_rx_ready);
    case regs::uart::base_address + regs::uart::rbr: {
      const auto character = static_cast<std::uint8_t>(uart_input.at(0));
      uart_input.erase(0, 1);
      return character;
    }
    case regs::plic::base_address + regs::plic::claim:
      return claim();
    default:
      break;
  }
  if (address >= regs::plic::base_address && address < regs::plic::base_address + 0x400000) {
    return plic_[address - regs::plic::base_address];
  }
  throw BusError(address);
}

void ChipFake::write(std::uint32_t address, std::uint32_t value, std::uint32_t bytes) {
  ++accesses;
  advance(now + access_ticks);
  const auto unit = units_.upper_bound(address);
  if (unit != units_.begin() && address - std::prev(unit)->first < 0x100) {
    write_unit(std::prev(unit)->second, address - std::prev(unit)->first, value);
    return;
  }
  if (address >= regs::stream::base_address && address < regs::stream::base_address + 0x300) {
    const std::uint32_t offset = address - regs::stream::base_address;
    if (offset >= regs::stream::out_data) {
      for (std::uint32_t i = 0; i < bytes; ++i) {
        result_.push_back(static_cast<std::uint8_t>(value >> 8 * i));
      }
    } else if (offset == regs::stream::irq_enable) {
      stream_irq_ = value;
    } else if (offset == regs::stream::result_bytes) {
      result_bytes = value;
    } else if (offset == regs::stream::frame_done) {
      results.push_back(result_);
      result_.clear();
      ++frame_;
      frame_position_ = 0;
    } else {
      throw BusError(address);
    }
    return;
  }
  if (FakeDevice* device = device_at(address)) {
    const std::uint32_t offset = address - device->base;
    device->registers[offset] = value;
    if (device->on_write) {
      device->on_write(offset, value);
    }
    return;
  }
  if (address >= regs::system::base_address && address < regs::system::base_address + 0x100) {
    markers.emplace_back(address - regs::system::base_address, value);
    return;
  }
  switch (address) {
    case regs::clint::base_address + regs::clint::mtimecmp_lo:
      set_word(mtimecmp_, false, value);
      return;
    case regs::clint::base_address + regs::clint::mtimecmp_hi:
      set_word(mtimecmp_, true, value);
      return;
    case regs::uart::base_address + regs::uart::thr:
      uart.push_back(static_cast<char>(value));
      return;
    case regs::uart::base_address + regs::uart::ier:
      uart_ier_ = value;
      return;
    case regs::finisher::base_address:
      throw Finished(value);
    case regs::plic::base_address + regs::plic::claim:
      claimed_.at(value) = false;
      return;
    default:
      break;
  }
  if (address >= regs::plic::base_address && address < regs::plic::base_address + 0x400000) {
    plic_[address - regs::plic::base_address] = value;
  } else if (address < regs::uart::base_address || address >= regs::uart::base_address + 8) {
    throw BusError(address);
  }
}

FakeDevice* ChipFake::device_at(std::uint32_t address) const {
  for (FakeDevice* device : devices_) {
    if (address >= device->base && address - device->base < device->size) {
      return device;
    }
  }
  return nullptr;
}

void* ChipFake::memory(std::uint32_t address, std::uint32_t bytes) {
  static std::uint32_t nothing;
  if (bytes == 0) {
    return &nothing;
  }
  for (auto [base, store] : {std::pair{TD_ROM_BASE, &rom}, std::pair{TD_SRAM_BASE, &sram}}) {
    if (address >= base && address - base <= store->size() && bytes <= store->size() - (address - base)) {
      return store->data() + (address - base);
    }
  }
  throw BusError(address);
}

std::uint8_t ChipFake::read_byte(std::uint32_t address) {
  if (address >= regs::stream::base_address && address < regs::stream::base_address + 0x300) {
    return static_cast<std::uint8_t>(read_stream(address - regs::stream::base_address, 1));
  }
  return *static_cast<std::uint8_t*>(memory(address, 1));
}

void ChipFake::write_byte(std::uint32_t address, std::uint8_t value) {
  if (address >= regs::stream::base_address && address < regs::stream::base_address + 0x300) {
    result_.push_back(value);
  } else {
    *static_cast<std::uint8_t*>(memory(address, 1)) = value;
  }
}

// --- blocks

std::uint32_t ChipFake::read_unit(FakeUnit& unit, std::uint32_t offset) {
  using namespace regs::tile;
  if (offset >= counter_lo) {
    const std::uint32_t index = (offset - counter_lo) / 8;
    if ((offset & 4U) == 0) {
      unit.counter_latch = unit.counters.at(index);
      return word_of(unit.counter_latch, false);
    }
    return word_of(unit.counter_latch, true);
  }
  switch (offset) {
    case 0:
      return unit.id;
    case ctrl:
      return unit.enabled ? 1 : 0;
    case status:
      return (unit.queue.empty() ? 0 : status_busy) | (unit.queue.size() > unit.depth ? status_full : 0) |
             (unit.error_code != 0 ? status_error : 0) |
             (unit.queue.empty() ? 0 : static_cast<std::uint32_t>(unit.queue.size() - 1) << status_waiting_shift);
    case irq_status:
      return unit.irq_status;
    case irq_enable:
      return unit.irq_enable;
    case done_count:
      return unit.done;
    case last_tag:
      return unit.last_tag;
    case error_code:
      return unit.error_code;
    case error_tag:
      return unit.error_tag;
    case rows:
      return unit.rows;
    case columns:
      return unit.columns;
    case event_lo:
      unit.event_latch = unit.event;
      return word_of(unit.event, false);
    case event_hi:
      return word_of(unit.event_latch, true);
    default:
      throw BusError(offset);
  }
}

void ChipFake::write_unit(FakeUnit& unit, std::uint32_t offset, std::uint32_t value) {
  using namespace regs::tile;
  switch (offset) {
    case ctrl:
      unit.enabled = (value & ctrl_enable) != 0;
      if ((value & ctrl_soft_reset) != 0) {
        unit.queue.clear();
        unit.done = unit.error_code = unit.error_tag = unit.irq_status = unit.irq_enable = 0;
        unit.event = 0;
        std::fill(unit.counters.begin(), unit.counters.end(), 0);
      }
      break;
    case queue:
      if (unit.queue.size() > unit.depth) {
        unit.error_code = error_code_queue_overflow;
        unit.irq_status |= irq_status_error;
        break;
      }
      unit.queue.push_back(value);
      if (unit.queue.size() == 1) {
        start(unit);
      }
      break;
    case irq_status:
      unit.irq_status &= ~value;
      break;
    case irq_enable:
      unit.irq_enable = value;
      break;
    case event_lo:
      set_word(unit.event, false, value);
      break;
    case event_hi:
      set_word(unit.event, true, value);
      break;
    default:
      throw BusError(offset);
  }
}

bool ChipFake::frame_ready() const {
  return frame_ < frames.size() && now >= frame_ * frame_interval;
}

std::uint32_t ChipFake::read_stream(std::uint32_t offset, std::uint32_t bytes) {
  using namespace regs::stream;
  switch (offset) {
    case id:
      return id_reset;
    case status:
      return (frame_ready() ? status_ready : 0) | (frame_ == frames.size() ? status_end : 0);
    case regs::stream::frame_bytes:
      return ChipFake::frame_bytes;
    case frame_index:
      return frame_;
    default:
      break;
  }
  if (offset < in_data || offset >= out_data || !frame_ready()) {
    throw BusError(offset);
  }
  std::uint32_t value = 0;
  for (std::uint32_t i = 0; i < bytes; ++i) {
    value |= static_cast<std::uint32_t>(frames.at(frame_).at(frame_position_++)) << 8 * i;
  }
  return value;
}

std::uint32_t ChipFake::read_system(std::uint32_t offset) {
  using namespace regs::system;
  if (offset >= counter_lo) {
    return word_of(bus_counters[(offset - counter_lo) / 8], (offset & 4U) != 0);
  }
  switch (offset) {
    case id:
      return id_reset;
    case grid_rows:
      return rows_;
    case grid_columns:
      return columns_;
    case platform_hash_lo:
      return word_of(platform_hash, false);
    case platform_hash_hi:
      return word_of(platform_hash, true);
    case vector_present:
      return vector_present_ ? 1 : 0;
    case regs::system::dma_channels:
      return dma_channels_;
    case dram_bytes:
      return 0;
    default:
      throw BusError(offset);
  }
}

}  // namespace tessera::firmware_test

// --- what the driver is compiled against
using tessera::firmware_test::ChipFake;
extern "C" {
std::uint32_t tsr_host_read(std::uint32_t address, std::uint32_t bytes) {
  return ChipFake::current().read(address, bytes);
}
void tsr_host_write(std::uint32_t address, std::uint32_t value, std::uint32_t bytes) {
  ChipFake::current().write(address, value, bytes);
}
void* tsr_host_memory(std::uint32_t address, std::uint32_t bytes) {
  return ChipFake::current().memory(address, bytes);
}
void tsr_host_wait_for_interrupt(void) {
  ChipFake::current().wait_for_interrupt();
}
bool tsr_host_interrupts(bool enable) {
  return ChipFake::current().interrupts(enable);
}
void tsr_host_interrupt_mask(std::uint32_t set, std::uint32_t clear) {
  ChipFake::current().interrupt_mask(set, clear);
}
}
