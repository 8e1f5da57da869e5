// SPDX-License-Identifier: Apache-2.0
// What one tile job computes: im2col gather, products, post stage. SystemC-free; the tile's SystemC shell adds time,
// the evaluator runs it as it is.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/analog/array.h"
#include "models/analog/lanes.h"
#include "models/memory/memory_port.h"
#include "models/tile/input_codes.h"
#include "models/tile/tile_parameters.h"
#include "models/tile/trim_bank.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::tile {

/// Empty if a tile with these parameters can execute the descriptor, else what is wrong with it.
[[nodiscard]] std::string check(const td_tile_job& job, const TileParameters& parameters);

/// A job of a group that adds on analog lanes.
[[nodiscard]] inline bool drives_lanes(const td_tile_job& job) {
  return (job.flags & TD_TILE_LANE_DRIVE) != 0;
}
[[nodiscard]] inline bool collects_lanes(const td_tile_job& job) {
  return (job.flags & TD_TILE_LANE_COLLECT) != 0;
}
[[nodiscard]] inline bool on_lanes(const td_tile_job& job) {
  return (job.flags & (TD_TILE_LANE_DRIVE | TD_TILE_LANE_COLLECT)) != 0;
}
/// Empty if a tile can take part in sums on analog lanes, else why not.
[[nodiscard]] std::string lane_obstacle(const TileParameters& parameters);
/// Empty if the lane fields of a descriptor fit together and to the tile.
[[nodiscard]] std::string check_lanes(const td_tile_job& job, const TileParameters& parameters);

/// Largest gain divided by the gain at `gain_index`, the weight of a code in the accumulator; 1 when exact.
[[nodiscard]] std::int32_t accumulator_weight(const analog::AdcParameters& adc, std::uint32_t gain_index);

/// A run of bytes of the source tensor that one im2col row needs; tensor-relative.
struct Run {
  std::uint32_t offset = 0;  ///< first byte, from td_tile_job.src
  std::uint32_t bytes = 0;
  std::uint32_t row = 0;  ///< first array row (from row0) it feeds
};
/// Appends the contiguous runs of product `n`'s input vector, padding left out. `from_column`: only kernel columns
/// from there on (window reuse); 0 for all.
void input_runs(const td_tile_job& job, std::uint32_t n, std::uint32_t from_column, std::vector<Run>& runs);

/// Geometry of a gather; jobs that are equal in it share a plan.
using GatherKey = std::array<std::uint32_t, 16>;

class JobCore {
 public:
  explicit JobCore(const TileParameters& parameters);

  /// The trims that jobs use from now on; null: codes pass as they are. They must outlive the core.
  void use(const TrimBank* trims) { trims_ = trims; }

  /// Computes every product of the job; results stay here until store(). Requires check(job, ...).empty().
  /// @param first_event  the tile's event number of the job's first product; pass f of a product of P passes has the
  ///                     array's event P * number + f
  /// @return false if the source, the partial sums or the channel table could not be read
  [[nodiscard]] bool compute(const td_tile_job& job, const analog::Array& array, std::uint64_t first_event,
                             memory::MemoryPort& memory);

  // A job that sums on analog lanes is computed in two steps (lane_core.cpp).

  /// What the job of a group puts on the lanes, over its lane drivers unless it collects.
  /// @return false if the source could not be read
  [[nodiscard]] bool drive(const td_tile_job& job, const analog::Array& array, std::uint64_t first_event,
                           memory::MemoryPort& memory);
  [[nodiscard]] const analog::LineSums& lines() const { return lines_; }
  /// After drive() of the same collecting job: adds what the others bring, converts, and finishes as compute() does.
  /// @param brought  lines() of the driving jobs, in the order of their tiles
  /// @return false if the channel table could not be read
  [[nodiscard]] bool collect(const td_tile_job& job, const analog::Array& array, std::uint64_t first_event,
                             std::span<const analog::LineSums* const> brought, memory::MemoryPort& memory);

  /// Bytes that product n (0 .. product_count - 1) stores, and where.
  [[nodiscard]] std::span<const std::uint8_t> output(const td_tile_job& job, std::uint32_t n) const;
  [[nodiscard]] static std::uint32_t output_address(const td_tile_job& job, std::uint32_t n);
  /// Stores all outputs. @return false if memory refused.
  [[nodiscard]] bool store(const td_tile_job& job, memory::MemoryPort& memory) const;

  [[nodiscard]] std::span<const analog::Activity> activity() const { return activity_; }
  [[nodiscard]] std::span<const std::uint16_t> codes() const { return codes_; }
  [[nodiscard]] std::uint64_t saturated() const { return saturated_; }
  [[nodiscard]] std::uint64_t clipped() const;
  /// Passes through the array that one product takes.
  [[nodiscard]] std::uint32_t passes() const { return parameters_->passes(); }
  /// How often the columns of one product are converted: passes times phases.
  [[nodiscard]] std::uint32_t conversions() const { return parameters_->repetitions(); }
  /// The job's products as the array sees them, and the cells that they read. Pass 0 of products without passes.
  [[nodiscard]] analog::Product products(const td_tile_job& job, std::uint64_t first_event) const;
  [[nodiscard]] std::shared_ptr<const analog::Array::Block> cells(const td_tile_job& job,
                                                                  const analog::Array& array) const;

 private:
  [[nodiscard]] bool read_source(const td_tile_job& job, memory::MemoryPort& memory);
  void gather(const td_tile_job& job, const PassCodes& pass);
  void several_passes(const td_tile_job& job, const analog::Array& array, const analog::Array::Block& block,
                      std::uint64_t first_event);
  [[nodiscard]] bool post(const td_tile_job& job, memory::MemoryPort& memory);
  [[nodiscard]] bool read_tables(const td_tile_job& job, memory::MemoryPort& memory);
  void accumulate(const td_tile_job& job);
  [[nodiscard]] std::int64_t trimmed(const td_tile_job& job, std::size_t element, std::int64_t weight) const;
  void requantise(const td_tile_job& job);
  [[nodiscard]] const std::vector<Run>& plan(const td_tile_job& job);

  struct GatherPlan {
    GatherKey key{};
    std::vector<Run> runs;  ///< of all products; `row` counts from the first code of the batch
  };

  const TileParameters* parameters_;
  const TrimBank* trims_ = nullptr;
  std::vector<GatherPlan> plans_;
  std::size_t kept_runs_ = 0;  ///< of all plans
  std::vector<std::uint8_t> source_;
  std::vector<std::uint16_t> codes_;
  std::vector<std::int32_t> columns_;
  std::vector<std::int32_t> pass_columns_;
  std::vector<std::int64_t> pass_sums_;
  std::vector<analog::Activity> pass_activity_;
  std::vector<std::int32_t> partial_;
  std::vector<std::int32_t> sums_;
  std::vector<td_channel> channels_;
  std::vector<std::uint8_t> outputs_;
  std::vector<analog::Activity> activity_;
  analog::LineSums lines_;
  std::uint64_t saturated_ = 0;
};

}  // namespace tessera::tile
