// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/protocol_state.h"

#include <fmt/format.h>

#include <utility>

namespace tessera::interconnect {
namespace {

bool known(tlm::tlm_phase phase) {
  return phase == tlm::BEGIN_REQ || phase == tlm::END_REQ || phase == tlm::BEGIN_RESP || phase == tlm::END_RESP;
}

const char* name_of(tlm::tlm_phase phase) {
  return phase == tlm::BEGIN_REQ    ? "BEGIN_REQ"
         : phase == tlm::END_REQ    ? "END_REQ"
         : phase == tlm::BEGIN_RESP ? "BEGIN_RESP"
         : phase == tlm::END_RESP   ? "END_RESP"
                                    : "a phase outside of the protocol";
}

}  // namespace

void ProtocolState::complain(std::string text) {
  if (violation) {
    violation(text);
  }
}

ProtocolState::Attributes ProtocolState::attributes_of(const Payload& payload) {
  return {payload.get_command(),     payload.get_address(),         payload.get_data_ptr(),
          payload.get_data_length(), payload.get_streaming_width(), payload.get_byte_enable_ptr()};
}

void ProtocolState::check_new(const Payload& payload, std::string_view call) {
  if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE) {
    complain(fmt::format("{}: the response status is {} before the target has seen the request", call,
                         payload.get_response_string()));
  }
  if (payload.get_data_ptr() == nullptr && payload.get_command() != tlm::TLM_IGNORE_COMMAND) {
    complain(fmt::format("{}: no data pointer", call));
  }
  if (payload.get_data_length() == 0) {
    complain(fmt::format("{}: data length 0", call));
  }
  if (payload.get_streaming_width() == 0) {
    complain(fmt::format("{}: streaming width 0", call));
  }
  if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0) {
    complain(fmt::format("{}: byte enables of length 0", call));
  }
}

void ProtocolState::check_same(const Payload& payload, const Transaction& transaction, std::string_view when) {
  if (attributes_of(payload) != transaction.attributes) {
    complain(
        fmt::format("{}: command, address, data pointer, length, streaming width or byte enables have changed "
                    "since the request",
                    when));
  }
}

void ProtocolState::check_times(std::string_view call, probe::Time called, probe::Time returned) {
  if (returned < called) {
    complain(fmt::format("{}: the annotated time went back by {} ps", call, called - returned));
  }
}

void ProtocolState::wrong_phase(std::string_view path, tlm::tlm_phase phase) {
  complain(fmt::format("{} on the {} path", name_of(phase), path));
}

void ProtocolState::request_ends(Transaction& transaction, probe::Time at) {
  transaction.stage = Stage::waiting;
  request_ = nullptr;
  request_end_ = at;
}

void ProtocolState::begin_response(const Payload& payload, Transaction& transaction, probe::Time at) {
  if (transaction.stage == Stage::requesting) {
    request_ends(transaction, at);  // an answer without END_REQ ends the request, too
  } else if (transaction.stage != Stage::waiting) {
    complain("BEGIN_RESP of a transaction whose response has begun already");
  }
  if (response_ != nullptr && response_ != &payload) {
    complain("BEGIN_RESP while the response of another transaction has not ended");
  } else if (at < response_end_) {
    complain(fmt::format("BEGIN_RESP takes effect {} ps before the last response ends", response_end_ - at));
  }
  if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
    complain("BEGIN_RESP: the response status has not been set");
  }
  transaction.stage = Stage::responding;
  response_ = &payload;
}

void ProtocolState::end_response(const Payload& payload, probe::Time at) {
  if (response_ == &payload) {
    response_ = nullptr;
    response_end_ = at;
  }
  if (request_ == &payload) {
    request_ = nullptr;
    request_end_ = at;
  }
  transactions_.erase(&payload);
}

void ProtocolState::forward_call(const Payload& payload, tlm::tlm_phase phase, probe::Time at) {
  if (!known(phase)) {
    return;  // extended phases may be ignored
  }
  const auto found = transactions_.find(&payload);
  if (phase == tlm::END_RESP) {
    if (found == transactions_.end() || found->second.stage != Stage::responding) {
      complain("END_RESP of a transaction that has no BEGIN_RESP");
    } else {
      check_same(payload, found->second, "END_RESP");
      end_response(payload, at);
    }
    return;
  }
  if (phase != tlm::BEGIN_REQ) {
    wrong_phase("forward", phase);
    return;
  }
  if (found != transactions_.end()) {
    complain("BEGIN_REQ of a transaction that is under way already");
    return;
  }
  if (request_ != nullptr) {
    complain("BEGIN_REQ while the request of another transaction has not ended");
  } else if (at < request_end_) {
    complain(fmt::format("BEGIN_REQ takes effect {} ps before the last request ends", request_end_ - at));
  }
  if (!payload.has_mm()) {
    complain("BEGIN_REQ: the payload has no memory manager");
  } else if (payload.get_ref_count() < 1) {
    complain("BEGIN_REQ: nobody holds a reference to the payload");
  }
  check_new(payload, "BEGIN_REQ");
  transactions_[&payload] = {Stage::requesting, attributes_of(payload)};
  request_ = &payload;
}

void ProtocolState::forward_return(const Payload& payload, tlm::tlm_phase before, tlm::tlm_phase after,
                                   tlm::tlm_sync_enum status, probe::Time called, probe::Time returned) {
  if (!known(before)) {
    return;
  }
  check_times("nb_transport_fw", called, returned);
  if (status == tlm::TLM_ACCEPTED) {
    if (after != before) {
      complain("nb_transport_fw returned TLM_ACCEPTED and changed the phase");
    }
    return;
  }
  if (before == tlm::END_RESP) {
    if (status == tlm::TLM_UPDATED) {
      complain("nb_transport_fw returned TLM_UPDATED to END_RESP");
    }
    return;
  }
  const auto found = transactions_.find(&payload);
  if (found == transactions_.end()) {
    return;  // it ended inside of the call
  }
  if (status == tlm::TLM_COMPLETED) {
    if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
      complain("TLM_COMPLETED: the response status has not been set");
    }
    end_response(payload, returned);
  } else if (after == tlm::END_REQ) {
    if (found->second.stage != Stage::requesting) {
      complain("END_REQ of a transaction whose request has ended already");
    }
    request_ends(found->second, returned);
  } else if (after == tlm::BEGIN_RESP) {
    begin_response(payload, found->second, returned);
  } else {
    complain(fmt::format("nb_transport_fw answered BEGIN_REQ with {}", name_of(after)));
  }
}

void ProtocolState::backward_call(const Payload& payload, tlm::tlm_phase phase, probe::Time at) {
  if (!known(phase)) {
    return;
  }
  if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) {
    wrong_phase("backward", phase);
    return;
  }
  const auto found = transactions_.find(&payload);
  if (found == transactions_.end()) {
    complain(fmt::format("{} of a transaction that is not under way", name_of(phase)));
    return;
  }
  check_same(payload, found->second, name_of(phase));
  if (phase == tlm::BEGIN_RESP) {
    begin_response(payload, found->second, at);
  } else if (found->second.stage == Stage::requesting) {
    request_ends(found->second, at);
  } else {
    complain("END_REQ of a transaction whose request has ended already");
  }
}

void ProtocolState::backward_return(const Payload& payload, tlm::tlm_phase before, tlm::tlm_phase after,
                                    tlm::tlm_sync_enum status, probe::Time called, probe::Time returned) {
  if (!known(before)) {
    return;
  }
  check_times("nb_transport_bw", called, returned);
  if (status == tlm::TLM_ACCEPTED) {
    if (after != before) {
      complain("nb_transport_bw returned TLM_ACCEPTED and changed the phase");
    }
    return;
  }
  if (before == tlm::END_REQ) {
    complain("nb_transport_bw answered END_REQ with more than TLM_ACCEPTED");
    return;
  }
  if (status == tlm::TLM_UPDATED && after != tlm::END_RESP) {
    complain(fmt::format("nb_transport_bw answered BEGIN_RESP with {}", name_of(after)));
    return;
  }
  end_response(payload, returned);
}

void ProtocolState::blocking_call(const Payload& payload) {
  if (transactions_.count(&payload) != 0) {
    complain("b_transport with a payload that is under way already");
    return;
  }
  check_new(payload, "b_transport");
  transactions_[&payload] = {Stage::blocking, attributes_of(payload)};
}

void ProtocolState::blocking_return(const Payload& payload, probe::Time called, probe::Time returned) {
  check_times("b_transport", called, returned);
  const auto found = transactions_.find(&payload);
  if (found == transactions_.end() || found->second.stage != Stage::blocking) {
    return;
  }
  check_same(payload, found->second, "b_transport");
  if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE) {
    complain("b_transport returned and the response status has not been set");
  }
  transactions_.erase(found);
}

void ProtocolState::debug_return(const Payload& payload, unsigned bytes) {
  if (bytes > payload.get_data_length()) {
    complain(fmt::format("transport_dbg returned {} bytes of {}", bytes, payload.get_data_length()));
  }
}

void ProtocolState::dmi_return(const Payload& payload, bool granted, const tlm::tlm_dmi& dmi) {
  if (dmi.get_start_address() > dmi.get_end_address()) {
    complain("get_direct_mem_ptr: the range ends before it begins");
  }
  if (!granted) {
    return;
  }
  if (dmi.get_dmi_ptr() == nullptr) {
    complain("get_direct_mem_ptr granted access without a pointer");
  }
  if (payload.get_address() < dmi.get_start_address() || payload.get_address() > dmi.get_end_address()) {
    complain("get_direct_mem_ptr granted a range that does not hold the address asked for");
  }
  if ((payload.is_read() && !dmi.is_read_allowed()) || (payload.is_write() && !dmi.is_write_allowed())) {
    complain("get_direct_mem_ptr granted something, but not the access asked for");
  }
}

}  // namespace tessera::interconnect
