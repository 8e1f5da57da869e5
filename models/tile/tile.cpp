// SPDX-License-Identifier: Apache-2.0
#include "models/tile/tile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <numeric>

#include "tessera_registers.hpp"

namespace tessera::tile {

using job_unit::Counter;
using job_unit::Error;
using probe::Time;
namespace reg = registers::tile;

namespace {

bool is_digital(const TileParameters& parameters) {
  return parameters.kind == TileParameters::Kind::digital;
}

/// Flash remembers without power; the weight memory of a digital tile does not.
double weight_leakage_W(const TileParameters& parameters) {
  if (!is_digital(parameters) || parameters.mac_array.weights == MacArrayParameters::Weights::dram) {
    return 0;
  }
  const std::uint64_t weights = std::uint64_t{parameters.array.rows} * parameters.array.pairs();
  return weight_memory_leakage_W(parameters.mac_array, weights, parameters.weight_bits());
}

/// What multicast jobs have to agree on: FNV-1a of everything that their input vectors depend on.
std::uint64_t input_shape(const td_tile_job& job) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const std::uint32_t value : std::initializer_list<std::uint32_t>{
           job.src, job.in_h, job.in_w, job.in_c, job.out_w, job.kernel_h, job.kernel_w, job.stride_h, job.stride_w,
           job.dilation_h, job.dilation_w, static_cast<std::uint16_t>(job.pad_top),
           static_cast<std::uint16_t>(job.pad_left), job.k_first, job.rows, job.product_first, job.product_count,
           job.flags & TD_TILE_WINDOW_REUSE}) {
    hash = (hash ^ value) * 1099511628211ULL;
  }
  return hash;
}

Time picoseconds(double seconds) {
  return static_cast<Time>(std::llround(seconds * 1.0e12));
}

/// The weight memory of a digital tile stays supplied in every state: there is nowhere to load the weights from again.
power::StatePowers state_powers(const TileParameters& parameters) {
  const double weights_W = weight_leakage_W(parameters);
  const TilePower& power = parameters.power;
  return {.off_W = power.off_W + weights_W,
          .sleep_W = weights_W,
          .standby_W = power.standby_W + weights_W,
          .waking_W = power.wake_W + weights_W,
          .idle_W = power.idle_W + weights_W,
          .active_W = power.active_W + weights_W,
          .program_W = is_digital(parameters) ? 0.0 : power.program_W};
}

}  // namespace

Tile::Tile(const sc_core::sc_module_name& name, const TileParameters& parameters, std::uint32_t base,
           std::uint32_t bus_word_B, Time cycle, analog::Array& array, converter::ConverterBank& dacs,
           converter::ConverterBank& adcs, probe::Probe& probe)
    : JobUnit(name,
              {.base = base,
               .window = TD_TILE_STRIDE,
               .id = reg::id_tile,
               .queue_depth = parameters.queue_depth,
               .cycle = cycle,
               .kind = 1,
               .power = state_powers(parameters),
               .standby_wake = picoseconds(parameters.power.standby_wake_s),
               .off_wake = picoseconds(parameters.power.off_wake_s)},
              probe),
      parameters_(parameters),
      bus_word_B_(bus_word_B),
      array_(array),
      dacs_(dacs),
      adcs_(adcs),
      array_component_(probe.add_component(std::string(this->name()) + (is_digital(parameters) ? ".weights" : ".array"),
                                           is_digital(parameters) ? probe::Category::memory : probe::Category::array)),
      frontend_component_(probe.add_component(std::string(this->name()) + ".frontend", probe::Category::adc)),
      digital_component_(probe.add_component(std::string(this->name()) + ".digital", probe::Category::digital)),
      trims_(parameters_),
      core_(parameters_),
      input_buffer_(parameters.input_buffer_B),
      flash_(parameters_, array),
      flash_component_(is_digital(parameters)
                           ? digital_component_
                           : probe.add_component(std::string(this->name()) + ".flash", probe::Category::programming)) {
  core_.use(&trims_);
}

void Tile::soft_reset() {
  event_ = 0;
  if (lanes_ != nullptr) {
    lanes_->abandon(array_.tile());
  }
  group_.leave();
  flash_.abort();
}

void Tile::powered_off() {
  std::fill(input_buffer_.begin(), input_buffer_.end(), std::uint8_t{0});
  trims_.reset();  // latches beside the converters
}

std::uint32_t Tile::read_register(std::uint32_t offset) {
  switch (offset) {
    case reg::event_lo:
      event_high_ = static_cast<std::uint32_t>(event_ >> 32);
      return static_cast<std::uint32_t>(event_);
    case reg::event_hi:
      return event_high_;
    case reg::rows:
      return parameters_.array.rows;
    case reg::columns:
      return parameters_.array.columns;
    default:
      return offset >= reg::trim_ctrl ? trims_.read(offset) : offset >= reg::flash_command ? flash_.read(offset) : 0;
  }
}

void Tile::write_register(std::uint32_t offset, std::uint32_t value) {
  if (offset == reg::event_lo) {
    event_ = (event_ & ~std::uint64_t{0xFFFFFFFF}) | value;
  } else if (offset == reg::event_hi) {
    event_ = (event_ & 0xFFFFFFFF) | (std::uint64_t{value} << 32);
  } else if (offset >= reg::trim_ctrl) {
    const bool supplied = power_state() != probe::PowerState::off && power_state() != probe::PowerState::sleep;
    if (supplied) {
      trims_.write(offset, value);
    }
  } else if (offset >= reg::flash_command) {
    write_flash(offset, value);
  }
}

bool Tile::in_own_buffer(std::uint32_t address, std::uint64_t bytes) const {
  const std::uint32_t first = unit().base + TD_TILE_INPUT_BUFFER_OFFSET;
  return address >= first && address - first + bytes <= input_buffer_.size();
}

bool Tile::access_buffer(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/, bool /*debug*/) {
  const std::uint64_t offset = payload.get_address() - unit().base;
  if (offset < TD_TILE_INPUT_BUFFER_OFFSET) {
    return false;
  }
  const std::uint64_t at = offset - TD_TILE_INPUT_BUFFER_OFFSET;
  const std::uint64_t length = payload.get_data_length();
  if (power_state() == probe::PowerState::off || at > input_buffer_.size() || length > input_buffer_.size() - at) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return true;
  }
  if (payload.is_read()) {
    std::memcpy(payload.get_data_ptr(), &input_buffer_[at], length);
  } else if (payload.is_write()) {
    std::memcpy(&input_buffer_[at], payload.get_data_ptr(), length);
  }
  return true;
}

std::uint64_t Tile::plan_input(const td_tile_job& job, std::uint32_t n) {
  const std::uint32_t product = job.product_first + n;
  // With window reuse only the columns that the previous window of the same output row did not hold are fetched.
  const bool neighbour = n > 0 && product % job.out_w != 0 && job.dilation_w == 1;
  const std::uint32_t from_column = (job.flags & TD_TILE_WINDOW_REUSE) != 0 && neighbour && job.kernel_w > job.stride_w
                                        ? static_cast<std::uint32_t>(job.kernel_w - job.stride_w)
                                        : 0;
  const auto bytes_from = [&](std::uint32_t column) {
    runs_.clear();
    input_runs(job, product, column, runs_);
    return std::accumulate(runs_.begin(), runs_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Run& run) { return sum + run.bytes; });
  };
  const std::uint64_t held = from_column > 0 ? bytes_from(0) : 0;
  const std::uint64_t fresh = bytes_from(from_column);
  saved_.window += from_column > 0 ? held - fresh : 0;
  return fresh;
}

Time Tile::fetch_input(const td_tile_job& job, std::uint32_t n, Time at, bool& pipelined) {
  const std::uint64_t bytes = plan_input(job, n);
  // What others of a group need has to move, wherever it is.
  const bool own = !group_.joined() && in_own_buffer(job.src, std::uint64_t{job.in_h} * job.in_w * job.in_c);
  saved_.kept += own ? bytes : 0;
  moves(interconnect::Traffic::input);
  for (const Run& run : runs_) {
    if (own) {
      at += unit().cycle * ((run.bytes + bus_word_B_ - 1) / bus_word_B_);
      continue;
    }
    scratch_.resize(std::max<std::size_t>(scratch_.size(), run.bytes));
    at = fetch(job.src + run.offset, std::span(scratch_).first(run.bytes), at, pipelined);
    pipelined = true;
    if (at == 0) {
      return 0;
    }
  }
  return at;
}

Time Tile::fetch_partial(const td_tile_job& job, std::uint32_t n, Time at, bool pipelined) {
  if ((job.flags & TD_TILE_ADD_PARTIAL) == 0) {
    return at;
  }
  const std::uint32_t bytes = std::uint32_t{job.outputs} * 4;
  scratch_.resize(std::max<std::size_t>(scratch_.size(), bytes));
  moves(interconnect::Traffic::partial);
  return fetch(job.partial_src + (job.product_first + n) * bytes, std::span(scratch_).first(bytes), at, pipelined);
}

Time Tile::load(const td_tile_job& job, std::uint32_t n, Time at, bool pipelined) {
  const Time loaded = fetch_input(job, n, at, pipelined);
  return loaded == 0 ? 0 : fetch_partial(job, n, loaded, pipelined);
}

Tile::Load Tile::begin_load(const td_tile_job& job, std::uint32_t n, Time at, bool pipelined) {
  Load load{at, port(), 0, 0, n, false};
  if (!group_.joined()) {
    load.at = this->load(job, n, at, pipelined);
    load.input = load.own = last_fetch();
    load.sent = true;
    return load;
  }
  // Called for one member, maybe in the process of another; `job` lives as long as this tile is a member.
  group_.arrive(n, at, [this, &job, n, at, pipelined](Time latest) {
    bool follows = pipelined && latest == at;
    const Time end = fetch_input(job, n, latest, follows);
    return port() == nullptr ? end : last_fetch();
  });
  return load;
}

bool Tile::send(const td_tile_job& job, Load& load) {
  if (load.sent) {
    return load.at != 0;
  }
  load.sent = true;
  const job_unit::Rendezvous::Meeting meeting = group_.await();
  if (!meeting.met) {
    load.at = 0;
    return false;
  }
  if (port() == nullptr && meeting.last) {
    wait(sc_core::SC_ZERO_TIME);  // who books first goes first: those who have waited
  }
  if (meeting.leader != this) {
    const std::uint64_t bytes = plan_input(job, load.n);
    add(Counter::bytes_in, bytes);
    saved_.multicast += bytes;
  }
  load.at = port() == nullptr ? meeting.value : meeting.at;
  if (port() != nullptr) {
    load.sender = static_cast<Tile*>(meeting.leader)->port();  // tiles alone join these groups
    load.input = meeting.value;
  }
  load.at = load.at == 0 ? 0 : fetch_partial(job, load.n, load.at, true);
  load.own = last_fetch();
  return load.at != 0;
}

Time Tile::arrived(const Load& load) {
  if (port() == nullptr || load.at == 0) {
    return load.at;
  }
  const bool good = load.sender->wait_done(interconnect::AtPort::Channel::read, load.input) &&
                    port()->wait_done(interconnect::AtPort::Channel::read, load.own);
  return good ? std::max(load.at, now()) : 0;
}

Tile::Outcome Tile::no_input(const td_tile_job& job, std::uint32_t n) const {
  if ((job.flags & TD_TILE_MULTICAST) != 0 && !group_.complete()) {
    return {Error::bad_descriptor,
            fmt::format("multicast group {} did not meet at product {}: {}", job.multicast_group, n, group_.problem()),
            false};
  }
  return no_source(job, n);
}

std::string Tile::join_group(const td_tile_job& job) {
  if ((job.flags & TD_TILE_MULTICAST) == 0) {
    return {};
  }
  if (on_lanes(job)) {
    return "a job that sums on analog lanes cannot be in a multicast group: its tiles load different rows";
  }
  if (multicast_groups_ == nullptr) {
    return fmt::format(
        "asks for multicast group {}, and the bus has no multicast: set bus.multicast: true, or compile for this "
        "platform again",
        job.multicast_group);
  }
  return multicast_groups_->join({.group = job.multicast_group,
                                  .members = job.multicast_members,
                                  .rank = unit().base,
                                  .shape = input_shape(job),
                                  .unit = this,
                                  .who = fmt::format("{} job {}", name(), job.tag)},
                                 group_);
}

Time Tile::fetch_weights(const td_tile_job& job, Time at) {
  if (weight_channel_ == nullptr) {
    return at;
  }
  const WeightFetch fetch =
      weight_fetch(parameters_.mac_array, job.rows, std::uint32_t{job.outputs} * job.slices, parameters_.weight_bits());
  const Time begin = weight_channel_->calendar.reserve(at + fetch.latency, fetch.transfer);
  probe().energy(weight_channel_->component, probe::Cause::dynamic, scope(), begin + fetch.transfer, fetch.dram);
  return begin + fetch.transfer;
}

Time Tile::multiply(const td_tile_job& job, std::uint32_t n, Time at) {
  const std::uint32_t pairs = std::uint32_t{job.outputs} * job.slices;
  const ProductTime time = product_time(parameters_, job.rows, pairs);
  const analog::Activity& activity = core_.activity()[n];
  const ProductEnergy energy =
      product_energy(parameters_, activity, job.rows, pairs, static_cast<std::uint32_t>(core_.output(job, n).size()));

  if (is_digital(parameters_)) {
    const Time end = at + time.total();
    add(Counter::products, 1);
    probe().energy(array_component_, probe::Cause::dynamic, scope(), end, energy.weights);
    probe().energy(digital_component_, probe::Cause::dynamic, scope(), end, energy.digital);
    ++event_;
    return end;
  }
  Time settle = at, integrated = at, convert = at;
  for (std::uint32_t pass = 0; pass < time.passes; ++pass) {
    const Time begin = pass == 0 ? at : convert + time.convert;
    settle = dacs_.reserve(begin, time.settle);
    integrated = settle + time.settle + time.integrate;
    convert = adcs_.reserve(integrated, time.convert);
    add(Counter::converter_stall, (settle - begin) + (convert - integrated));
  }
  const Time end = convert + time.convert + time.post;
  add(Counter::products, 1);
  const std::uint32_t conversions = parameters_.array.conversions(pairs) * time.passes;
  add(Counter::conversions, conversions);
  add(Counter::clipped, activity.clipped);

  book_analog(energy, activity, settle + time.settle, integrated);
  adcs_.book(scope(), convert + time.convert, conversions, activity.clipped, energy.adc);
  probe().energy(digital_component_, probe::Cause::dynamic, scope(), end, energy.digital);
  if (probe().full()) {
    dacs_.span("settle", scope(), settle, settle + time.settle);
    adcs_.span("convert", scope(), convert, convert + time.convert);
  }
  ++event_;
  return end;
}

void Tile::book_analog(const ProductEnergy& energy, const analog::Activity& activity, Time settled, Time integrated) {
  dacs_.book(scope(), settled, activity.active_rows, 0, energy.dac);
  probe().energy(array_component_, probe::Cause::dynamic, scope(), integrated, energy.array);
  probe().energy(frontend_component_, probe::Cause::dynamic, scope(), integrated, energy.frontend);
}

Tile::Outcome Tile::no_source(const td_tile_job& job, std::uint32_t n) {
  return {Error::bus_error, fmt::format("no memory at the source {:#010x} of product {}", job.src, n), false};
}

Tile::Outcome Tile::no_destination(const td_tile_job& job, std::uint32_t n) {
  return {Error::bus_error,
          fmt::format("no writable memory at {:#010x}, output of product {}", JobCore::output_address(job, n), n),
          false};
}

Tile::Pending Tile::store(const td_tile_job& job, std::uint32_t n, Time at) {
  const auto output = core_.output(job, n);
  const std::uint32_t address = JobCore::output_address(job, n);
  if (in_own_buffer(address, output.size())) {
    std::copy(output.begin(), output.end(),
              input_buffer_.begin() + (address - unit().base - TD_TILE_INPUT_BUFFER_OFFSET));
    saved_.kept += output.size();
    return {at + unit().cycle * ((output.size() + bus_word_B_ - 1) / bus_word_B_), 0};
  }
  scratch_.assign(output.begin(), output.end());
  moves((job.flags & TD_TILE_STORE_PARTIAL) != 0 ? interconnect::Traffic::partial : interconnect::Traffic::output);
  return post(address, scratch_, at);
}

Tile::Outcome Tile::run_products(const td_tile_job& job, Time at, probe::JobRecord& record) {
  Time load_free = at;  // the load-store unit's read side
  Time compute_free = at;
  Time compute_begin_previous = at;                      // frees the other input buffer
  std::array<Pending, 2> stores = {{{at, 0}, {at, 0}}};  // of the last two products: two output buffers
  Load loading;                                          // of product n, as far as it has begun
  bool ahead = false;                                    // it began before product n - 1 did
  // Loosely timed, who books first goes first: the result of a product is booked behind the load that began with it. A
  // group's load that is shorter than the product is over before; its next one competes with results that are ready.
  bool defers = port() == nullptr;
  for (std::uint32_t n = 0; n < job.product_count; ++n) {
    const Time load_begin = std::max(load_free, compute_begin_previous);
    wait_until(load_begin);
    if (!ahead) {
      loading = begin_load(job, n, load_begin, load_begin == load_free);
    }
    if (!send(job, loading)) {
      return no_input(job, n);
    }
    // The result of product n - 1, ready when that one ends, is booked behind the load that began with it.
    // Approximately timed, it has been under way since.
    if (defers && n > 0) {
      stores[(n - 1) % 2] = store(job, n - 1, behind(stores[n % 2], compute_free));
      if (failed(stores[(n - 1) % 2])) {
        return no_destination(job, n - 1);
      }
    }
    const Load own = loading;
    // The array idles until load n is here, so the buffer of load n + 1 is free: its reads follow without a gap.
    ahead = port() != nullptr && compute_free <= now() && n + 1 < job.product_count;
    if (ahead) {
      port()->wait_accepted(interconnect::AtPort::Channel::read, own.own);
      loading = begin_load(job, n + 1, now(), true);
    }
    load_free = arrived(own);
    if (load_free == 0) {
      return no_input(job, n);
    }
    const Time ready = std::max(compute_free, load_free);
    const Time buffer_free = settled(stores[n % 2], ready);
    if (buffer_free == 0) {
      return no_destination(job, n - 2);
    }
    const Time begin = std::max(ready, buffer_free);
    add(Counter::load_stall, ready - compute_free);
    add(Counter::store_stall, begin - ready);
    if (port() != nullptr) {
      wait_until(begin);  // converters are asked in the order of time
    }
    compute_begin_previous = begin;
    compute_free = multiply(job, n, begin);
    record.compute += compute_free - begin;
    if (n == 0 && group_.joined()) {
      const Time load_time = unit().cycle * ((job.rows + bus_word_B_ - 1) / bus_word_B_);
      defers = defers && compute_free - begin < load_time;
    }
    if (!defers || n + 1 == job.product_count) {
      stores[n % 2] = store(job, n, behind(stores[(n + 1) % 2], compute_free));
      if (failed(stores[n % 2])) {
        return no_destination(job, n);
      }
    }
  }
  const Time last = job.product_count == 0 ? at : compute_free;
  const std::array<Time, 2> ends = {settled(stores[0], last), settled(stores[1], last)};
  if (ends[0] == 0 || ends[1] == 0) {
    return no_destination(job, job.product_count - 1);
  }
  wait_until(std::max(ends[0], ends[1]));
  return {};
}

Tile::Outcome Tile::execute(const Job& queued, probe::JobRecord& record) {
  td_tile_job job{};
  std::array<std::uint8_t, sizeof(job)> raw{};
  moves(interconnect::Traffic::descriptor);
  const Time at = transfer(false, queued.address, raw, now());
  if (at == 0) {
    return {Error::bus_error, fmt::format("no memory at descriptor address {:#010x}", queued.address), false};
  }
  std::memcpy(&job, raw.data(), sizeof(job));
  begin_scope(queued, job.tag, job.layer);
  std::string problem = check(job, parameters_);
  if (problem.empty()) {
    problem = join_group(job);
  }
  if (!problem.empty()) {
    return {Error::bad_descriptor, fmt::format("descriptor at {:#010x}: {}", queued.address, problem), false};
  }
  Outcome outcome = run_job(job, at, record);
  group_.leave();  // whoever waits for a job that failed is told
  return outcome;
}

Tile::Outcome Tile::run_job(const td_tile_job& job, Time at, probe::JobRecord& record) {
  if ((job.flags & TD_TILE_STORE_PARTIAL) == 0 && !drives_lanes(job)) {
    scratch_.resize(std::size_t{job.outputs} * sizeof(td_channel));
    at = transfer(false, job.channels, scratch_, at, true);
  }
  if (at != 0 && on_lanes(job)) {
    record.fetch = at - record.begin;
    record.count = job.product_count;
    return run_lane_job(job, at, record);
  }
  if (at == 0 || !core_.compute(job, array_, event_, functional())) {
    return {Error::bus_error,
            fmt::format("no memory at the source {:#010x}, the partial sums {:#010x} or the channel table {:#010x}",
                        job.src, job.partial_src, job.channels),
            false};
  }
  at = fetch_weights(job, at);
  record.fetch = at - record.begin;
  record.count = job.product_count;
  record.period = product_time(parameters_, job.rows, std::uint32_t{job.outputs} * job.slices).total();

  if (const Outcome outcome = run_products(job, at, record); outcome.error != Error::none) {
    return outcome;
  }
  add(Counter::saturated, core_.saturated());
  if (!probe().full()) {
    dacs_.span("products", scope(), at, now());
    adcs_.span("products", scope(), at, now());
  }
  return {Error::none, {}, (job.flags & TD_TILE_INTERRUPT) != 0};
}

}  // namespace tessera::tile
