// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/hostile_program.h"

#include <array>
#include <cstring>

#include "sw/deployment/tessera_deployment.h"
#include "tests/host/isa_table.h"

namespace tessera::fuzz {
namespace {

namespace rv = host::rv;

constexpr std::uint32_t base = 0x8000'0000;
constexpr std::uint32_t code_size = 0x4000;
constexpr std::uint32_t sram = TD_SRAM_BASE;
constexpr std::uint32_t sram_size = 2u << 20;
constexpr std::uint32_t descriptors = 64;       ///< in the first SRAM bytes
constexpr std::uint32_t descriptor_size = 128;  ///< apart

class Maker {
 public:
  Maker(std::uint64_t seed, std::uint32_t tiles) : random_(seed), tiles_(tiles) {}

  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }
  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  bool chance(std::uint32_t percent) { return pick(100) < percent; }

  /// Somewhere that may hurt: devices, their edges, memory ends, nothing at all.
  std::uint32_t address() {
    constexpr std::array<std::uint32_t, 18> places = {
        0x0010'0000, 0x0200'0000, 0x0200'4000,     0x0200'BFF8, 0x0C00'0000,          0x0C20'0000,
        0x1000'0000, 0x2000'0000, 0x3000'0000,     0x3100'0000, 0x3200'0000,          0x3300'0000,
        0x3400'0000, base,        base + 0x7'FFF0, sram,        sram + sram_size - 8, 0xFFFF'FFF0};
    std::uint32_t at = places[pick(places.size())];
    if (chance(35)) {
      at = TD_TILE_BASE + TD_TILE_STRIDE * pick(tiles_ + 2) + (chance(20) ? TD_TILE_INPUT_BUFFER_OFFSET : 0);
    } else if (chance(10)) {
      at = word();
    }
    // The finisher would end most runs at once.
    if (at == 0x0010'0000 && chance(90)) {
      at = sram;
    }
    return at + (chance(70) ? 4 * pick(0x40) : pick(0x200)) - (chance(5) ? 8 : 0);
  }

  std::vector<std::uint8_t> random_bytes(std::uint32_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random_());
    }
    return bytes;
  }

  /// Any legal instruction; jumps stay near, so that runs last.
  std::uint32_t instruction() {
    const host::Encoding& e = host::encodings[pick(host::encodings.size())];
    std::uint32_t bits = (word() & ~e.mask) | e.match;
    if (e.op == host::Opcode::jal) {
      bits = rv::jal(bits >> 7 & 31u, 4 * static_cast<std::int32_t>(pick(64)) - 64);
    } else if (e.match == 0x63 || (e.match & 0x7Fu) == 0x63) {
      bits =
          rv::b_type(4 * static_cast<std::int32_t>(pick(32)) - 32, bits >> 20 & 31u, bits >> 15 & 31u, bits >> 12 & 7u);
    } else if (e.op == host::Opcode::csr && chance(80)) {
      constexpr std::array<std::uint32_t, 14> numbers = {0x300, 0x304, 0x305, 0x320, 0x340, 0x341, 0x342,
                                                         0x343, 0x344, 0xB00, 0xB02, 0xB80, 0xC01, 0x301};
      bits = (bits & 0xF'FFFFu) | numbers[pick(numbers.size())] << 20;
    }
    return bits;
  }

  void load_immediate(rv::Program& p, std::uint32_t rd, std::uint32_t value) { p.li(rd, value); }

  /// Handler: steps over the instruction that trapped, acknowledges interrupts at the PLIC, moves the timer on.
  static void handler(rv::Program& p) {
    using namespace rv;  // NOLINT(google-build-using-namespace)
    p.words(csrrw(0, 0x340, t0), csrrs(t0, 0x342, 0), b_type(40, 0, t0, 4));
    p.words(csrrs(t0, 0x341, 0), addi(t0, t0, 4), op_imm(7, t0, t0, -4), csrrw(0, 0x341, t0));  // next word
    p.words(lui(t0, 0x80000), csrrs(0, 0x341, t0), csrrs(t0, 0x340, 0), mret, nop);
    p.words(lui(t0, 0x0C200), addi(t0, t0, 4), lw(a7, t0, 0), sw(a7, t0, 0));  // claim, complete
    p.words(lui(t0, 0x02004), addi(a7, 0, -1), sw(a7, t0, 4), csrrs(t0, 0x340, 0), mret);
  }

  HostileProgram instructions() {
    rv::Program p(base);
    p.word(rv::jal(0, 0x100));
    handler(p);
    while (p.here() < base + 0x100) {
      p.word(rv::nop);
    }
    load_immediate(p, 6, base + 4);
    p.word(rv::csrrw(0, 0x305, 6));
    if (chance(70)) {  // interrupts on
      load_immediate(p, 6, 0x888);
      p.word(rv::csrrw(0, 0x304, 6)).word(rv::csrrsi(0, 0x300, 8));
    }
    for (std::uint32_t r = 1; r < 32; ++r) {
      load_immediate(p, r, chance(60) ? address() : word());
    }
    while (p.here() < base + code_size - 64) {
      if (chance(12)) {
        load_immediate(p, 1 + pick(31), address());
      } else if (chance(15)) {
        // A store or load through a fresh pointer.
        const std::uint32_t r = 1 + pick(31);
        load_immediate(p, r, address());
        p.word(chance(50) ? rv::s_type(0, pick(32), r, pick(3)) : rv::load(pick(3), pick(32), r, 0));
      } else {
        p.word(instruction());
      }
    }
    p.word(rv::jal(0, -static_cast<std::int32_t>(p.here() - base - 0x100)));
    return {{p.bytes().begin(), p.bytes().end()}, random_bytes(0x2000)};
  }

  /// Mostly legal jobs with some fields out of bounds.
  template <typename Job>
  void put(std::vector<std::uint8_t>& memory, std::uint32_t index, const Job& job) {
    static_assert(sizeof(Job) <= descriptor_size);
    std::memcpy(memory.data() + index * descriptor_size, &job, sizeof job);
    if (chance(40)) {
      memory[index * descriptor_size + pick(sizeof job)] = static_cast<std::uint8_t>(random_());
    }
    if (chance(15)) {
      const std::uint32_t value = chance(50) ? 0xFFFF'FFFFu : word();
      std::memcpy(memory.data() + index * descriptor_size + 4 * pick(sizeof job / 4), &value, 4);
    }
  }
  std::uint32_t buffer() { return chance(85) ? sram + 0x4000 + 16 * pick(0x8000) : address(); }
  std::uint16_t small(std::uint32_t most) {
    return static_cast<std::uint16_t>(chance(92) ? 1 + pick(most) : chance(50) ? 0xFFFF : pick(0x1'0000));
  }

  void tile_job(std::vector<std::uint8_t>& memory, std::uint32_t index) {
    td_tile_job j{};
    j.tag = word();
    j.layer = static_cast<std::uint16_t>(pick(4));
    j.flags = static_cast<std::uint16_t>(pick(16));
    j.src = chance(20) ? TD_TILE_BASE + TD_TILE_STRIDE * pick(tiles_) + TD_TILE_INPUT_BUFFER_OFFSET : buffer();
    j.dst = buffer();
    j.partial_src = buffer();
    j.channels = buffer();
    j.in_h = small(12);
    j.in_w = small(12);
    j.in_c = small(8);
    j.out_w = small(12);
    j.kernel_h = static_cast<std::uint8_t>(small(4));
    j.kernel_w = static_cast<std::uint8_t>(small(4));
    j.stride_h = static_cast<std::uint8_t>(small(2));
    j.stride_w = static_cast<std::uint8_t>(small(2));
    j.dilation_h = static_cast<std::uint8_t>(small(2));
    j.dilation_w = static_cast<std::uint8_t>(small(2));
    j.pad_top = static_cast<std::int16_t>(chance(95) ? static_cast<int>(pick(4)) : static_cast<int>(word()));
    j.pad_left = static_cast<std::int16_t>(chance(95) ? static_cast<int>(pick(4)) : static_cast<int>(word()));
    const std::uint32_t k = std::uint32_t{j.kernel_h} * j.kernel_w * j.in_c;
    j.rows = static_cast<std::uint16_t>(chance(90) ? std::max(1u, k / (1 + pick(2))) : small(2000));
    j.product_first = chance(90) ? pick(16) : word();
    j.product_count = chance(95) ? 1 + pick(40) : word();
    j.dst_stride = chance(90) ? 1 + pick(64) : word();
    j.row0 = static_cast<std::uint16_t>(pick(64));
    j.pair0 = static_cast<std::uint16_t>(pick(64));
    j.outputs = small(32);
    j.slices = static_cast<std::uint8_t>(1 + pick(2));
    j.gain_index = static_cast<std::uint8_t>(pick(5));
    j.act_min = -128;
    j.act_max = 127;
    put(memory, index, j);
  }

  void vector_job(std::vector<std::uint8_t>& memory, std::uint32_t index) {
    td_vector_job j{};
    j.tag = word();
    j.op = static_cast<std::uint8_t>(chance(97) ? 1 + pick(7) : pick(256));
    j.flags = static_cast<std::uint8_t>(pick(16));
    j.src0 = buffer();
    j.src1 = buffer();
    j.dst = buffer();
    j.weights = buffer();
    j.channels = buffer();
    j.in_h = small(12);
    j.in_w = small(12);
    j.in_c = small(16);
    const bool same = chance(60);
    j.out_h = same ? j.in_h : small(12);
    j.out_w = same ? j.in_w : small(12);
    j.out_c = same ? j.in_c : small(16);
    j.kernel_h = static_cast<std::uint8_t>(small(4));
    j.kernel_w = static_cast<std::uint8_t>(small(4));
    j.stride_h = j.stride_w = j.dilation_h = j.dilation_w = 1;
    j.act_min = -128;
    j.act_max = 127;
    j.left_shift = chance(80) ? 20 : static_cast<std::int32_t>(word());
    j.multiplier0 = j.multiplier1 = j.out_multiplier = static_cast<std::int32_t>(word());
    j.shift0 = j.shift1 = j.out_shift = chance(80) ? -static_cast<std::int32_t>(pick(20)) : static_cast<int>(word());
    put(memory, index, j);
  }

  void dma_job(std::vector<std::uint8_t>& memory, std::uint32_t index) {
    td_dma_job j{};
    j.tag = word();
    j.flags = static_cast<std::uint16_t>(word());
    j.src = buffer();
    j.dst = buffer();
    j.count[0] = chance(90) ? 1 + pick(600) : word();
    j.count[1] = chance(90) ? 1 + pick(8) : word();
    j.count[2] = chance(90) ? 1 + pick(4) : word();
    for (int i = 0; i < 2; ++i) {
      j.src_stride[i] = chance(90) ? static_cast<std::int32_t>(pick(1000)) : static_cast<std::int32_t>(word());
      j.dst_stride[i] = chance(90) ? static_cast<std::int32_t>(pick(1000)) : static_cast<std::int32_t>(word());
    }
    put(memory, index, j);
  }

  HostileProgram jobs() {
    std::vector<std::uint8_t> memory = random_bytes(descriptors * descriptor_size);
    rv::Program p(base);
    p.word(rv::jal(0, 0x100));
    handler(p);
    while (p.here() < base + 0x100) {
      p.word(rv::nop);
    }
    load_immediate(p, 6, base + 4);
    p.word(rv::csrrw(0, 0x305, 6));
    load_immediate(p, 6, 0x888);
    p.word(rv::csrrw(0, 0x304, 6)).word(rv::csrrsi(0, 0x300, 8));
    const auto store = [&](std::uint32_t at, std::uint32_t value) {
      load_immediate(p, rv::a0, at);
      load_immediate(p, rv::a1, value);
      p.word(rv::sw(rv::a1, rv::a0, 0));
    };
    // Every interrupt of every block, and a timer far away so that wfi ends.
    for (std::uint32_t w = 0; w < 4; ++w) {
      store(0x0C00'2000 + 4 * w, 0xFFFF'FFFE | (w != 0 ? 1 : 0));
    }
    for (const std::uint32_t source : {10u, 12u, 13u, 14u, 15u}) {
      store(0x0C00'0000 + 4 * source, 1);
    }
    for (std::uint32_t t = 0; t < tiles_; ++t) {
      store(0x0C00'0000 + 4 * (32 + t), 1);
    }
    store(0x0200'4000, 20'000);
    store(0x0200'4004, 0);
    for (std::uint32_t i = 0; i < descriptors; ++i) {
      std::uint32_t unit = 0;
      switch (pick(3)) {
        case 0:
          unit = TD_TILE_BASE + TD_TILE_STRIDE * pick(tiles_);
          tile_job(memory, i);
          break;
        case 1:
          unit = 0x3000'0000;
          vector_job(memory, i);
          break;
        default:
          unit = 0x3100'0000 + 0x100 * pick(4);
          dma_job(memory, i);
          break;
      }
      if (chance(10)) {
        unit = TD_TILE_BASE + TD_TILE_STRIDE * pick(tiles_);  // the wrong kind of block
      }
      store(unit + 0x14, pick(4));
      store(unit + 0x0C, chance(95) ? sram + i * descriptor_size : address());
      if (chance(10)) {
        store(unit + 0x04, pick(4));  // disable or reset in the middle
      }
      if (chance(10)) {
        store(0x3200'0000 + 4 * pick(0x40), word());  // power
      }
      if (chance(8)) {
        store(unit + 0x28 + 4 * pick(2), word());
      }
      if (chance(25)) {
        p.word(rv::wfi);
      }
      if (chance(10)) {
        store(address(), word());
      }
    }
    p.word(rv::wfi).word(rv::jal(0, -4));
    return {{p.bytes().begin(), p.bytes().end()}, std::move(memory)};
  }

  HostileProgram bytes() { return {random_bytes(0x1'0000), random_bytes(0x1000)}; }

 private:
  std::mt19937_64 random_;
  std::uint32_t tiles_;
};

}  // namespace

HostileProgram hostile_program(Kind kind, std::uint64_t seed, std::uint32_t tiles) {
  Maker maker(seed * static_cast<std::uint64_t>(Kind::count) + static_cast<std::uint64_t>(kind), tiles);
  switch (kind) {
    case Kind::bytes:
      return maker.bytes();
    case Kind::instructions:
      return maker.instructions();
    default:
      return maker.jobs();
  }
}

std::string name(Kind kind) {
  return kind == Kind::bytes ? "bytes" : kind == Kind::instructions ? "instructions" : "descriptors";
}

}  // namespace tessera::fuzz
