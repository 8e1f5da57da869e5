// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/constant.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace tessera::compiler::onnx_import {

double Constant::as_double(std::int64_t index) const {
  const auto i = static_cast<std::size_t>(index);
  return integer ? static_cast<double>(integers[i]) : static_cast<double>(reals[i]);
}

std::int64_t element_count(const std::vector<std::int64_t>& dims, std::int64_t limit) {
  std::int64_t count = 1;
  for (const std::int64_t size : dims) {
    if (size < 0) {
      throw Malformed(fmt::format("shape {} has a negative size", to_text(dims)));
    }
    if (size != 0 && count > limit / size) {
      throw Malformed(fmt::format("shape {} exceeds {} elements", to_text(dims), limit));
    }
    count *= size;
  }
  return count;
}

namespace {

/// Element i of little-endian raw data.
template <typename Element, typename Value>
void take_raw(const std::string& raw, std::vector<Value>& destination) {
  for (std::size_t i = 0; i < destination.size(); ++i) {
    Element element;
    std::memcpy(&element, raw.data() + i * sizeof(Element), sizeof(Element));
    destination[i] = static_cast<Value>(element);
  }
}

template <typename Element, typename Value, typename Field>
void take(const onnx::TensorProto& proto, const Field& field, std::vector<Value>& destination) {
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != destination.size() * sizeof(Element)) {
      throw Malformed(fmt::format("tensor '{}' has {} bytes of data, expected {}", proto.name(),
                                  proto.raw_data().size(), destination.size() * sizeof(Element)));
    }
    take_raw<Element>(proto.raw_data(), destination);
    return;
  }
  if (static_cast<std::size_t>(field.size()) != destination.size()) {
    throw Malformed(
        fmt::format("tensor '{}' has {} values, its shape needs {}", proto.name(), field.size(), destination.size()));
  }
  for (std::size_t i = 0; i < destination.size(); ++i) {
    destination[i] = static_cast<Value>(field[static_cast<int>(i)]);
  }
}

}  // namespace

std::optional<std::string> external_location(const onnx::TensorProto& proto) {
  if (proto.data_location() != onnx::TensorProto::EXTERNAL) {
    return std::nullopt;
  }
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") {
      return entry.value();
    }
  }
  return "(no location given)";
}

Constant read_constant(const onnx::TensorProto& proto) {
  if (const auto location = external_location(proto)) {
    throw NotSupported(fmt::format("the values of tensor '{}' are in the external file '{}'", proto.name(), *location));
  }
  if (proto.has_segment()) {
    throw NotSupported(fmt::format("tensor '{}' is stored in segments", proto.name()));
  }
  const std::set<int> known{onnx::TensorProto::FLOAT, onnx::TensorProto::DOUBLE, onnx::TensorProto::INT64,
                            onnx::TensorProto::INT32, onnx::TensorProto::INT16,  onnx::TensorProto::UINT16,
                            onnx::TensorProto::INT8,  onnx::TensorProto::UINT8,  onnx::TensorProto::BOOL};
  const int type = proto.data_type();
  if (known.count(type) == 0) {
    const std::string type_name = onnx::TensorProto::DataType_IsValid(type)
                                      ? onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type))
                                      : std::to_string(type);
    throw NotSupported(fmt::format("tensor '{}' has element type {}", proto.name(), type_name));
  }
  Constant constant;
  constant.dims.assign(proto.dims().begin(), proto.dims().end());
  // Data bounds the size: each element takes at least one byte of the file, so a forged shape cannot exhaust memory.
  const auto stored = static_cast<std::int64_t>(proto.raw_data().size()) + proto.float_data_size() +
                      proto.double_data_size() + proto.int32_data_size() + proto.int64_data_size();
  const std::int64_t count = element_count(constant.dims, kMaxElements);
  if (count > stored) {
    throw Malformed(fmt::format("tensor '{}' has shape {} but only {} bytes or values of data", proto.name(),
                                to_text(constant.dims), stored));
  }
  const auto size = static_cast<std::size_t>(count);
  constant.integer = type != onnx::TensorProto::FLOAT && type != onnx::TensorProto::DOUBLE;
  if (constant.integer) {
    constant.integers.resize(size);
  } else {
    constant.reals.resize(size);
  }
  switch (type) {
    case onnx::TensorProto::FLOAT:
      take<float>(proto, proto.float_data(), constant.reals);
      break;
    case onnx::TensorProto::DOUBLE:
      take<double>(proto, proto.double_data(), constant.reals);
      break;
    case onnx::TensorProto::INT64:
      take<std::int64_t>(proto, proto.int64_data(), constant.integers);
      break;
    case onnx::TensorProto::INT32:
      take<std::int32_t>(proto, proto.int32_data(), constant.integers);
      break;
    case onnx::TensorProto::INT16:
      take<std::int16_t>(proto, proto.int32_data(), constant.integers);
      break;
    case onnx::TensorProto::UINT16:
      take<std::uint16_t>(proto, proto.int32_data(), constant.integers);
      break;
    case onnx::TensorProto::INT8:
      take<std::int8_t>(proto, proto.int32_data(), constant.integers);
      break;
    default:  // UINT8 and BOOL
      take<std::uint8_t>(proto, proto.int32_data(), constant.integers);
      break;
  }
  return constant;
}

std::size_t normal_axis(std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    throw Malformed(fmt::format("axis {} is outside a tensor of {} dimensions", axis, rank));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::int64_t broadcast_offset(std::int64_t index, const std::vector<std::int64_t>& dims,
                              const std::vector<std::int64_t>& operand_dims) {
  std::int64_t offset = 0;
  std::int64_t stride = 1;
  std::size_t operand_axis = operand_dims.size();
  for (std::size_t axis = dims.size(); axis-- > 0 && operand_axis > 0;) {
    const std::int64_t position = index % dims[axis];
    index /= dims[axis];
    --operand_axis;
    if (operand_dims[operand_axis] != 1) {
      offset += position * stride;
    }
    stride *= operand_dims[operand_axis];
  }
  return offset;
}

std::vector<std::int64_t> broadcast_dims(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  std::vector<std::int64_t> result(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t from_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t from_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      throw Malformed(fmt::format("shapes {} and {} do not broadcast", to_text(a), to_text(b)));
    }
    result[rank - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return result;
}

std::string to_text(const std::vector<std::int64_t>& dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

}  // namespace tessera::compiler::onnx_import
