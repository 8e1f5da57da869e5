// SPDX-License-Identifier: Apache-2.0
#include "platform/config/read_value.h"

#include <algorithm>

namespace tessera::platform {
namespace {

/// A scalar as it may stand in a message: short and on one line.
std::string quoted(const std::string& text) {
  constexpr std::size_t longest = 40;
  std::string shown = text.substr(0, longest);
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  // Do not cut a UTF-8 character.
  while (text.size() > longest && !shown.empty() && (static_cast<unsigned char>(shown.back()) & 0x80u) != 0) {
    shown.pop_back();
  }
  return "'" + shown + (text.size() > longest ? "..." : "") + "'";
}

bool is_plain(const YamlNode& node, std::string& problem) {
  if (node.kind != YamlNode::Kind::scalar) {
    problem = describe(node);
    return false;
  }
  if (node.quoted) {
    problem = quoted(node.text) + " in quotes is text";
    return false;
  }
  return true;
}

std::optional<Value> read_whole(const Key& key, const YamlNode& node, std::string& problem) {
  if (key.kind == Key::Kind::whole_or_exact && node.text == "exact") {
    return Value(std::string("exact"));
  }
  const Whole whole = parse_whole(node.text);
  switch (whole.status) {
    case Whole::Status::not_a_number:
      problem = quoted(node.text) + " is not a number";
      return std::nullopt;
    case Whole::Status::not_whole:
      problem = node.text + " is not a whole number";
      return std::nullopt;
    case Whole::Status::negative:
    case Whole::Status::too_large:
      problem = node.text + " is out of range";
      return std::nullopt;
    case Whole::Status::good:
      break;
  }
  const auto low = static_cast<std::uint64_t>(key.low);
  const auto high = static_cast<std::uint64_t>(key.high);
  // A key without limits takes every 64-bit number.
  if (high != 0 && (whole.value < low || whole.value > high)) {
    problem = node.text + " is out of range";
    return std::nullopt;
  }
  if (key.extra == Key::Extra::even && whole.value % 2 != 0) {
    problem = node.text + " is odd";
    return std::nullopt;
  }
  if (key.extra == Key::Extra::power_of_two && (whole.value & (whole.value - 1)) != 0) {
    problem = node.text + " is not a power of two";
    return std::nullopt;
  }
  return Value(whole.value);
}

std::optional<double> read_real(const Key& key, const std::string& text, std::string& problem) {
  const std::optional<double> number = parse_real(text);
  if (!number) {
    problem = quoted(text) + " is not a number";
    return std::nullopt;
  }
  if (*number < key.low || *number > key.high || (key.above && *number <= key.low)) {
    problem = text + " is out of range";
    return std::nullopt;
  }
  return *number == 0 ? 0.0 : *number;  // no negative zero
}

std::optional<Value> read_list(const Key& key, const YamlNode& node, std::string& problem) {
  if (node.kind != YamlNode::Kind::sequence) {
    problem = describe(node) + " is not a list";
    return std::nullopt;
  }
  if (node.items.size() < key.shortest || node.items.size() > key.longest) {
    problem = "a list of " + std::to_string(node.items.size());
    return std::nullopt;
  }
  std::vector<double> numbers;
  for (const YamlNode::Item& item : node.items) {
    if (!is_plain(*item.value.node, problem)) {
      return std::nullopt;
    }
    const std::optional<double> number = read_real(key, item.value.node->text, problem);
    if (!number) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return Value(std::move(numbers));
}

}  // namespace

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return quoted(node.text);
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::mapping:
      return "a section";
  }
  return "";
}

std::optional<Value> read_value(const Key& key, const YamlNode& node, std::string& problem) {
  if (key.kind == Key::Kind::reals) {
    return read_list(key, node, problem);
  }
  if (node.kind != YamlNode::Kind::scalar) {
    problem = describe(node) + (node.kind == YamlNode::Kind::null ? " after the colon" : " where a value belongs");
    return std::nullopt;
  }
  if (key.kind == Key::Kind::choice) {
    if (std::find(key.choices.begin(), key.choices.end(), node.text) != key.choices.end()) {
      return Value(node.text);
    }
    problem = quoted(node.text);
    return std::nullopt;
  }
  if (!is_plain(node, problem)) {
    return std::nullopt;
  }
  if (key.kind == Key::Kind::boolean) {
    if (node.text == "true" || node.text == "false") {
      return Value(node.text == "true");
    }
    problem = quoted(node.text);
    return std::nullopt;
  }
  if (key.kind == Key::Kind::real) {
    const std::optional<double> number = read_real(key, node.text, problem);
    if (!number) {
      return std::nullopt;
    }
    return Value(*number);
  }
  return read_whole(key, node, problem);
}

}  // namespace tessera::platform
