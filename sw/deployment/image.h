// SPDX-License-Identifier: Apache-2.0
// Reads and validates a deployment image. Malformed input ends in an ImageError, never in anything else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "sw/deployment/contents.h"

namespace tessera::deployment {

/// What is wrong with an image, where, and what was expected there.
class ImageError : public std::runtime_error {
 public:
  ImageError(std::string place, std::string found, std::string wanted);
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }

 private:
  std::string where_, problem_, expected_;
};

/// One tile as far as a deployment can break it.
struct TileLimits {
  std::uint32_t rows = 65535;
  std::uint32_t pairs = 32767;
  std::uint32_t max_level = 255;
  std::uint32_t gains = 256;  ///< programmable gains; a job's gain index is below
  std::uint32_t input_buffer_bytes = 32768;
  std::uint32_t rows_per_input = 1;
  std::uint32_t columns_per_weight = 2;
  std::uint32_t references = 0;  ///< columns that a job takes behind those of its weights
};

/// What the chip offers. The defaults are the widest that the format can express.
struct Limits {
  std::vector<TileLimits> tiles = std::vector<TileLimits>(1024);
  std::uint32_t sram_bytes = 256u << 20;
  std::uint32_t dram_bytes = TD_DRAM_MOST;
  std::uint32_t dma_channels = 256;
  bool vector_present = true;
  std::uint32_t grid_columns = 0;  ///< 0: not known
};

/// A valid image.
class Image {
 public:
  /// Checks magic, version, sizes, checksums, then everything that validate() checks.
  /// @throws ImageError
  [[nodiscard]] static Image parse(std::vector<std::uint8_t> bytes, const Limits& limits = {});
  /// The same from a file. @throws ImageError, also when the file cannot be read
  [[nodiscard]] static Image load(const std::filesystem::path& path, const Limits& limits = {});

  [[nodiscard]] const td_header& header() const { return header_; }
  [[nodiscard]] const Contents& contents() const { return contents_; }
  [[nodiscard]] const std::vector<SectionPlace>& places() const { return places_; }
  [[nodiscard]] std::uint64_t platform_hash() const { return header_.platform_hash; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  /// The part that the deployment ROM holds, mapped at TD_ROM_BASE.
  [[nodiscard]] std::span<const std::uint8_t> rom() const { return bytes().first(header_.rom_bytes); }

 private:
  Image() = default;
  std::vector<std::uint8_t> bytes_;
  td_header header_{};
  Contents contents_;
  std::vector<SectionPlace> places_;
};

/// Every index, address and rectangle in range, every job inside its array and its memory, tags unique, markers
/// paired, passes counted. Used by parse(); of its own for contents that were made in memory.
/// @param places where the sections lie, for the addresses of descriptors
/// @throws ImageError
void validate(const Contents& contents, const std::vector<SectionPlace>& places, const Limits& limits);

}  // namespace tessera::deployment
