// SPDX-License-Identifier: Apache-2.0
// Records on their way from the simulation to the writer thread: tag, then the fields as they lie in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tessera::traces {

enum class RecordTag : std::uint8_t {
  component,
  lane,
  counter_name,
  layer,
  job_name,
  call_site,
  scope,
  span_name,
  meta,
  job,
  span,
  marker,
  region,
  interrupt,
  counter,
  transaction,
  power_state,
  energy,
  energy_window,
  checkpoint,
  clear_checkpoint,
  commit
};

class ByteWriter {
 public:
  template <typename Pod>
  void put(const Pod& value) {
    static_assert(std::is_trivially_copyable_v<Pod>);
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(Pod));
    std::memcpy(&bytes_[at], &value, sizeof(Pod));
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  template <typename... Fields>
  void record(RecordTag tag, const Fields&... fields) {
    put(tag);
    (put(fields), ...);
  }
  [[nodiscard]] std::vector<char>& bytes() { return bytes_; }

 private:
  std::vector<char> bytes_;
};

/// Reads what a ByteWriter of the same process wrote, in the same order.
class ByteReader {
 public:
  explicit ByteReader(const std::vector<char>& bytes) : bytes_(bytes) {}
  [[nodiscard]] bool done() const { return at_ == bytes_.size(); }
  template <typename Pod>
  [[nodiscard]] Pod get() {
    Pod value;
    std::memcpy(&value, &bytes_[at_], sizeof(Pod));
    at_ += sizeof(Pod);
    return value;
  }
  [[nodiscard]] std::string_view text() {
    const auto size = get<std::uint32_t>();
    const std::string_view view(bytes_.data() + at_, size);
    at_ += size;
    return view;
  }

 private:
  const std::vector<char>& bytes_;
  std::size_t at_ = 0;
};

}  // namespace tessera::traces
