// SPDX-License-Identifier: Apache-2.0
// Where tensors and partial sums of a scheduled network lie while it runs: in SRAM, external DRAM or input buffers of
// tiles.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/compiler/emit/emitter.h"
#include "sw/compiler/emit/kept_tensors.h"
#include "sw/compiler/emit/memory_plan.h"
#include "sw/compiler/emit/schedule.h"

namespace tessera::compiler {

class TensorPlaces {
 public:
  /// @param schedule  is referred to
  /// @throws DoesNotFit  activations and partial sums need more than there is
  TensorPlaces(const Schedule& schedule, const EmitOptions& options);

  /// Bus address of a tensor. A reshape's output lies where its input does.
  [[nodiscard]] std::uint32_t address(int tensor) const { return address_of(buffer_of(tensor)); }
  /// Bus address of the int32 partial sums of a range of outputs.
  /// @param layer  index into QuantisedNetwork::layers, split along K and summed in memory
  [[nodiscard]] std::uint32_t partial_sums(std::uint32_t layer, std::uint32_t first_output) const {
    return address_of(partial_of_.at({layer, first_output}));
  }
  [[nodiscard]] std::uint64_t sram_bytes() const { return plan_.sram_bytes; }
  [[nodiscard]] std::uint64_t dram_bytes() const { return plan_.dram_bytes; }
  /// As in Emission.
  [[nodiscard]] const std::vector<std::string>& in_dram() const { return spilled_; }
  [[nodiscard]] const std::vector<KeptTensor>& kept() const { return kept_tensors_; }
  [[nodiscard]] const std::vector<std::string>& not_kept() const { return not_kept_; }

 private:
  /// Numbers the buffers. @return how long each lives
  [[nodiscard]] std::vector<Buffer> lifetimes();
  /// Tensors that share bytes: a reshape's output is its input.
  [[nodiscard]] int storage(int tensor) const;
  /// Reads of a tensor by its layers: windows that overlap, and each range of outputs, fetch again.
  void count_traffic(std::vector<Buffer>& buffers) const;
  /// Moves tensors to input buffers of tiles; in `buffers` they take no bytes any more.
  void keep(std::vector<Buffer>& buffers, bool window_reuse);
  /// Why a buffer has to lie in memory, one a buffer.
  [[nodiscard]] std::vector<std::string> obstacles(std::size_t buffers) const;
  /// What the jobs of a layer load and store. Windows count as a whole, or their new columns: padding is not left out.
  void tile_traffic(std::uint32_t step, bool window_reuse, KeptRequest& request) const;
  void place(const std::vector<Buffer>& buffers);
  [[nodiscard]] std::vector<std::string> buffer_names(std::size_t buffers) const;
  [[nodiscard]] std::size_t buffer_of(int tensor) const { return buffer_of_[static_cast<std::size_t>(tensor)]; }
  [[nodiscard]] std::uint32_t address_of(std::size_t buffer) const;

  const Schedule& schedule_;
  std::vector<std::size_t> buffer_of_;                                         ///< per tensor
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> partial_of_;  ///< (layer, first output) -> buffer
  SplitPlan plan_;
  std::vector<std::optional<KeptPlace>> kept_;  ///< per buffer
  std::vector<KeptTensor> kept_tensors_;
  std::vector<std::string> spilled_, not_kept_;
};

}  // namespace tessera::compiler
