// SPDX-License-Identifier: Apache-2.0
// One AIMC tile: a job unit whose jobs are products of a flash array (docs/architecture.md, "Job units").
//
// Pipeline of a job, one product k at a time: load k (load-store unit, two input buffers) | multiply k (DACs settle,
// currents integrate, ADCs convert, post stage) | store k (two output buffers). Products of one tile do not overlap;
// loads and stores overlap them.
// Not modelled: the source tensor changing while a job runs (it is read as it was when the job began); a stored byte is
// visible to others up to one product before the time at which its bus transfer is booked.
#pragma once

#include <cstdint>
#include <vector>

#include "models/converter/converter_bank.h"
#include "models/interconnect/calendar.h"
#include "models/job_unit/job_unit.h"
#include "models/job_unit/rendezvous.h"
#include "models/lanes/analog_lanes.h"
#include "models/tile/cost.h"
#include "models/tile/flash_unit.h"
#include "models/tile/job_core.h"

namespace tessera::tile {

/// The channel over which digital tiles fetch weights from outside the chip; they wait for each other.
struct WeightChannel {
  interconnect::Calendar calendar;
  probe::ComponentId component;
};

/// Bytes that did not have to move over the bus, by the reason.
struct SavedBytes {
  std::uint64_t window = 0;     ///< columns of a window that the input buffer still held
  std::uint64_t multicast = 0;  ///< inputs that came with another tile's
  std::uint64_t kept = 0;       ///< results left in, and inputs found in, the tile's own input buffer
};

class Tile : public job_unit::JobUnit {
 public:
  /// @param base   bus address of the tile's 64 KiB aperture
  /// @param cycle  of the bus clock [ps]
  /// @param array  the tile's cells; must outlive the tile
  Tile(const sc_core::sc_module_name& name, const TileParameters& parameters, std::uint32_t base,
       std::uint32_t bus_word_B, probe::Time cycle, analog::Array& array, converter::ConverterBank& dacs,
       converter::ConverterBank& adcs, probe::Probe& probe);

  /// A digital tile whose weights come from outside the chip needs one. It must outlive the tile.
  void fetch_weights_from(WeightChannel& channel) { weight_channel_ = &channel; }
  /// The lanes of the tile's grid column; without them jobs that sum on lanes are refused. They must outlive the tile.
  void sum_on(lanes::AnalogLanes& column_lanes) { lanes_ = &column_lanes; }
  /// Where its multicast jobs meet those of other tiles; without it they are refused. It must outlive the tile.
  void multicast_in(job_unit::Rendezvous& groups) { multicast_groups_ = &groups; }
  [[nodiscard]] const SavedBytes& saved() const { return saved_; }
  [[nodiscard]] std::uint64_t event() const { return event_; }
  /// Erase, program, verify; its cells are what a chip file keeps.
  [[nodiscard]] FlashUnit& flash() { return flash_; }
  [[nodiscard]] const TrimBank& trims() const { return trims_; }

 private:
  Outcome execute(const Job& job, probe::JobRecord& record) override;
  void soft_reset() override;
  void powered_off() override;
  [[nodiscard]] bool occupied() const override { return flash_.busy(); }
  std::uint32_t read_register(std::uint32_t offset) override;
  void write_register(std::uint32_t offset, std::uint32_t value) override;
  bool access_buffer(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay, bool debug) override;

  [[nodiscard]] bool in_own_buffer(std::uint32_t address, std::uint64_t bytes) const;
  /// Reads under way for one product.
  struct Load {
    probe::Time at = 0;                      ///< loosely timed: their end; 0 after a bus error
    interconnect::AtPort* sender = nullptr;  ///< approximately timed: whose port brings the input vector
    Ticket input = 0;                        ///< approximately timed: the sender's last read
    Ticket own = 0;                          ///< approximately timed: this tile's last read
    std::uint32_t n = 0;
    bool sent = false;
  };
  /// Bytes that product n needs and the input buffer does not hold yet; their runs are in runs_.
  std::uint64_t plan_input(const td_tile_job& job, std::uint32_t n);
  [[nodiscard]] probe::Time fetch_input(const td_tile_job& job, std::uint32_t n, probe::Time at, bool& pipelined);
  [[nodiscard]] probe::Time fetch_partial(const td_tile_job& job, std::uint32_t n, probe::Time at, bool pipelined);
  /// Sends the reads of everything that product n needs, of a job that is in no group. @return as fetch()
  [[nodiscard]] probe::Time load(const td_tile_job& job, std::uint32_t n, probe::Time at, bool pipelined);
  /// The input buffer of product n is free at `at`: sends its reads, or says so to its group.
  [[nodiscard]] Load begin_load(const td_tile_job& job, std::uint32_t n, probe::Time at, bool pipelined);
  /// Waits for the others of the group, so that the reads have been sent. @return false after an error
  [[nodiscard]] bool send(const td_tile_job& job, Load& load);
  /// Waits for the bytes. @return their arrival, or 0 after an error
  [[nodiscard]] probe::Time arrived(const Load& load);
  [[nodiscard]] std::string join_group(const td_tile_job& job);
  [[nodiscard]] Outcome no_input(const td_tile_job& job, std::uint32_t n) const;
  [[nodiscard]] probe::Time fetch_weights(const td_tile_job& job, probe::Time at);
  [[nodiscard]] probe::Time multiply(const td_tile_job& job, std::uint32_t n, probe::Time at);
  [[nodiscard]] Pending store(const td_tile_job& job, std::uint32_t n, probe::Time at);
  /// Load, multiply and store, overlapped; the job's tables are there at `at`.
  [[nodiscard]] Outcome run_job(const td_tile_job& job, probe::Time at, probe::JobRecord& record);
  [[nodiscard]] Outcome run_products(const td_tile_job& job, probe::Time at, probe::JobRecord& record);
  [[nodiscard]] static Outcome no_source(const td_tile_job& job, std::uint32_t n);
  [[nodiscard]] static Outcome no_destination(const td_tile_job& job, std::uint32_t n);
  /// What a product costs up to its column currents.
  void book_analog(const ProductEnergy& energy, const analog::Activity& activity, probe::Time settled,
                   probe::Time integrated);

  // --- jobs that sum on analog lanes (tile_lanes.cpp)
  [[nodiscard]] Outcome run_lane_job(const td_tile_job& job, probe::Time at, probe::JobRecord& record);
  [[nodiscard]] Outcome run_lane_products(const td_tile_job& job, probe::Time at, lanes::AnalogLanes::Part& part,
                                          probe::JobRecord& record);
  /// @return end of the product: for the lanes, or for the post stage of the job that collects; 0: no sum, see `why`
  [[nodiscard]] probe::Time sum_product(const td_tile_job& job, std::uint32_t n, probe::Time at,
                                        lanes::AnalogLanes::Part& part, std::string& why);

  // --- flash commands (tile_flash.cpp), in a thread of their own
  struct FlashEnd {
    FlashUnit::Error error = FlashUnit::Error::none;
    std::string reason;
  };
  void write_flash(std::uint32_t offset, std::uint32_t value);
  void run_flash();
  [[nodiscard]] FlashEnd erase_rows();
  [[nodiscard]] FlashEnd program_rows();
  [[nodiscard]] FlashEnd verify_rows();
  [[nodiscard]] bool fetch_image(std::uint32_t row, std::vector<std::uint8_t>& image);
  void raise_high_voltage(probe::Cause cause);

  TileParameters parameters_;
  std::uint32_t bus_word_B_;
  analog::Array& array_;
  converter::ConverterBank& dacs_;
  converter::ConverterBank& adcs_;
  probe::ComponentId array_component_;  ///< cells, or the weight memory of a digital tile
  probe::ComponentId frontend_component_, digital_component_;
  WeightChannel* weight_channel_ = nullptr;
  lanes::AnalogLanes* lanes_ = nullptr;
  TrimBank trims_;
  JobCore core_;
  std::vector<std::uint8_t> input_buffer_;
  std::vector<std::uint8_t> scratch_;
  std::vector<Run> runs_;
  job_unit::Rendezvous* multicast_groups_ = nullptr;
  job_unit::Rendezvous::Member group_;  ///< of the multicast job under way
  SavedBytes saved_;
  FlashUnit flash_;
  probe::ComponentId flash_component_;
  probe::CallSiteId flash_site_ = 0;
  std::uint64_t event_ = 0;
  std::uint32_t event_high_ = 0;
};

}  // namespace tessera::tile
