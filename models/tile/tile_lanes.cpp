// SPDX-License-Identifier: Apache-2.0
// Jobs of a tile that add on the analog lanes of its grid column. All tiles of the group load, settle and integrate on
// their own; a product's sum is on the lanes when the last of them is ready. The driving tiles go on when the
// collecting tile has sampled the lines, the collecting tile when it has converted.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/tile/tile.h"

namespace tessera::tile {

using job_unit::Counter;
using job_unit::Error;
using probe::Time;

Tile::Outcome Tile::run_lane_job(const td_tile_job& job, Time at, probe::JobRecord& record) {
  if (lanes_ == nullptr) {
    return {Error::bad_descriptor, "the chip has no analog lanes: analog_plane.column_sum is off", false};
  }
  if (!core_.drive(job, array_, event_, functional())) {
    return no_source(job, 0);
  }
  const std::uint32_t pairs = std::uint32_t{job.outputs} * job.slices;
  lanes::AnalogLanes::Part part;
  const std::string problem =
      lanes_->join({job.lane_group, collects_lanes(job), job.lane_members, job.product_count, pairs}, array_.tile(),
                   drives_lanes(job) ? core_.lines() : analog::LineSums{}, part);
  if (!problem.empty()) {
    return {Error::bad_descriptor, "sum on analog lanes: " + problem, false};
  }
  const ProductTime time = product_time(parameters_, job.rows, pairs);
  record.period = time.settle + time.integrate + lanes_->settling(pairs, lane_settling(parameters_)) +
                  (collects_lanes(job) ? time.convert + time.post : 0);
  if (const Outcome outcome = run_lane_products(job, at, part, record); outcome.error != Error::none) {
    return outcome;
  }
  add(Counter::saturated, core_.saturated());
  if (!probe().full()) {
    dacs_.span("products", scope(), at, now());
    if (collects_lanes(job)) {
      adcs_.span("products", scope(), at, now());
    }
  }
  return {Error::none, {}, (job.flags & TD_TILE_INTERRUPT) != 0};
}

Time Tile::sum_product(const td_tile_job& job, std::uint32_t n, Time at, lanes::AnalogLanes::Part& part,
                       std::string& why) {
  const std::uint32_t pairs = std::uint32_t{job.outputs} * job.slices;
  const bool collects = collects_lanes(job);
  const ProductTime time = product_time(parameters_, job.rows, pairs);
  const Time settle = dacs_.reserve(at, time.settle);
  const Time integrated = settle + time.settle + time.integrate;
  lanes::AnalogLanes::Slot slot;
  if (!part.sum(integrated, lanes_->settling(pairs, lane_settling(parameters_)), slot)) {
    why = "sum on analog lanes: " + part.dissolved();
    return 0;
  }
  if (collects && n == 0 && !core_.collect(job, array_, event_, part.brought(), functional())) {
    why = fmt::format("no memory at the channel table {:#010x}", job.channels);
    return 0;
  }
  const analog::Activity& activity = core_.activity()[n];
  const auto stored = static_cast<std::uint32_t>(core_.output(job, n).size());
  const ProductEnergy energy = product_energy(parameters_, activity, job.rows, pairs, stored,
                                              collects ? Currents::converted : Currents::on_lanes);
  const Time convert = collects ? adcs_.reserve(slot.end, time.convert) : slot.end;
  const Time end = collects ? convert + time.convert + time.post : slot.end;
  add(Counter::products, 1);
  add(Counter::converter_stall, (settle - at) + (slot.begin - integrated) + (convert - slot.end));
  book_analog(energy, activity, settle + time.settle, integrated);
  if (collects) {
    add(Counter::conversions, pairs);
    add(Counter::clipped, activity.clipped);
    adcs_.book(scope(), convert + time.convert, pairs, activity.clipped, energy.adc);
  } else {
    lanes_->book(scope(), slot.end, energy.lanes);
  }
  probe().energy(digital_component_, probe::Cause::dynamic, scope(), end, energy.digital);
  if (probe().full()) {
    dacs_.span("settle", scope(), settle, settle + time.settle);
    if (collects) {
      lanes_->span(scope(), slot.begin, slot.end);
      adcs_.span("convert", scope(), convert, convert + time.convert);
    }
  }
  ++event_;
  return end;
}

Tile::Outcome Tile::run_lane_products(const td_tile_job& job, Time at, lanes::AnalogLanes::Part& part,
                                      probe::JobRecord& record) {
  const bool collects = collects_lanes(job);
  Time compute_free = at;
  std::array<Pending, 2> stores = {{{at, 0}, {at, 0}}};  // of the last two products: two output buffers
  wait_until(at);
  Time requested = load(job, 0, at, true);
  for (std::uint32_t n = 0; n < job.product_count; ++n) {
    const Time loaded = requested == 0 ? 0 : fetched(requested, last_fetch());
    if (loaded == 0) {
      return no_source(job, n);
    }
    const Time ready = std::max(compute_free, loaded);
    const Time buffer_free = collects ? settled(stores[n % 2], ready) : ready;
    if (buffer_free == 0) {
      return no_destination(job, n - 2);
    }
    const Time begin = std::max(ready, buffer_free);
    add(Counter::load_stall, ready - compute_free);
    add(Counter::store_stall, begin - ready);
    wait_until(begin);
    if (n + 1 < job.product_count) {  // into the other input buffer, while this product waits for the other tiles
      requested = load(job, n + 1, begin, begin == loaded);
    }
    std::string why;
    compute_free = sum_product(job, n, begin, part, why);
    if (compute_free == 0) {
      return {Error::bad_descriptor, why, false};
    }
    record.compute += compute_free - begin;
    if (collects) {
      stores[n % 2] = store(job, n, behind(stores[(n + 1) % 2], compute_free));
      if (failed(stores[n % 2])) {
        return no_destination(job, n);
      }
    }
  }
  if (collects) {
    const std::array<Time, 2> ends = {settled(stores[0], compute_free), settled(stores[1], compute_free)};
    if (ends[0] == 0 || ends[1] == 0) {
      return no_destination(job, job.product_count - 1);
    }
    wait_until(std::max(ends[0], ends[1]));
  } else {
    wait_until(compute_free);
  }
  return {};
}

}  // namespace tessera::tile
