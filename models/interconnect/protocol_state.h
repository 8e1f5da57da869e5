// SPDX-License-Identifier: Apache-2.0
// The rules of the TLM-2.0 base protocol (IEEE 1666-2011, clauses 11 and 14 to 16) for one hop between an initiator
// socket and a target socket: what has been seen, and what may come next.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tlm>
#include <unordered_map>

#include "models/probe/probe.h"

namespace tessera::interconnect {

class ProtocolState {
 public:
  using Payload = tlm::tlm_generic_payload;

  std::function<void(const std::string& what)> violation;

  // Non-blocking transport: a call enters, then returns. Times are kernel time plus annotated delay [ps].
  void forward_call(const Payload& payload, tlm::tlm_phase phase, probe::Time at);
  void forward_return(const Payload& payload, tlm::tlm_phase before, tlm::tlm_phase after, tlm::tlm_sync_enum status,
                      probe::Time called, probe::Time returned);
  void backward_call(const Payload& payload, tlm::tlm_phase phase, probe::Time at);
  void backward_return(const Payload& payload, tlm::tlm_phase before, tlm::tlm_phase after, tlm::tlm_sync_enum status,
                       probe::Time called, probe::Time returned);

  // Blocking transport, debug and direct memory access.
  void blocking_call(const Payload& payload);
  void blocking_return(const Payload& payload, probe::Time called, probe::Time returned);
  void debug_return(const Payload& payload, unsigned bytes);
  void dmi_return(const Payload& payload, bool granted, const tlm::tlm_dmi& dmi);

  [[nodiscard]] std::size_t under_way() const { return transactions_.size(); }

 private:
  enum class Stage : std::uint8_t { requesting, waiting, responding, blocking };
  /// What neither side may change while a transaction is under way.
  struct Attributes {
    tlm::tlm_command command;
    sc_dt::uint64 address;
    const unsigned char* data;
    unsigned length;
    unsigned streaming_width;
    const unsigned char* byte_enables;
    bool operator==(const Attributes&) const = default;
  };
  struct Transaction {
    Stage stage;
    Attributes attributes;
  };

  [[nodiscard]] static Attributes attributes_of(const Payload& payload);
  void check_new(const Payload& payload, std::string_view call);
  void check_same(const Payload& payload, const Transaction& transaction, std::string_view when);
  void check_times(std::string_view call, probe::Time called, probe::Time returned);
  void request_ends(Transaction& transaction, probe::Time at);
  void begin_response(const Payload& payload, Transaction& transaction, probe::Time at);
  void end_response(const Payload& payload, probe::Time at);
  void wrong_phase(std::string_view path, tlm::tlm_phase phase);
  void complain(std::string text);

  std::unordered_map<const Payload*, Transaction> transactions_;
  const Payload* request_ = nullptr;   ///< between BEGIN_REQ and its end
  const Payload* response_ = nullptr;  ///< between BEGIN_RESP and its end
  probe::Time request_end_ = 0, response_end_ = 0;
};

}  // namespace tessera::interconnect
