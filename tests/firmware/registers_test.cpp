// SPDX-License-Identifier: Apache-2.0
// The generated headers against docs/architecture.md, written out here once more by hand.
#include <gtest/gtest.h>

#include "tessera_registers.h"
#include "tessera_registers.hpp"

namespace tessera::registers {
namespace {

TEST(GeneratedRegisters, HeadersAgreeWithTheArchitecture) {
  static_assert(TSR_JOB_UNIT_CTRL == 0x04 && TSR_JOB_UNIT_STATUS == 0x08 && TSR_JOB_UNIT_QUEUE == 0x0C);
  static_assert(TSR_JOB_UNIT_IRQ_STATUS == 0x10 && TSR_JOB_UNIT_IRQ_ENABLE == 0x14);
  static_assert(TSR_JOB_UNIT_DONE_COUNT == 0x18 && TSR_JOB_UNIT_LAST_TAG == 0x1C);
  static_assert(TSR_JOB_UNIT_ERROR_CODE == 0x20 && TSR_JOB_UNIT_ERROR_TAG == 0x24);
  static_assert(TSR_TILE_EVENT_LO == 0x28 && TSR_TILE_EVENT_HI == 0x2C && TSR_TILE_ROWS == 0x40);
  static_assert(TSR_JOB_UNIT_COUNTER_LO == 0x80 && TSR_JOB_UNIT_COUNTER_LO_COUNT == 11);
  static_assert(TSR_TILE_ID_RESET == 0x454C4954 && TSR_JOB_UNIT_ID_RESET == 0x55434556);
  static_assert(TSR_DMA_ID_RESET == 0x00414D44);
  static_assert(TSR_TILE_BASE == 0x40000000 && TSR_TILE_STRIDE == 0x10000 && TSR_TILE_IRQ == 32);
  static_assert(TSR_VECTOR_BASE == 0x30000000 && TSR_VECTOR_IRQ == 12);
  static_assert(TSR_DMA_BASE == 0x31000000 && TSR_DMA_STRIDE == 0x100 && TSR_DMA_IRQ == 13);
  static_assert(TSR_STREAM_BASE == 0x33000000 && TSR_STREAM_IRQ == 15 && TSR_STREAM_FRAME_DONE == 0x18);
  static_assert(TSR_STREAM_IN_DATA == 0x100 && TSR_STREAM_OUT_DATA == 0x200);
  static_assert(TSR_SYSTEM_BASE == 0x34000000 && TSR_SYSTEM_MARKER_DUMP == 0x2C && TSR_SYSTEM_DMA_CHANNELS == 0x18);
  static_assert(TSR_FINISHER_BASE == 0x100000 && TSR_CLINT_BASE == 0x2000000 && TSR_PLIC_BASE == 0xC000000);
  static_assert(tile::base_address == TSR_TILE_BASE && tile::ctrl == 4 && tile::event_lo == 0x28);
  static_assert(dma::id_reset == TSR_DMA_ID_RESET && vector::id_reset == TSR_JOB_UNIT_ID_RESET);
}

TEST(GeneratedRegisters, TablesKnowAccessAndResetValues) {
  const Register* ctrl = find(tile::table, 0x04);
  ASSERT_NE(ctrl, nullptr);
  EXPECT_EQ(ctrl->name, "CTRL");
  EXPECT_EQ(ctrl->access, Access::read_write);
  EXPECT_EQ(ctrl->reset, 1U);
  EXPECT_EQ(find(tile::table, 0x12)->name, "IRQ_STATUS") << "any byte of the register";
  EXPECT_EQ(find(tile::table, 0x10)->access, Access::write_one_to_clear);
  EXPECT_EQ(find(tile::table, 0x0C)->access, Access::write_only);
  EXPECT_EQ(find(tile::table, 0x40)->reset_mask, 0U) << "the platform decides";
  EXPECT_EQ(find(tile::table, 0x30), nullptr);
  EXPECT_EQ(find(vector::table, 0x28), nullptr) << "events are the tiles'";
  EXPECT_EQ(find(dma::table, 0xD4)->name, "BYTES_OUT_HI");
  EXPECT_EQ(find(stream::table, 0x104)->name, "IN_DATA1");
  EXPECT_EQ(find(uart::table, 5)->bits, 8);
}

TEST(GeneratedRegisters, TablesAreInOrder) {
  const auto ordered = [](const auto& table) {
    for (std::size_t i = 1; i < table.size(); ++i) {
      if (table[i].offset < table[i - 1].offset) {
        return false;
      }
    }
    return true;
  };
  EXPECT_TRUE(ordered(tile::table) && ordered(vector::table) && ordered(dma::table) && ordered(stream::table));
  EXPECT_TRUE(ordered(registers::system::table) && ordered(plic::table) && ordered(clint::table));
}

}  // namespace
}  // namespace tessera::registers
