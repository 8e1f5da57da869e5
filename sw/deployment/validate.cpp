// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sw/deployment/image.h"

namespace tessera::deployment {
namespace {

constexpr std::uint32_t kPortsFirst = 0x30000000;  // register windows, where data ports live
constexpr std::uint32_t kPortsEnd = TD_TILE_BASE;
constexpr std::uint64_t kLargestTransfer = std::uint64_t{1} << 28;

class Validator {
 public:
  Validator(const Contents& c, const std::vector<SectionPlace>& places, const Limits& limits)
      : c_(c), places_(places), limits_(limits) {}

  void run() {
    model();
    tiles();
    for (std::size_t i = 0; i < c_.tensors.size(); ++i) {
      tensor(c_.tensors[i], fmt::format("tensor {}", i));
    }
    regions();
    for (std::size_t i = 0; i < c_.layers.size(); ++i) {
      layer(c_.layers[i], fmt::format("layer {}", i));
    }
    jobs(c_.tile_jobs, "tile job");
    jobs(c_.vector_jobs, "vector job");
    jobs(c_.dma_jobs, "DMA job");
    jobs(c_.cpu_jobs, "CPU job");
    commands();
  }

 private:
  [[noreturn]] static void fail(const std::string& where, const std::string& problem, const std::string& expected) {
    throw ImageError(where, problem, expected);
  }
  static void require(bool good, const std::string& where, const char* what, std::uint64_t value, std::uint64_t limit) {
    if (!good) {
      fail(where, fmt::format("{} is {}", what, value), fmt::format("below {}", limit));
    }
  }

  [[nodiscard]] std::uint64_t rom_end() const {
    std::uint64_t end = TD_ROM_BASE;
    for (const auto& place : places_) {
      if (place.kind != TD_SECTION_CELLS) {
        end = std::max(end, std::uint64_t{TD_ROM_BASE} + place.offset + std::uint64_t{place.entry_bytes} * place.count);
      }
    }
    return end;
  }

  [[nodiscard]] bool in_tile_buffer(std::uint64_t address, std::uint64_t bytes) const {
    if (address < TD_TILE_BASE) {
      return false;
    }
    const std::uint64_t tile = (address - TD_TILE_BASE) / TD_TILE_STRIDE;
    const std::uint64_t at = (address - TD_TILE_BASE) % TD_TILE_STRIDE;
    return tile < listed_.size() && listed_[tile] && at >= TD_TILE_INPUT_BUFFER_OFFSET &&
           at - TD_TILE_INPUT_BUFFER_OFFSET + bytes <= limits_.tiles[tile].input_buffer_bytes;
  }
  [[nodiscard]] bool in_arena(std::uint64_t address, std::uint64_t bytes) const {
    return address >= c_.model.arena_base &&
           address + bytes <= std::uint64_t{c_.model.arena_base} + c_.model.arena_bytes;
  }
  [[nodiscard]] bool in_dram(std::uint64_t address, std::uint64_t bytes) const {
    return address >= TD_DRAM_BASE && address + bytes <= std::uint64_t{TD_DRAM_BASE} + c_.model.dram_bytes;
  }
  void writable(std::uint64_t address, std::uint64_t bytes, const std::string& where, const char* what) const {
    if (!in_arena(address, bytes) && !in_dram(address, bytes) && !in_tile_buffer(address, bytes)) {
      const std::uint64_t dram_end = std::uint64_t{TD_DRAM_BASE} + c_.model.dram_bytes;
      fail(where, fmt::format("{} covers {:#x}..{:#x}", what, address, address + bytes),
           fmt::format("a range inside the arena {:#x}..{:#x}{} or the input buffer of a tile of the tiles section",
                       c_.model.arena_base, std::uint64_t{c_.model.arena_base} + c_.model.arena_bytes,
                       c_.model.dram_bytes == 0 ? "" : fmt::format(", DRAM {:#x}..{:#x}", TD_DRAM_BASE, dram_end)));
    }
  }
  void readable(std::uint64_t address, std::uint64_t bytes, const std::string& where, const char* what) const {
    if (!(address >= TD_ROM_BASE && address + bytes <= rom_end())) {
      writable(address, bytes, where, what);
    }
  }
  void channel_table(std::uint64_t address, std::uint64_t outputs, const std::string& where) const {
    if (address % 4 != 0) {
      fail(where, fmt::format("the channel table is at {:#x}", address), "a 4-byte aligned address");
    }
    readable(address, outputs * sizeof(td_channel), where, "the channel table");
  }

  void name(std::uint32_t offset, const std::string& where) const {
    if (offset >= c_.names.size() || c_.names.back() != '\0') {
      fail(where + ".name", fmt::format("offset {}", offset),
           fmt::format("a terminated string inside the {} bytes of names", c_.names.size()));
    }
  }

  void model() const {
    const td_model& m = c_.model;
    name(m.name, "model");
    require(m.input_tensor < c_.tensors.size(), "model", "input_tensor", m.input_tensor, c_.tensors.size());
    require(m.output_tensor < c_.tensors.size(), "model", "output_tensor", m.output_tensor, c_.tensors.size());
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
      if (!in_arena(t.address, t.bytes) && !in_dram(t.address, t.bytes)) {
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
    writable(t.address, t.bytes, where, "the tensor");
    if (t.zero_point < -128 || t.zero_point > 127 || !std::isfinite(t.scale) || !(t.scale > 0.0F)) {
      fail(where, fmt::format("scale {}, zero point {}", t.scale, t.zero_point), "scale > 0, zero point in -128..127");
    }
  }

  void tiles() {
    listed_.assign(limits_.tiles.size(), false);
    for (std::size_t i = 0; i < c_.tiles.size(); ++i) {
      const std::string where = fmt::format("tile entry {}", i);
      require(c_.tiles[i].tile < listed_.size(), where, "tile", c_.tiles[i].tile, listed_.size());
      if (listed_[c_.tiles[i].tile]) {
        fail(where, fmt::format("tile {} appears twice", c_.tiles[i].tile), "each tile once");
      }
      listed_[c_.tiles[i].tile] = true;
    }
  }
  void used_tile(std::uint32_t tile, const std::string& where) const {
    if (tile >= listed_.size() || !listed_[tile]) {
      fail(where, fmt::format("tile {}", tile), "a tile of the tiles section");
    }
  }

  void regions() const {
    for (std::size_t i = 0; i < c_.regions.size(); ++i) {
      const td_region& r = c_.regions[i];
      const std::string where = fmt::format("region {}", i);
      used_tile(r.tile, where);
      require(r.layer < c_.layers.size(), where, "layer", r.layer, c_.layers.size());
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
    require(l.input_tensor < c_.tensors.size(), where, "input_tensor", l.input_tensor, c_.tensors.size());
    require(l.output_tensor < c_.tensors.size(), where, "output_tensor", l.output_tensor, c_.tensors.size());
    if (std::uint64_t{l.first_command} + l.command_count > c_.commands.size()) {
      fail(where, fmt::format("commands {}+{}", l.first_command, l.command_count),
           fmt::format("inside {} commands", c_.commands.size()));
    }
  }

  template <typename Job>
  void jobs(const std::vector<Job>& all, const char* what) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string where = fmt::format("{} {} (tag {})", what, i, all[i].tag);
      require(all[i].layer < c_.layers.size(), where, "layer", all[i].layer, c_.layers.size());
      job(all[i], where);
    }
  }

  void job(const td_tile_job& j, const std::string& where) const {
    const std::uint64_t source = std::uint64_t{j.in_h} * j.in_w * j.in_c;
    const std::uint64_t window = std::uint64_t{j.kernel_h} * j.kernel_w * j.in_c;
    if (source == 0 || j.rows == 0 || j.outputs == 0 || j.product_count == 0 || j.out_w == 0 || j.stride_h == 0 ||
        j.stride_w == 0 || j.dilation_h == 0 || j.dilation_w == 0 || std::uint64_t{j.k_first} + j.rows > window) {
      fail(where,
           fmt::format("{}x{}x{} source, {}x{} kernel, elements {}+{}, {} outputs, {} products", j.in_h, j.in_w, j.in_c,
                       j.kernel_h, j.kernel_w, j.k_first, j.rows, j.outputs, j.product_count),
           "sizes, strides and dilations of at least 1, elements inside the window");
    }
    if ((j.flags & TD_TILE_MULTICAST) != 0) {
      const auto same = std::count_if(c_.tile_jobs.begin(), c_.tile_jobs.end(), [&j](const td_tile_job& other) {
        return (other.flags & TD_TILE_MULTICAST) != 0 && other.layer == j.layer &&
               other.multicast_group == j.multicast_group && other.src == j.src && other.k_first == j.k_first &&
               other.rows == j.rows && other.product_first == j.product_first && other.product_count == j.product_count;
      });
      if (j.multicast_members < 2 || same != j.multicast_members) {
        fail(where,
             fmt::format("multicast group {} is to have {} jobs, {} multiply its vectors", j.multicast_group,
                         j.multicast_members, same),
             "as many jobs of one layer with the same source, rows and products as members, at least 2");
      }
    }
    if (j.slices != 1 && j.slices != 2) {
      fail(where, fmt::format("{} slices", j.slices), "1 or 2");
    }
    if (j.act_min > j.act_max) {
      fail(where, fmt::format("activation range {}..{}", j.act_min, j.act_max), "a range that is not empty");
    }
    const std::uint64_t last = std::uint64_t{j.product_first} + j.product_count - 1;
    if (last >= std::uint64_t{j.out_w} * 65536) {
      fail(where, fmt::format("products up to {}", last), "at most 65536 output rows");
    }
    const std::uint64_t reads = std::uint64_t{j.product_count} * j.rows * j.outputs;
    if (std::uint64_t{j.product_count} * j.kernel_h * j.kernel_w > TD_TILE_MOST_WINDOWS ||
        reads > TD_TILE_MOST_CELL_READS / j.slices) {
      fail(where, fmt::format("{} products of {} rows and {} outputs", j.product_count, j.rows, j.outputs),
           "products that a simulation can compute at once: several jobs");
    }
    readable(j.src, source, where, "the source");
    const std::uint64_t partial_first = std::uint64_t{j.product_first} * j.outputs * 4;
    const std::uint64_t partial_bytes = std::uint64_t{j.product_count} * j.outputs * 4;
    if ((j.flags & TD_TILE_ADD_PARTIAL) != 0) {
      readable(j.partial_src + partial_first, partial_bytes, where, "the partial sums");
    }
    if ((j.flags & (TD_TILE_LANE_DRIVE | TD_TILE_LANE_COLLECT)) != 0 &&
        (j.lane_group == 0 || j.lane_members == 0 || (j.flags & (TD_TILE_ADD_PARTIAL | TD_TILE_STORE_PARTIAL)) != 0)) {
      fail(where, fmt::format("flags {:#x}, lane_group {} of {} members", j.flags, j.lane_group, j.lane_members),
           "a group, at least one driving job, no digital partial sums");
    }
    if ((j.flags & TD_TILE_LANE_DRIVE) != 0) {
      return;  // nothing is stored
    }
    const bool partial = (j.flags & TD_TILE_STORE_PARTIAL) != 0;
    const std::uint64_t first = j.dst + (partial ? partial_first : std::uint64_t{j.product_first} * j.dst_stride);
    const std::uint64_t bytes =
        partial ? partial_bytes : (j.product_count - 1) * std::uint64_t{j.dst_stride} + j.outputs;
    if (!partial) {
      channel_table(j.channels, j.outputs, where);
    }
    writable(first, bytes, where, partial ? "the stored partial sums" : "the destination");
    if (in_tile_buffer(first, bytes) && first < j.src + source && j.src < first + bytes) {
      fail(where,
           fmt::format("it stores to {:#x}..{:#x}, over its source {:#x}..{:#x}", first, first + bytes, j.src,
                       j.src + source),
           "a source that stays as it is while the job runs");
    }
  }

  void job(const td_vector_job& j, const std::string& where) const {
    if (j.op < TD_VECTOR_MAX_POOL || j.op > TD_VECTOR_CONV) {
      fail(where, fmt::format("operator {}", j.op), "one of td_vector_op");
    }
    const std::uint64_t in = std::uint64_t{j.in_h} * j.in_w * j.in_c;
    const std::uint64_t out = std::uint64_t{j.out_h} * j.out_w * j.out_c;
    const double operations =
        static_cast<double>(out) * j.kernel_h * j.kernel_w * (j.op == TD_VECTOR_CONV ? j.in_c : 1);
    if (operations > static_cast<double>(TD_VECTOR_MOST_OPERATIONS)) {
      fail(where, fmt::format("{:.4g} operations", operations),
           fmt::format("at most {} a job", TD_VECTOR_MOST_OPERATIONS));
    }
    readable(j.src0, in, where, "the source");
    if (j.op == TD_VECTOR_ADD) {
      readable(j.src1, in, where, "the second source");
    }
    if (j.op == TD_VECTOR_DEPTHWISE || j.op == TD_VECTOR_CONV) {
      const std::uint64_t weights =
          std::uint64_t{j.kernel_h} * j.kernel_w * j.out_c * (j.op == TD_VECTOR_CONV ? j.in_c : std::uint64_t{1});
      readable(j.weights, weights, where, "the weights");
      channel_table(j.channels, j.out_c, where);
    }
    writable(j.dst, out, where, "the destination");
  }

  void transfer(std::uint32_t address, bool fixed, const std::uint32_t (&count)[3], const std::int32_t (&stride)[2],
                bool write, const std::string& where) const {
    const char* what = write ? "the destination" : "the source";
    if (fixed) {
      if (address < kPortsFirst || address >= kPortsEnd) {
        fail(where, fmt::format("{} is fixed at {:#x}", what, address),
             "a data port between 0x30000000 and 0x40000000");
      }
      return;
    }
    std::int64_t low = address;
    std::int64_t high = std::int64_t{address} + count[0];
    for (int d = 0; d < 2; ++d) {
      const std::int64_t reach = std::int64_t{stride[d]} * (std::int64_t{count[d + 1]} - 1);
      (reach < 0 ? low : high) += reach;
    }
    if (low < 0) {
      fail(where, fmt::format("{} reaches below address 0", what), "memory");
    }
    const auto first = static_cast<std::uint64_t>(low);
    const auto bytes = static_cast<std::uint64_t>(high - low);
    write ? writable(first, bytes, where, what) : readable(first, bytes, where, what);
  }

  void job(const td_dma_job& j, const std::string& where) const {
    std::uint64_t bytes = 1;
    for (const std::uint32_t count : j.count) {
      bytes = count == 0 || count > kLargestTransfer ? 0 : bytes * count;
      if (bytes == 0 || bytes > kLargestTransfer) {
        fail(where, fmt::format("counts {} x {} x {}", j.count[2], j.count[1], j.count[0]),
             fmt::format("1 to {} bytes", kLargestTransfer));
      }
    }
    transfer(j.src, (j.flags & TD_DMA_FIXED_SRC) != 0, j.count, j.src_stride, false, where);
    transfer(j.dst, (j.flags & TD_DMA_FIXED_DST) != 0, j.count, j.dst_stride, true, where);
  }

  void job(const td_cpu_job& j, const std::string& where) const {
    if (j.op != TD_CPU_SOFTMAX) {
      fail(where, fmt::format("operator {}", j.op), "one of td_cpu_op");
    }
    const std::uint64_t elements = std::uint64_t{j.rows} * j.columns;
    if (elements == 0 || elements > kLargestTransfer) {
      fail(where, fmt::format("{} rows of {}", j.rows, j.columns), "a tensor that is not empty");
    }
    readable(j.src, elements, where, "the source");
    writable(j.dst, elements, where, "the destination");
  }

  /// The entry of a job section that an address points to.
  template <typename Job>
  const Job& entry(const std::vector<Job>& all, td_section_kind kind, const td_command& command,
                   const std::string& where) const {
    for (const auto& place : places_) {
      if (place.kind == kind && command.address >= TD_ROM_BASE + std::uint64_t{place.offset}) {
        const std::uint64_t at = command.address - TD_ROM_BASE - std::uint64_t{place.offset};
        if (at % sizeof(Job) == 0 && at / sizeof(Job) < all.size()) {
          return all[at / sizeof(Job)];
        }
      }
    }
    fail(where, fmt::format("address {:#x}", command.address),
         fmt::format("the address of an entry of the {}", to_string(kind)));
  }

  template <typename Job>
  void submit(const Job& job, const td_command& command, const std::string& where) {
    if (command.tag == 0 || command.tag != job.tag || command.layer != job.layer) {
      fail(where, fmt::format("tag {}, layer {}", command.tag, command.layer),
           fmt::format("tag {} and layer {} of its descriptor, tag not 0", job.tag, job.layer));
    }
    if (!tags_.insert(command.tag).second) {
      fail(where, fmt::format("tag {} appears twice", command.tag), "a tag of its own for each job");
    }
    if (open_ != static_cast<std::int64_t>(command.layer)) {
      fail(where, fmt::format("a job of layer {} outside of it", command.layer), "its layer's begin marker before");
    }
  }

  void submit_tile(const td_command& command, const std::string& where) {
    used_tile(command.unit, where);
    const auto& job = entry(c_.tile_jobs, TD_SECTION_TILE_JOBS, command, where);
    submit(job, command, where);
    const TileLimits& tile = limits_.tiles[command.unit];
    const std::uint32_t rows = std::uint32_t{job.rows} * tile.rows_per_input;
    if (std::uint32_t{job.row0} + rows > tile.rows ||
        std::uint32_t{job.pair0} + std::uint32_t{job.outputs} * job.slices + tile.references > tile.pairs) {
      fail(where, fmt::format("rows {}+{}, pairs {}+{}", job.row0, rows, job.pair0, job.outputs * job.slices),
           fmt::format("a rectangle inside {} rows and {} pairs of tile {}", tile.rows, tile.pairs, command.unit));
    }
    require(job.gain_index < tile.gains, where, "gain_index", job.gain_index, tile.gains);
    passes_[command.unit] += job.product_count;
    lane_job(job, command.unit, where);
  }

  /// Jobs that add on analog lanes wait for each other: one group is started as a whole, on tiles of one grid column.
  void lane_job(const td_tile_job& job, std::uint32_t tile, const std::string& where) {
    const bool on_lanes = (job.flags & (TD_TILE_LANE_DRIVE | TD_TILE_LANE_COLLECT)) != 0;
    const bool collects = (job.flags & TD_TILE_LANE_COLLECT) != 0;
    if (!lane_tiles_.empty() && (!on_lanes || job.lane_group != lane_job_.lane_group)) {
      fail(where, "a job between those of lane group " + std::to_string(lane_job_.lane_group),
           "the jobs of a group one behind the other: they wait for each other");
    }
    if (!on_lanes) {
      return;
    }
    if (lane_tiles_.empty()) {
      lane_job_ = job;
      lane_collects_ = false;
    }
    const td_tile_job& first = lane_job_;
    if (job.product_first != first.product_first || job.product_count != first.product_count ||
        job.outputs != first.outputs || job.slices != first.slices || job.lane_members != first.lane_members) {
      fail(where,
           fmt::format("products {}+{}, {} outputs of {} slices, {} members", job.product_first, job.product_count,
                       job.outputs, job.slices, job.lane_members),
           fmt::format("as the other jobs of lane group {}", job.lane_group));
    }
    const bool known = limits_.grid_columns != 0 && !lane_tiles_.empty();
    if (!lane_tiles_.insert(tile).second ||
        (known && *lane_tiles_.begin() % limits_.grid_columns != tile % limits_.grid_columns)) {
      fail(where, fmt::format("tile {} in lane group {}", tile, job.lane_group),
           "another tile of the same grid column for each job of a group");
    }
    if (collects && lane_collects_) {
      fail(where, fmt::format("lane group {} collects twice", job.lane_group), "one collecting job a group");
    }
    lane_collects_ = lane_collects_ || collects;
    if (lane_tiles_.size() == std::size_t{job.lane_members} + 1) {
      if (!lane_collects_) {
        fail(where, fmt::format("lane group {} has no collecting job", job.lane_group), "one collecting job a group");
      }
      lane_tiles_.clear();
    }
  }
  void no_open_group(const std::string& where) const {
    if (!lane_tiles_.empty()) {
      fail(where,
           fmt::format("lane group {} has {} jobs of {}", lane_job_.lane_group, lane_tiles_.size(),
                       lane_job_.lane_members + 1),
           "all jobs of a group, before anything waits for them");
    }
  }

  void commands() {
    passes_.assign(limits_.tiles.size(), 0);
    for (std::size_t i = 0; i < c_.commands.size(); ++i) {
      const td_command& command = c_.commands[i];
      const std::string where = fmt::format("command {}", i);
      require(command.layer < c_.layers.size(), where, "layer", command.layer, c_.layers.size());
      switch (command.opcode) {
        case TD_OP_TILE:
          submit_tile(command, where);
          break;
        case TD_OP_VECTOR:
          if (!limits_.vector_present) {
            fail(where, "a job of the vector unit", "none: this platform has no vector unit");
          }
          submit(entry(c_.vector_jobs, TD_SECTION_VECTOR_JOBS, command, where), command, where);
          break;
        case TD_OP_DMA:
          require(command.unit < limits_.dma_channels, where, "unit", command.unit, limits_.dma_channels);
          submit(entry(c_.dma_jobs, TD_SECTION_DMA_JOBS, command, where), command, where);
          break;
        case TD_OP_CPU:
          submit(entry(c_.cpu_jobs, TD_SECTION_CPU_JOBS, command, where), command, where);
          break;
        case TD_OP_BARRIER:
        case TD_OP_LAYER_BEGIN:
        case TD_OP_LAYER_END:
          marker(command, where);
          break;
        default:
          fail(where, fmt::format("opcode {}", command.opcode), "one of td_opcode");
      }
    }
    if (open_ >= 0) {
      fail("commands", fmt::format("layer {} does not end", open_), "an end marker for each begin marker");
    }
    for (const td_tile& tile : c_.tiles) {
      if (passes_[tile.tile] != tile.passes_per_inference) {
        fail(fmt::format("tile {}", tile.tile), fmt::format("passes_per_inference is {}", tile.passes_per_inference),
             fmt::format("{}, the products of its jobs", passes_[tile.tile]));
      }
    }
  }

  void marker(const td_command& command, const std::string& where) {
    no_open_group(where);
    if (command.tag != 0) {
      fail(where, fmt::format("tag {}", command.tag), "0: the command is no job");
    }
    if (command.opcode == TD_OP_LAYER_BEGIN) {
      if (open_ >= 0) {
        fail(where, fmt::format("layer {} begins inside layer {}", command.layer, open_), "layers one after the other");
      }
      open_ = command.layer;
    } else if (command.opcode == TD_OP_LAYER_END) {
      if (open_ != static_cast<std::int64_t>(command.layer)) {
        fail(where, fmt::format("layer {} ends", command.layer), "its begin marker before");
      }
      open_ = -1;
    }
  }

  const Contents& c_;
  const std::vector<SectionPlace>& places_;
  const Limits& limits_;
  std::vector<bool> listed_;
  std::vector<std::uint64_t> passes_;
  std::set<std::uint32_t> tags_;
  std::set<std::uint32_t> lane_tiles_;  ///< of the lane group whose jobs are being started
  td_tile_job lane_job_{};              ///< its first job
  bool lane_collects_ = false;
  std::int64_t open_ = -1;
};

}  // namespace

void validate(const Contents& contents, const std::vector<SectionPlace>& places, const Limits& limits) {
  Validator(contents, places, limits).run();
}

}  // namespace tessera::deployment
