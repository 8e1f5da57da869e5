// SPDX-License-Identifier: Apache-2.0
// Payloads for non-blocking transport: reference-counted, returned to their pool when the last holder lets go, each
// with a context and a data buffer of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tlm>
#include <vector>

#include "models/interconnect/transaction_context.h"

namespace tessera::interconnect {

class PooledPayload : public tlm::tlm_generic_payload {
 public:
  explicit PooledPayload(tlm::tlm_mm_interface* pool) : tlm_generic_payload(pool) { set_extension(&context); }
  PooledPayload(const PooledPayload&) = delete;
  PooledPayload& operator=(const PooledPayload&) = delete;
  // The payload would delete its extension, which is a member.
  ~PooledPayload() override { clear_extension(&context); }

  TransactionContext context;
  std::vector<std::uint8_t> data;
};

class PayloadPool : public tlm::tlm_mm_interface {
 public:
  /// A payload with one reference, ready for a request: no byte enables, response incomplete. Its data pointer and
  /// length are the caller's to set.
  [[nodiscard]] PooledPayload& take(bool write, std::uint64_t address);
  void free(tlm::tlm_generic_payload* payload) override;
  [[nodiscard]] std::size_t in_use() const { return all_.size() - free_.size(); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }  ///< most that were ever in use at once

 private:
  std::vector<std::unique_ptr<PooledPayload>> all_;
  std::vector<PooledPayload*> free_;
};

}  // namespace tessera::interconnect
