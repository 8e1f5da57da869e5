// SPDX-License-Identifier: Apache-2.0
// What happens to the fake while time passes: jobs end, and interrupts come.
#include <algorithm>
#include <cstring>
#include <limits>

#include "tessera_registers.hpp"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"

namespace tessera::firmware_test {

namespace {
namespace regs = tessera::registers;
constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
}  // namespace

// --- jobs

void ChipFake::start(FakeUnit& unit) {
  std::uint32_t tag = 0;
  std::memcpy(&tag, memory(unit.queue.front(), 4), 4);
  unit.ends = tag == hanging_tag && tag != 0 ? never : now + job_ticks;
}

void ChipFake::finish(FakeUnit& unit) {
  using namespace regs::tile;
  const std::uint32_t descriptor = unit.queue.front();
  unit.queue.pop_front();
  std::uint32_t tag = 0;
  std::memcpy(&tag, memory(descriptor, 4), 4);
  if (const auto failing = failing_tags.find(tag); failing != failing_tags.end()) {
    unit.error_code = failing->second;
    unit.error_tag = tag;
    unit.irq_status |= irq_status_error;
  } else {
    execute(unit, descriptor);
    ++unit.done;
    unit.last_tag = tag;
    unit.tags.push_back(tag);
  }
  if (!unit.queue.empty()) {
    start(unit);
  }
}

/// Enough of each job to see the order of execution in the data: a tile or vector job stores source byte + tag.
void ChipFake::execute(FakeUnit& unit, std::uint32_t descriptor) {
  std::uint16_t flags = 0;
  if (unit.id == regs::tile::id_reset) {
    td_tile_job job;
    std::memcpy(&job, memory(descriptor, sizeof job), sizeof job);
    flags = job.flags;
    unit.event += job.product_count;
    if (on_tile_job) {
      on_tile_job(unit, job);
    }
    for (std::uint32_t i = 0; i < job.outputs && !on_tile_job; ++i) {
      write_byte(job.dst + i, static_cast<std::uint8_t>(read_byte(job.src + i) + job.tag));
    }
  } else if (unit.id == regs::vector::id_reset) {
    td_vector_job job;
    std::memcpy(&job, memory(descriptor, sizeof job), sizeof job);
    flags = job.flags;
    for (std::uint32_t i = 0; i < job.out_c; ++i) {
      write_byte(job.dst + i, static_cast<std::uint8_t>(read_byte(job.src0 + i) + job.tag));
    }
  } else {
    td_dma_job job;
    std::memcpy(&job, memory(descriptor, sizeof job), sizeof job);
    flags = job.flags;
    for (std::uint32_t i = 0; i < job.count[0]; ++i) {
      const std::uint8_t byte = read_byte(job.src + ((flags & TD_DMA_FIXED_SRC) != 0 ? 0 : i));
      write_byte(job.dst + ((flags & TD_DMA_FIXED_DST) != 0 ? 0 : i), byte);
    }
  }
  if ((flags & TD_TILE_INTERRUPT) != 0) {
    unit.irq_status |= regs::tile::irq_status_done;
  }
}

// --- time and interrupts

void ChipFake::advance(std::uint64_t to) {
  for (;;) {
    FakeUnit* next = nullptr;
    for (auto& [address, unit] : units_) {
      if (!unit.queue.empty() && unit.ends <= to && (next == nullptr || unit.ends < next->ends)) {
        next = &unit;
      }
    }
    if (next == nullptr) {
      break;
    }
    now = std::max(now, next->ends);
    finish(*next);
  }
  now = std::max(now, to);
}

bool ChipFake::line(std::uint32_t source) const {
  if (source == regs::stream::interrupt) {
    return (stream_irq_ & (frame_ready() ? regs::stream::irq_enable_ready : 0)) != 0 ||
           (stream_irq_ & (frame_ == frames.size() ? regs::stream::irq_enable_end : 0)) != 0;
  }
  if (source == regs::uart::interrupt) {
    return (uart_ier_ & regs::uart::ier_rx) != 0 && !uart_input.empty();
  }
  for (const FakeDevice* device : devices_) {
    if (device->source == source) {
      return device->line && device->line();
    }
  }
  for (const auto& [address, unit] : units_) {
    if (unit.source == source && (unit.irq_status & unit.irq_enable) != 0) {
      return true;
    }
  }
  return false;
}

std::uint32_t ChipFake::claim() {
  for (std::uint32_t source = 1; source < 1024; ++source) {
    const auto word = plic_.find(regs::plic::enable + source / 32 * 4);
    if (word != plic_.end() && (word->second >> source % 32 & 1U) != 0 && !claimed_[source] && line(source) &&
        plic_[source * 4] > plic_[regs::plic::threshold]) {
      claimed_[source] = true;
      return source;
    }
  }
  return 0;
}

std::uint32_t ChipFake::pending() const {
  std::uint32_t bits = now >= mtimecmp_ ? TSR_MIE_TIMER : 0;
  for (std::uint32_t source = 1; source < 1024; ++source) {
    const auto word = plic_.find(regs::plic::enable + source / 32 * 4);
    if (word != plic_.end() && (word->second >> source % 32 & 1U) != 0 && line(source)) {
      bits |= TSR_MIE_EXTERNAL;
    }
  }
  return bits & mie_;
}

void ChipFake::wait_for_interrupt() {
  ++sleeps;
  if (on_wfi && on_wfi()) {
    return;
  }
  while (pending() == 0) {
    std::uint64_t next = (mie_ & TSR_MIE_TIMER) != 0 ? mtimecmp_ : never;
    for (const auto& [address, unit] : units_) {
      next = unit.queue.empty() ? next : std::min(next, unit.ends);
    }
    if (frame_ < frames.size() && (stream_irq_ & 1U) != 0 && frame_ * frame_interval > now) {
      next = std::min(next, frame_ * frame_interval);
    }
    FakeDevice* due = nullptr;
    for (FakeDevice* device : devices_) {
      if (device->next < next) {
        next = device->next;
        due = device;
      }
    }
    if (next == never) {
      throw Deadlock();
    }
    advance(next);
    if (due != nullptr) {
      due->next = never;
      due->on_time();
    }
  }
}

bool ChipFake::interrupts(bool enable) {
  const bool before = enabled_;
  enabled_ = enable;
  for (int round = 0; enable && pending() != 0; ++round) {
    if (round == 1000) {
      throw std::logic_error("an interrupt that nobody lowers");
    }
    enabled_ = false;
    if ((pending() & TSR_MIE_EXTERNAL) != 0) {
      tsr_plic_dispatch();
    } else {
      tsr_timer_dispatch();
    }
    enabled_ = true;
  }
  return before;
}

}  // namespace tessera::firmware_test
