// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/flatbuffer.h"

#include <fmt/format.h>

#include "sw/compiler/import/node_reader.h"

namespace tessera::compiler::flatbuffer {

void Bytes::check(std::size_t offset, std::size_t size) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) {
    throw onnx_import::Malformed(
        fmt::format("byte {}: an offset leads outside the file of {} bytes", offset, bytes_.size()));
  }
}

std::size_t Bytes::follow(std::size_t offset) const {
  return offset + read<std::uint32_t>(offset);
}

std::string_view Bytes::range(std::size_t offset, std::size_t size) const {
  check(offset, size);
  return bytes_.substr(offset, size);
}

Table::Table(const Bytes& bytes, std::size_t offset) : bytes_(&bytes), offset_(offset) {
  const auto back = static_cast<std::int64_t>(bytes.read<std::int32_t>(offset));
  const std::int64_t vtable = static_cast<std::int64_t>(offset) - back;
  if (vtable < 0) {
    throw onnx_import::Malformed(fmt::format("byte {}: a table without a description", offset));
  }
  vtable_ = static_cast<std::size_t>(vtable);
  vtable_size_ = bytes.read<std::uint16_t>(vtable_);
  static_cast<void>(bytes.range(vtable_, vtable_size_));
}

std::size_t Table::position(int field) const {
  const std::size_t entry = 4 + 2 * static_cast<std::size_t>(field);
  if (entry + 2 > vtable_size_) {
    return 0;
  }
  const std::size_t relative = bytes_->read<std::uint16_t>(vtable_ + entry);
  return relative == 0 ? 0 : offset_ + relative;
}

Table::Extent Table::vector(int field, std::size_t element_size) const {
  const std::size_t at = position(field);
  if (at == 0) {
    return {0, 0};
  }
  const std::size_t start = bytes_->follow(at);
  const std::size_t count = bytes_->read<std::uint32_t>(start);
  static_cast<void>(bytes_->range(start + 4, count * element_size));  // 32-bit count: the product cannot overflow
  return {start + 4, count};
}

std::string Table::text(int field) const {
  return std::string(data(field));
}

std::string_view Table::data(int field) const {
  const Extent extent = vector(field, 1);
  return bytes_->range(extent.start, extent.count);
}

std::optional<Table> Table::table(int field) const {
  const std::size_t at = position(field);
  if (at == 0) {
    return std::nullopt;
  }
  return Table(*bytes_, bytes_->follow(at));
}

std::vector<Table> Table::tables(int field) const {
  const Extent extent = vector(field, 4);
  std::vector<Table> result;
  result.reserve(extent.count);
  for (std::size_t i = 0; i < extent.count; ++i) {
    result.emplace_back(*bytes_, bytes_->follow(extent.start + 4 * i));
  }
  return result;
}

}  // namespace tessera::compiler::flatbuffer
