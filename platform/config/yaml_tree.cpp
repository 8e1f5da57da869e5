// SPDX-License-Identifier: Apache-2.0
#include "platform/config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <map>
#include <set>
#include <stdexcept>
#include <streambuf>

namespace tessera::platform {
namespace {

/// Stops yaml-cpp from inside an event; the message has been recorded.
struct Stop : std::runtime_error {
  Stop() : std::runtime_error("stopped") {}
};

class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) : copy_(text) {
    setg(copy_.data(), copy_.data(), copy_.data() + copy_.size());
  }

 private:
  std::string copy_;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Origin& origin, Diagnostics& diagnostics) : origin_(origin), diagnostics_(diagnostics) {}

  [[nodiscard]] const YamlUse& root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    begin_node(mark, "", anchor, YamlNode::Kind::null);
    end_node();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlNode& node = begin_node(mark, tag, anchor, YamlNode::Kind::scalar);
    node.text = text;
    node.quoted = tag == "!";
    end_node();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin_node(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { end_node(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin_node(mark, tag, anchor, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { end_node(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail(mark, "the alias stands inside the very value it names", "a value without itself in it");
    }
    YamlUse use{found->second, mark.line + 1, mark.column + 1, true};
    deliver(std::move(use));
  }

 private:
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    YamlUse key;
    std::map<std::string, std::pair<int, int>> seen;
  };

  Origin place(int line, int column) const {
    Origin origin = origin_;
    origin.line = line;
    origin.column = column;
    return origin;
  }
  [[noreturn]] void fail(const YAML::Mark& mark, std::string problem, std::string expected) {
    diagnostics_.add({place(mark.line + 1, mark.column + 1), "", std::move(problem), std::move(expected)});
    throw Stop();
  }

  YamlNode& begin_node(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      fail(mark, fmt::format("tag '{}'", tag), "a value without a tag");
    }
    if (stack_.size() >= static_cast<std::size_t>(yaml_depth_limit)) {
      fail(mark, fmt::format("nested more than {} deep", yaml_depth_limit), "sections of a platform file");
    }
    Frame frame;
    frame.node = std::make_shared<YamlNode>();
    frame.node->kind = kind;
    frame.node->line = mark.line + 1;
    frame.node->column = mark.column + 1;
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
    return *stack_.back().node;
  }

  void end_node() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) {
      anchors_[frame.anchor] = frame.node;
    }
    const int line = frame.node->line;
    const int column = frame.node->column;
    deliver({std::move(frame.node), line, column, false});
  }

  void deliver(YamlUse use) {
    if (stack_.empty()) {
      root_ = std::move(use);
      return;
    }
    Frame& parent = stack_.back();
    if (parent.node->kind == YamlNode::Kind::sequence) {
      parent.node->items.push_back({std::move(use)});
    } else if (!parent.has_key) {
      parent.key = std::move(use);
      parent.has_key = true;
    } else {
      parent.has_key = false;
      add_entry(parent, std::move(use));
    }
  }

  /// Names of the sections that are open around the innermost mapping, each with a dot behind it.
  [[nodiscard]] std::string section_path() const {
    std::string path;
    for (const Frame& frame : stack_) {
      if (frame.has_key && frame.key.node->kind == YamlNode::Kind::scalar) {
        path += frame.key.node->text + ".";
      }
    }
    return path;
  }

  void add_entry(Frame& parent, YamlUse value) {
    const YamlUse key = std::move(parent.key);
    if (key.node->kind != YamlNode::Kind::scalar || key.node->text.empty()) {
      diagnostics_.add({place(key.line, key.column), "", "a key that is not a name", "key: value"});
      return;
    }
    const std::string& name = key.node->text;
    const std::string path = section_path() + name;
    if (name == "<<" && !key.node->quoted) {
      diagnostics_.add({place(key.line, key.column), path, "merge keys are not supported",
                        "the keys themselves, or an alias as the whole value of a section"});
      return;
    }
    const auto [first, fresh] = parent.seen.emplace(name, std::pair{key.line, key.column});
    if (!fresh) {
      diagnostics_.add({place(key.line, key.column), path,
                        fmt::format("given twice, first at {}:{}", first->second.first, first->second.second),
                        "each key once in its section"});
      return;
    }
    // yaml-cpp places a missing value at whatever follows; the key is where the user looks.
    if (value.node->kind == YamlNode::Kind::null && !value.alias) {
      value.line = key.line;
      value.column = key.column;
    }
    parent.node->entries.push_back({name, key.line, key.column, std::move(value)});
  }

  const Origin& origin_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  YamlUse root_;
};

/// Bytes of the well-formed UTF-8 character that starts at `text[i]`; 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(i + k < text.size() ? text[i + k] : 0); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0u) != 0x80u) {
      return 0;
    }
  }
  return length;
}

/// Text that a person can have written: UTF-8 without control characters. Else the place of the first other byte.
bool check_text(std::string_view text, const Origin& origin, Diagnostics& diagnostics) {
  if (text.size() > yaml_size_limit) {
    diagnostics.add({origin, "", fmt::format("{} bytes are too many for a platform file", text.size()),
                     fmt::format("at most {} bytes of YAML", yaml_size_limit)});
    return false;
  }
  Origin place = origin;
  place.line = 1;
  place.column = 1;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const bool control = (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
    if (length == 0 || control) {
      diagnostics.add({place, "", fmt::format("byte 0x{:02X}: this is not a text file", static_cast<unsigned>(c)),
                       "YAML in UTF-8"});
      return false;
    }
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
    i += length;
  }
  return true;
}

}  // namespace

YamlUse parse_yaml(std::string_view text, const Origin& origin, Diagnostics& diagnostics) {
  if (!check_text(text, origin, diagnostics)) {
    return {};
  }
  Builder builder(origin, diagnostics);
  const auto broken = [&](int line, int column, const std::string& problem) {
    Origin place = origin;
    place.line = line;
    place.column = column;
    diagnostics.add({place, "", "not readable as YAML: " + problem, "key: value lines, indented by spaces"});
    return YamlUse{};
  };
  try {
    TextBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      YamlUse empty{std::make_shared<YamlNode>(), 1, 1, false};
      return empty;
    }
    YamlUse root = builder.root();
    Builder second(origin, diagnostics);
    if (parser.HandleNextDocument(second)) {
      return broken(second.root().line, second.root().column, "a second document");
    }
    return root;
  } catch (const Stop&) {
    return {};
  } catch (const YAML::Exception& error) {
    const bool placed = !error.mark.is_null();
    return broken(placed ? error.mark.line + 1 : 0, placed ? error.mark.column + 1 : 0, error.msg);
  } catch (const std::exception& error) {
    return broken(0, 0, error.what());
  }
}

}  // namespace tessera::platform
