// SPDX-License-Identifier: Apache-2.0
// What every memory does with a payload: checks it and copies bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <tlm>

namespace tessera::memory {

/// Copies between a payload and the bytes of a memory whose first byte has the bus address `base`.
/// @return false if the payload cannot be served; its response status then says why
[[nodiscard]] inline bool access_bytes(tlm::tlm_generic_payload& payload, std::uint64_t base,
                                       std::span<std::uint8_t> bytes, bool writable) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length();
  if (address < base || address - base > bytes.size() || length > bytes.size() - (address - base)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return false;
  }
  if (payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return false;
  }
  if (payload.get_streaming_width() < length) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return false;
  }
  std::uint8_t* at = bytes.data() + (address - base);
  if (payload.is_read()) {
    std::memcpy(payload.get_data_ptr(), at, length);
  } else if (payload.is_write() && writable) {
    std::memcpy(at, payload.get_data_ptr(), length);
  } else if (payload.is_write()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return false;
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  return true;
}

}  // namespace tessera::memory
