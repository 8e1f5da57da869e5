// SPDX-License-Identifier: Apache-2.0
// Reading flatbuffers without generated code: every access is bounds-checked, so a damaged file can only be refused.
// Layout: https://flatbuffers.dev/internals (tables, vtables, vectors; little-endian offsets).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::compiler::flatbuffer {

/// A bounded byte range. @throws onnx_import::Malformed on any access outside
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  template <typename Value>
  [[nodiscard]] Value read(std::size_t offset) const {
    static_assert(std::is_arithmetic_v<Value>);
    check(offset, sizeof(Value));
    Value value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(Value));
    return value;
  }
  /// Where the unsigned offset stored at `offset` leads.
  [[nodiscard]] std::size_t follow(std::size_t offset) const;
  [[nodiscard]] std::string_view range(std::size_t offset, std::size_t size) const;

 private:
  void check(std::size_t offset, std::size_t size) const;
  std::string_view bytes_;
};

class Table {
 public:
  Table(const Bytes& bytes, std::size_t offset);
  /// The table that the file's root offset leads to.
  static Table root(const Bytes& bytes) { return {bytes, bytes.follow(0)}; }

  // Fields by their number in the schema; an absent one gives the fallback, an empty list or nothing.
  template <typename Value>
  [[nodiscard]] Value value(int field, Value fallback) const {
    const std::size_t at = position(field);
    return at == 0 ? fallback : bytes_->read<Value>(at);
  }
  template <typename Value>
  [[nodiscard]] std::vector<Value> values(int field) const {
    const auto [start, count] = vector(field, sizeof(Value));
    std::vector<Value> result;
    result.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      result.push_back(bytes_->read<Value>(start + i * sizeof(Value)));
    }
    return result;
  }
  [[nodiscard]] std::string text(int field) const;
  [[nodiscard]] std::string_view data(int field) const;
  [[nodiscard]] std::optional<Table> table(int field) const;
  [[nodiscard]] std::vector<Table> tables(int field) const;

 private:
  struct Extent {
    std::size_t start;
    std::size_t count;
  };
  /// Of the field's bytes; 0 if it is absent.
  [[nodiscard]] std::size_t position(int field) const;
  [[nodiscard]] Extent vector(int field, std::size_t element_size) const;

  const Bytes* bytes_;
  std::size_t offset_;
  std::size_t vtable_;
  std::size_t vtable_size_;
};

}  // namespace tessera::compiler::flatbuffer
