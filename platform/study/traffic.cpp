// SPDX-License-Identifier: Apache-2.0
#include "platform/study/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "models/tile/cost.h"
#include "platform/study/bare_chip.h"
#include "platform/study/isolated.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::platform {
namespace {

struct Shape {
  std::uint32_t tiles, rows, outputs, window, products;
};

Shape shape_of(const PlatformParameters& platform, const Traffic& traffic) {
  const analog::ArrayParameters& array = platform.tiles.at(0).array;
  const std::uint32_t inputs = platform.tiles.at(0).inputs();
  const Shape shape{traffic.tiles == 0 ? platform.tile_count() : traffic.tiles,
                    traffic.rows == 0 ? inputs : traffic.rows, traffic.outputs == 0 ? array.outputs() : traffic.outputs,
                    traffic.window, traffic.products};
  if (shape.tiles > platform.tile_count() || shape.rows > inputs || shape.outputs > array.outputs()) {
    throw std::invalid_argument(fmt::format("{} tiles of {} rows and {} outputs; the platform has {} of {} and {}",
                                            shape.tiles, shape.rows, shape.outputs, platform.tile_count(), inputs,
                                            array.outputs()));
  }
  if (shape.window == 0 || shape.window > 255 || shape.rows % shape.window != 0 || shape.products == 0 ||
      shape.products > 60000) {
    throw std::invalid_argument(fmt::format(
        "{} rows in windows of {} columns, {} products: the window must divide the rows, products be 1 .. 60000",
        shape.rows, shape.window, shape.products));
  }
  return shape;
}

/// Puts source, channel tables and descriptors into the shared SRAM. @return the jobs
std::vector<BareChip::Job> prepare_jobs(Chip& chip, const PlatformParameters& platform, const Traffic& traffic,
                                        const Shape& shape) {
  const std::uint32_t channels = shape.rows / shape.window;
  const std::uint32_t width = shape.products + shape.window - 1;
  std::uint32_t free = 0;
  const auto take = [&](std::uint32_t bytes) {
    const std::uint32_t at = free;
    free = (free + bytes + 63) & ~63u;
    if (free > platform.sram.size_B) {
      throw std::invalid_argument(
          fmt::format("the traffic needs more than the shared SRAM of {} B", platform.sram.size_B));
    }
    return at;
  };
  const auto memory = chip.sram().bytes();
  const std::uint32_t source = take(width * channels);
  for (std::uint32_t i = 0; i < width * channels; ++i) {
    memory[source + i] = static_cast<std::uint8_t>(i * 37 + i / 251);
  }
  const std::uint32_t table = take(shape.outputs * static_cast<std::uint32_t>(sizeof(td_channel)));
  const std::vector<td_channel> tables(shape.outputs, td_channel{0, 1 << 30, -9});
  std::memcpy(&memory[table], tables.data(), tables.size() * sizeof(td_channel));
  std::vector<BareChip::Job> jobs;
  for (std::uint32_t i = 0; i < shape.tiles; ++i) {
    td_tile_job job{};
    job.tag = i + 1;
    job.src = TD_SRAM_BASE + source;
    job.dst = TD_SRAM_BASE + take(shape.outputs);
    job.dst_stride = 0;  // each product overwrites the last
    job.channels = TD_SRAM_BASE + table;
    job.in_h = 1;
    job.in_w = static_cast<std::uint16_t>(width);
    job.in_c = static_cast<std::uint16_t>(channels);
    job.out_w = static_cast<std::uint16_t>(shape.products);
    job.kernel_h = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.kernel_w = static_cast<std::uint8_t>(shape.window);
    job.product_count = shape.products;
    job.rows = static_cast<std::uint16_t>(shape.rows);
    job.outputs = static_cast<std::uint16_t>(shape.outputs);
    job.slices = 1;
    job.act_min = -128;
    job.act_max = 127;
    job.flags = traffic.window_reuse ? TD_TILE_WINDOW_REUSE : 0;
    if (traffic.multicast && shape.tiles > 1) {
      job.flags |= TD_TILE_MULTICAST;
      job.multicast_members = static_cast<std::uint16_t>(shape.tiles);
    }
    const std::uint32_t at = take(sizeof(job));
    std::memcpy(&memory[at], &job, sizeof(job));
    jobs.push_back({TD_TILE_BASE + i * TD_TILE_STRIDE, TD_SRAM_BASE + at});
  }
  return jobs;
}

std::uint32_t input_bytes(const Traffic& traffic, const Shape& shape) {
  return traffic.window_reuse ? shape.rows / shape.window : shape.rows;
}

}  // namespace

TrafficResult run_traffic(const PlatformParameters& given, const Traffic& traffic, TrafficProbe& probe) {
  PlatformParameters platform = given;
  platform.bus.multicast = platform.bus.multicast || traffic.multicast;
  const Shape shape = shape_of(platform, traffic);
  TrafficResult result;
  BareChip bare(platform, probe);
  Chip& chip = bare.chip();
  bare.run(prepare_jobs(chip, platform, traffic, shape));
  result.build_s = bare.build_s();
  result.processor_s = bare.run_s();
  result.products = std::uint64_t{shape.tiles} * shape.products;
  result.time_s = static_cast<double>(probe.end - probe.begin) * 1e-12;
  const double operations = 2.0 * shape.rows * shape.outputs * static_cast<double>(result.products);
  result.tops = operations / result.time_s * 1e-12;
  const interconnect::BusCounters& bus = chip.bus().counters();
  result.bytes_per_product = static_cast<double>(bus.bytes) / static_cast<double>(result.products);
  const tile::SavedBytes saved = chip.saved();
  result.saved_bytes_per_product =
      static_cast<double>(saved.window + saved.multicast + saved.kept) / static_cast<double>(result.products);
  result.bus_share = static_cast<double>(bus.busy) * 1e-12 / result.time_s;
  result.converter_stall = static_cast<double>(probe.converter_stall) * 1e-12 / (result.time_s * shape.tiles);
  result.violations = chip.bus().violations();
  return result;
}

TrafficResult run_traffic_isolated(const PlatformParameters& platform, const Traffic& traffic) {
  const std::string text = isolated([&] {
    TrafficProbe probe;
    const TrafficResult r = run_traffic(platform, traffic, probe);
    return nlohmann::json{r.time_s,          r.products,    r.tops,    r.bytes_per_product, r.bus_share,
                          r.converter_stall, r.processor_s, r.build_s, r.violations,        r.saved_bytes_per_product}
        .dump();
  });
  const nlohmann::json values = nlohmann::json::parse(text);
  TrafficResult r;
  r.time_s = values.at(0);
  r.products = values.at(1);
  r.tops = values.at(2);
  r.bytes_per_product = values.at(3);
  r.bus_share = values.at(4);
  r.converter_stall = values.at(5);
  r.processor_s = values.at(6);
  r.build_s = values.at(7);
  r.violations = values.at(8);
  r.saved_bytes_per_product = values.at(9);
  return r;
}

double expected_tops(const PlatformParameters& platform, const Traffic& traffic) {
  const Shape shape = shape_of(platform, traffic);
  const tile::TileParameters& one = platform.tiles.at(0);
  const tile::ProductTime product = tile::product_time(one, 0, shape.outputs);
  const double operations = 2.0 * shape.rows * shape.outputs;
  const auto sharers = [&](tile::TileParameters::Sharing sharing) {
    using Sharing = tile::TileParameters::Sharing;
    return sharing == Sharing::tile     ? 1u
           : sharing == Sharing::row    ? platform.grid_columns
           : sharing == Sharing::column ? platform.grid_rows
                                        : platform.tile_count();
  };
  // A shared bank serves its tiles one after the other.
  const auto bank = [&](tile::TileParameters::Sharing sharing, probe::Time busy) {
    return static_cast<double>(busy) * std::min(sharers(sharing), shape.tiles);
  };
  const double interval_s =
      1e-12 * std::max({static_cast<double>(product.total()), bank(one.dac_sharing, product.settle),
                        bank(one.adc_sharing, product.convert)});
  const double tiles_tops = shape.tiles * operations / interval_s * 1e-12;
  const double word = platform.bus.bytes_per_beat();
  const auto beats = [&](double bytes) {
    return static_cast<double>(static_cast<std::uint64_t>((bytes + word - 1) / word));
  };
  const double cycles =
      beats(input_bytes(traffic, shape)) / (traffic.multicast ? shape.tiles : 1) + beats(shape.outputs);
  const double bus_tops = operations / (cycles / platform.bus.clock_Hz) * 1e-12;
  return std::min(tiles_tops, bus_tops);
}

}  // namespace tessera::platform
