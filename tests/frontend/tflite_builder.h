// SPDX-License-Identifier: Apache-2.0
// Small TensorFlow Lite files for tests: a minimal flatbuffers writer and the tables of the schema.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace tessera::test {

/// A flatbuffers object: a table with numbered fields, a vector of bytes, or a vector of objects.
class FlatObject {
 public:
  /// A table (the default).
  FlatObject() = default;
  /// A vector of `count` elements that are already bytes.
  static FlatObject bytes(std::size_t count, const std::string& data) {
    FlatObject object;
    object.kind_ = Kind::bytes;
    object.count_ = count;
    object.data_ = data;
    return object;
  }
  template <typename Value>
  static FlatObject vector(const std::vector<Value>& values) {
    std::string data(values.size() * sizeof(Value), '\0');
    if (!values.empty()) {
      std::memcpy(data.data(), values.data(), data.size());
    }
    return bytes(values.size(), data);
  }
  static FlatObject objects(std::vector<FlatObject> children) {
    FlatObject object;
    object.kind_ = Kind::objects;
    object.children_ = std::move(children);
    return object;
  }
  template <typename Value>
  FlatObject& scalar(int field, Value value) {
    scalars_[field].assign(sizeof(Value), '\0');
    std::memcpy(scalars_[field].data(), &value, sizeof(Value));
    return *this;
  }
  FlatObject& child(int field, FlatObject object) {
    fields_[field] = std::move(object);
    return *this;
  }

  /// Appends the object and all below it. @return where it starts
  std::size_t write(std::string& out) const {
    if (kind_ == Kind::bytes) {
      const std::size_t start = out.size();
      put<std::uint32_t>(out, static_cast<std::uint32_t>(count_));
      out += data_;
      return start;
    }
    if (kind_ == Kind::objects) {
      const std::size_t start = out.size();
      put<std::uint32_t>(out, static_cast<std::uint32_t>(children_.size()));
      out.append(4 * children_.size(), '\0');
      for (std::size_t i = 0; i < children_.size(); ++i) {
        link(out, start + 4 + 4 * i, children_[i]);
      }
      return start;
    }
    return write_table(out);
  }

 private:
  enum class Kind { table, bytes, objects };

  template <typename Value>
  static void put(std::string& out, Value value) {
    char raw[sizeof(Value)];
    std::memcpy(raw, &value, sizeof(Value));
    out.append(raw, sizeof(Value));
  }

  /// Writes the target and stores its distance at `slot`.
  static void link(std::string& out, std::size_t slot, const FlatObject& target) {
    const auto distance = static_cast<std::uint32_t>(target.write(out) - slot);
    std::memcpy(out.data() + slot, &distance, sizeof(distance));
  }

  std::size_t write_table(std::string& out) const {
    int last = -1;
    if (!scalars_.empty()) {
      last = scalars_.rbegin()->first;
    }
    if (!fields_.empty()) {
      last = std::max(last, fields_.rbegin()->first);
    }
    const std::size_t vtable = out.size();
    std::vector<std::uint16_t> offsets(static_cast<std::size_t>(last + 1), 0);
    std::uint16_t size = 4;
    std::map<int, std::size_t> slots;
    for (int field = 0; field <= last; ++field) {
      const auto scalar = scalars_.find(field);
      if (scalar == scalars_.end() && fields_.count(field) == 0) {
        continue;
      }
      offsets[static_cast<std::size_t>(field)] = size;
      slots[field] = size;
      size = static_cast<std::uint16_t>(size + (scalar == scalars_.end() ? 4 : scalar->second.size()));
    }
    put<std::uint16_t>(out, static_cast<std::uint16_t>(4 + 2 * offsets.size()));
    put<std::uint16_t>(out, size);
    for (const std::uint16_t offset : offsets) {
      put(out, offset);
    }
    const std::size_t table = out.size();
    put<std::int32_t>(out, static_cast<std::int32_t>(table - vtable));
    out.append(size - 4U, '\0');
    for (const auto& entry : scalars_) {
      std::memcpy(out.data() + table + slots.at(entry.first), entry.second.data(), entry.second.size());
    }
    for (const auto& entry : fields_) {
      link(out, table + slots.at(entry.first), entry.second);
    }
    return table;
  }

  Kind kind_ = Kind::table;
  std::size_t count_ = 0;
  std::string data_;
  std::vector<FlatObject> children_;
  std::map<int, std::string> scalars_;
  std::map<int, FlatObject> fields_;
};

class TfliteBuilder {
 public:
  enum Type : std::int8_t { kFloat32 = 0, kInt32 = 2, kUint8 = 3, kInt16 = 7, kInt8 = 9 };

  TfliteBuilder() { buffers_.emplace_back(); }  // buffer 0 is the empty one

  /// @return index of the tensor
  int tensor(const std::string& name, const std::vector<std::int32_t>& shape, Type type,
             const std::vector<float>& scale = {}, const std::vector<std::int64_t>& zero = {}, int axis = 0,
             const std::vector<std::uint8_t>& data = {}) {
    FlatObject entry;
    entry.child(0, FlatObject::vector(shape)).scalar(1, static_cast<std::int8_t>(type));
    entry.child(3, FlatObject::bytes(name.size(), name));
    if (!data.empty()) {
      entry.scalar(2, static_cast<std::uint32_t>(buffers_.size()));
      buffers_.emplace_back().child(0, FlatObject::vector(data));
    }
    if (!scale.empty()) {
      FlatObject quantisation;
      quantisation.child(2, FlatObject::vector(scale)).child(3, FlatObject::vector(zero)).scalar(6, axis);
      entry.child(4, quantisation);
    }
    tensors_.push_back(entry);
    return static_cast<int>(tensors_.size()) - 1;
  }

  template <typename Value>
  static std::vector<std::uint8_t> raw(const std::vector<Value>& values) {
    std::vector<std::uint8_t> bytes(values.size() * sizeof(Value));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
  }

  struct Option {
    int number;
    char kind;  // 'b' byte, 'i' int32, 'f' float
    double value;
  };

  void op(int builtin, const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs,
          const std::vector<Option>& options = {}) {
    codes_.emplace_back().scalar(0, static_cast<std::int8_t>(builtin > 127 ? 127 : builtin)).scalar(3, builtin);
    FlatObject table;
    for (const Option& option : options) {
      if (option.kind == 'b') {
        table.scalar(option.number, static_cast<std::int8_t>(option.value));
      }
      if (option.kind == 'i') {
        table.scalar(option.number, static_cast<std::int32_t>(option.value));
      }
      if (option.kind == 'f') {
        table.scalar(option.number, static_cast<float>(option.value));
      }
    }
    FlatObject entry;
    entry.scalar(0, static_cast<std::uint32_t>(codes_.size() - 1));
    entry.child(1, FlatObject::vector(inputs)).child(2, FlatObject::vector(outputs)).child(4, table);
    operators_.push_back(entry);
  }

  [[nodiscard]] std::string finish(const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs,
                                   int version = 3) const {
    FlatObject graph;
    graph.child(0, FlatObject::objects(tensors_)).child(1, FlatObject::vector(inputs));
    graph.child(2, FlatObject::vector(outputs)).child(3, FlatObject::objects(operators_));
    FlatObject model;
    model.scalar(0, version).child(1, FlatObject::objects(codes_));
    model.child(2, FlatObject::objects({graph})).child(4, FlatObject::objects(buffers_));
    std::string out("\0\0\0\0TFL3", 8);
    const auto root = static_cast<std::uint32_t>(model.write(out));
    std::memcpy(out.data(), &root, sizeof(root));
    return out;
  }

 private:
  std::vector<FlatObject> buffers_, tensors_, codes_, operators_;
};

}  // namespace tessera::test
