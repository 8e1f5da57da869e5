// SPDX-License-Identifier: Apache-2.0
#include "sw/deployment/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::deployment {

void fail(const std::string& where, const std::string& problem, const std::string& expected) {
  throw ImageError(where, problem, expected);
}

void require_below(const std::string& where, const char* what, std::uint64_t value, std::uint64_t limit) {
  if (value >= limit) {
    fail(where, fmt::format("{} is {}", what, value), fmt::format("below {}", limit));
  }
}

namespace {

class Tables {
 public:
  Tables(const Contents& c, const AddressRanges& ranges, const Limits& limits)
      : c_(c), ranges_(ranges), limits_(limits) {}

  void run() const {
    model();
    tiles();
    for (std::size_t i = 0; i < c_.tensors.size(); ++i) {
      tensor(c_.tensors[i], fmt::format("tensor {}", i));
    }
    regions();
    for (std::size_t i = 0; i < c_.layers.size(); ++i) {
      layer(c_.layers[i], fmt::format("layer {}", i));
    }
  }

 private:
  void name(std::uint32_t offset, const std::string& where) const {
    if (offset >= c_.names.size() || c_.names.back() != '\0') {
      fail(where + ".name", fmt::format("offset {}", offset),
           fmt::format("a terminated string inside the {} bytes of names", c_.names.size()));
    }
  }

  void model() const {
    const td_model& m = c_.model;
    name(m.name, "model");
    require_below("model", "input_tensor", m.input_tensor, c_.tensors.size());
    require_below("model", "output_tensor", m.output_tensor, c_.tensors.size());
    if (m.arena_base < TD_SRAM_BASE ||
        std::uint64_t{m.arena_base} + m.arena_bytes > std::uint64_t{TD_SRAM_BASE} + limits_.sram_bytes) {
      fail("model", fmt::format("the arena covers {:#x} and {} bytes", m.arena_base, m.arena_bytes),
           fmt::format("a range inside the {} bytes of SRAM at {:#x}", limits_.sram_bytes, TD_SRAM_BASE));
    }
    if (m.dram_bytes > limits_.dram_bytes) {
      fail("model", fmt::format("{} bytes of external DRAM", m.dram_bytes),
           limits_.dram_bytes == 0 ? "none: this platform has no external DRAM"
                                   : fmt::format("at most the {} bytes that there are", limits_.dram_bytes));
    }
    for (const std::uint32_t index : {m.input_tensor, m.output_tensor}) {
      const td_tensor& t = c_.tensors[index];
      if (!ranges_.in_arena(t.address, t.bytes) && !ranges_.in_dram(t.address, t.bytes)) {
        fail(fmt::format("tensor {}", index), fmt::format("the network's input or output lies at {:#x}", t.address),
             "inside the arena or external DRAM, where the runtime moves frames and results");
      }
    }
    if (m.frame_bytes != c_.tensors[m.input_tensor].bytes || m.result_bytes != c_.tensors[m.output_tensor].bytes) {
      fail("model", fmt::format("frame_bytes {}, result_bytes {}", m.frame_bytes, m.result_bytes),
           "the sizes of input and output tensor");
    }
  }

  void tensor(const td_tensor& t, const std::string& where) const {
    name(t.name, where);
    const std::uint64_t elements = std::uint64_t{t.height} * t.width * t.channels;
    if (elements == 0 || elements != t.bytes) {
      fail(where, fmt::format("{} bytes for {}x{}x{}", t.bytes, t.height, t.width, t.channels), "one byte an element");
    }
    ranges_.writable(t.address, t.bytes, where, "the tensor");
    if (t.zero_point < -128 || t.zero_point > 127 || !std::isfinite(t.scale) || !(t.scale > 0.0F)) {
      fail(where, fmt::format("scale {}, zero point {}", t.scale, t.zero_point), "scale > 0, zero point in -128..127");
    }
  }

  void tiles() const {
    std::vector<bool> seen(limits_.tiles.size(), false);
    for (std::size_t i = 0; i < c_.tiles.size(); ++i) {
      const std::uint32_t tile = c_.tiles[i].tile;
      const std::string where = fmt::format("tile entry {}", i);
      require_below(where, "tile", tile, seen.size());
      if (seen[tile]) {
        fail(where, fmt::format("tile {} appears twice", tile), "each tile once");
      }
      seen[tile] = true;
    }
  }

  void regions() const {
    for (std::size_t i = 0; i < c_.regions.size(); ++i) {
      const td_region& r = c_.regions[i];
      const std::string where = fmt::format("region {}", i);
      ranges_.require_listed(r.tile, where);
      require_below(where, "layer", r.layer, c_.layers.size());
      const TileLimits& tile = limits_.tiles[r.tile];
      const std::uint32_t columns = tile.columns_per_weight * tile.pairs;
      if (r.rows == 0 || r.columns == 0 || std::uint32_t{r.row0} + r.rows > tile.rows ||
          std::uint32_t{r.column0} + r.columns > columns) {
        fail(where, fmt::format("rows {}+{}, columns {}+{}", r.row0, r.rows, r.column0, r.columns),
             fmt::format("a rectangle inside {} rows and {} columns of tile {}", tile.rows, columns, r.tile));
      }
      const std::uint64_t cells = std::uint64_t{r.rows} * r.columns;
      if (r.cells_offset + cells > c_.cells.size()) {
        fail(where, fmt::format("cells {}+{}", r.cells_offset, cells), fmt::format("inside {} cells", c_.cells.size()));
      }
      const auto first = c_.cells.begin() + r.cells_offset;
      const auto high = std::find_if(first, first + static_cast<std::ptrdiff_t>(cells),
                                     [&](std::uint8_t level) { return level > tile.max_level; });
      if (high != first + static_cast<std::ptrdiff_t>(cells)) {
        fail(where, fmt::format("cell {} has level {}", high - first, *high),
             fmt::format("at most {}, the highest level of tile {}", tile.max_level, r.tile));
      }
    }
    overlaps();
  }

  void overlaps() const {
    std::vector<std::size_t> order(c_.regions.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const auto& x = c_.regions[a];
      const auto& y = c_.regions[b];
      return x.tile != y.tile ? x.tile < y.tile : x.row0 < y.row0;
    });
    for (std::size_t i = 0; i < order.size(); ++i) {
      const td_region& a = c_.regions[order[i]];
      for (std::size_t j = i + 1; j < order.size(); ++j) {
        const td_region& b = c_.regions[order[j]];
        if (b.tile != a.tile || b.row0 >= std::uint32_t{a.row0} + a.rows) {
          break;
        }
        if (b.column0 < std::uint32_t{a.column0} + a.columns && a.column0 < std::uint32_t{b.column0} + b.columns) {
          fail(fmt::format("region {}", order[j]), fmt::format("overlaps region {} of tile {}", order[i], a.tile),
               "each cell programmed once");
        }
      }
    }
  }

  void layer(const td_layer& l, const std::string& where) const {
    name(l.name, where);
    name(l.operator_name, where + ".operator");
    require_below(where, "input_tensor", l.input_tensor, c_.tensors.size());
    require_below(where, "output_tensor", l.output_tensor, c_.tensors.size());
    if (std::uint64_t{l.first_command} + l.command_count > c_.commands.size()) {
      fail(where, fmt::format("commands {}+{}", l.first_command, l.command_count),
           fmt::format("inside {} commands", c_.commands.size()));
    }
  }

  const Contents& c_;
  const AddressRanges& ranges_;
  const Limits& limits_;
};

}  // namespace

void validate_tables(const Contents& contents, const AddressRanges& ranges, const Limits& limits) {
  Tables(contents, ranges, limits).run();
}

void validate(const Contents& contents, const std::vector<SectionPlace>& places, const Limits& limits) {
  const AddressRanges ranges(contents, places, limits);
  validate_tables(contents, ranges, limits);
  validate_jobs(contents, ranges);
  validate_commands(contents, places, ranges, limits);
}

}  // namespace tessera::deployment
