// SPDX-License-Identifier: Apache-2.0
// The parts of Image::parse()'s validation, in the order in which they run; each relies on those before. All throw
// ImageError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/deployment/image.h"

namespace tessera::deployment {

[[noreturn]] void fail(const std::string& where, const std::string& problem, const std::string& expected);
void require_below(const std::string& where, const char* what, std::uint64_t value, std::uint64_t limit);

/// Where the tensors and tables of a deployment may lie.
class AddressRanges {
 public:
  /// Refers to contents and limits.
  AddressRanges(const Contents& contents, const std::vector<SectionPlace>& places, const Limits& limits);

  /// The tile exists and is one of the tiles section.
  [[nodiscard]] bool listed(std::uint64_t tile) const { return tile < listed_.size() && listed_[tile]; }
  void require_listed(std::uint32_t tile, const std::string& where) const;

  [[nodiscard]] bool in_tile_buffer(std::uint64_t address, std::uint64_t bytes) const;
  [[nodiscard]] bool in_arena(std::uint64_t address, std::uint64_t bytes) const;
  [[nodiscard]] bool in_dram(std::uint64_t address, std::uint64_t bytes) const;
  /// @param what  lies there, for the report
  void writable(std::uint64_t address, std::uint64_t bytes, const std::string& where, const char* what) const;
  void readable(std::uint64_t address, std::uint64_t bytes, const std::string& where, const char* what) const;
  void channel_table(std::uint64_t address, std::uint64_t outputs, const std::string& where) const;

 private:
  const Contents& c_;
  const Limits& limits_;
  std::vector<bool> listed_;
  std::uint64_t rom_end_ = TD_ROM_BASE;
};

/// Model, tensors, tiles, regions and layers.
void validate_tables(const Contents& contents, const AddressRanges& ranges, const Limits& limits);
/// What each descriptor asks for by itself.
void validate_jobs(const Contents& contents, const AddressRanges& ranges);
/// What is started on which unit, and in which order.
void validate_commands(const Contents& contents, const std::vector<SectionPlace>& places, const AddressRanges& ranges,
                       const Limits& limits);

}  // namespace tessera::deployment
