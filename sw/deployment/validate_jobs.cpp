// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "sw/deployment/validate.h"

namespace tessera::deployment {
namespace {

constexpr std::uint32_t kPortsFirst = 0x30000000;  // register windows, where data ports live
constexpr std::uint32_t kPortsEnd = TD_TILE_BASE;
constexpr std::uint64_t kLargestTransfer = std::uint64_t{1} << 28;

class Jobs {
 public:
  Jobs(const Contents& c, const AddressRanges& ranges) : c_(c), ranges_(ranges) {}

  void run() const {
    jobs(c_.tile_jobs, "tile job");
    jobs(c_.vector_jobs, "vector job");
    jobs(c_.dma_jobs, "DMA job");
    jobs(c_.cpu_jobs, "CPU job");
  }

 private:
  template <typename Job>
  void jobs(const std::vector<Job>& all, const char* what) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string where = fmt::format("{} {} (tag {})", what, i, all[i].tag);
      require_below(where, "layer", all[i].layer, c_.layers.size());
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
    ranges_.readable(j.src, source, where, "the source");
    const std::uint64_t partial_first = std::uint64_t{j.product_first} * j.outputs * 4;
    const std::uint64_t partial_bytes = std::uint64_t{j.product_count} * j.outputs * 4;
    if ((j.flags & TD_TILE_ADD_PARTIAL) != 0) {
      ranges_.readable(j.partial_src + partial_first, partial_bytes, where, "the partial sums");
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
      ranges_.channel_table(j.channels, j.outputs, where);
    }
    ranges_.writable(first, bytes, where, partial ? "the stored partial sums" : "the destination");
    if (ranges_.in_tile_buffer(first, bytes) && first < j.src + source && j.src < first + bytes) {
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
    ranges_.readable(j.src0, in, where, "the source");
    if (j.op == TD_VECTOR_ADD) {
      ranges_.readable(j.src1, in, where, "the second source");
    }
    if (j.op == TD_VECTOR_DEPTHWISE || j.op == TD_VECTOR_CONV) {
      const std::uint64_t weights =
          std::uint64_t{j.kernel_h} * j.kernel_w * j.out_c * (j.op == TD_VECTOR_CONV ? j.in_c : std::uint64_t{1});
      ranges_.readable(j.weights, weights, where, "the weights");
      ranges_.channel_table(j.channels, j.out_c, where);
    }
    ranges_.writable(j.dst, out, where, "the destination");
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
    write ? ranges_.writable(first, bytes, where, what) : ranges_.readable(first, bytes, where, what);
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
    ranges_.readable(j.src, elements, where, "the source");
    ranges_.writable(j.dst, elements, where, "the destination");
  }

  const Contents& c_;
  const AddressRanges& ranges_;
};

}  // namespace

void validate_jobs(const Contents& contents, const AddressRanges& ranges) {
  Jobs(contents, ranges).run();
}

}  // namespace tessera::deployment
