// SPDX-License-Identifier: Apache-2.0
#include "platform/config/yaml_tree.h"

#include "tests/config/support.h"

namespace tessera::platform {
namespace {

struct Parsed {
  YamlUse root;
  std::vector<std::string> errors;
};

Parsed parse(const std::string& text) {
  Origin origin;
  origin.kind = Origin::Kind::file;
  origin.source = "f";
  Diagnostics diagnostics;
  Parsed parsed;
  parsed.root = parse_yaml(text, origin, diagnostics);
  for (const Diagnostic& one : diagnostics.list()) parsed.errors.push_back(one.text());
  return parsed;
}

std::string only_error(const std::string& text) {
  const Parsed parsed = parse(text);
  return parsed.errors.size() == 1 ? parsed.errors[0] : std::to_string(parsed.errors.size()) + " errors";
}

TEST(YamlTree, KeepsOrderAndPlaces) {
  const Parsed parsed = parse("a: 1\nb:\n  c: [x, 'y']\n");
  ASSERT_TRUE(parsed.errors.empty());
  const YamlNode& root = *parsed.root.node;
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].key, "a");
  EXPECT_EQ(root.entries[0].value.line, 1);
  EXPECT_EQ(root.entries[0].value.column, 4);
  const YamlNode& list = *root.entries[1].value.node->entries[0].value.node;
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_FALSE(list.items[0].value.node->quoted);
  EXPECT_TRUE(list.items[1].value.node->quoted);
  EXPECT_EQ(list.items[1].value.line, 3);
  EXPECT_EQ(list.items[1].value.column, 10);
}

TEST(YamlTree, TextWithoutContentIsNothing) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n"}) {
    const Parsed parsed = parse(text);
    EXPECT_TRUE(parsed.errors.empty()) << text;
    ASSERT_NE(parsed.root.node, nullptr) << text;
    EXPECT_EQ(parsed.root.node->kind, YamlNode::Kind::null) << text;
  }
}

TEST(YamlTree, DuplicateKeysAreErrorsAtTheSecondPlace) {
  EXPECT_EQ(only_error("a:\n  b: 1\n  c: 2\n  b: 3\n"),
            "f:4:3: a.b: given twice, first at 2:3; expected each key once in its section");
  EXPECT_EQ(only_error("{a: 1, 'a': 2}"), "f:1:8: a: given twice, first at 1:2; expected each key once in its section");
  EXPECT_TRUE(parse("a: {x: 1}\nb: {x: 1}\n").errors.empty());
}

TEST(YamlTree, AnAliasHasItsOwnPlace) {
  const Parsed parsed = parse("a: &x {k: 1}\nb: *x\n");
  ASSERT_TRUE(parsed.errors.empty());
  const YamlUse& use = parsed.root.node->entries[1].value;
  EXPECT_TRUE(use.alias);
  EXPECT_EQ(use.line, 2);
  EXPECT_EQ(use.column, 4);
  EXPECT_EQ(use.node, parsed.root.node->entries[0].value.node);
}

TEST(YamlTree, RefusesWhatItDoesNotSupport) {
  EXPECT_THAT(only_error("a: &x {k: 1}\nb:\n  <<: *x\n"),
              testing::StartsWith("f:3:3: b.<<: merge keys are not supported"));
  EXPECT_THAT(only_error("a: !!int 3\n"), testing::HasSubstr("tag"));
  EXPECT_THAT(only_error("a: &x [*x]\n"), testing::StartsWith("f:1:8: the alias stands inside"));
  EXPECT_THAT(only_error("a: *nowhere\n"), testing::StartsWith("f:1:4: not readable as YAML"));
  EXPECT_THAT(only_error("a: 1\n---\nb: 2\n"), testing::HasSubstr("second document"));
  EXPECT_THAT(only_error("? [a]\n: 1\n"), testing::HasSubstr("not a name"));
}

TEST(YamlTree, SyntaxErrorsHaveAPlace) {
  EXPECT_THAT(only_error("a: [1, 2\nb: 3\n"), testing::StartsWith("f:"));
  EXPECT_THAT(only_error("a: 1\n b: 2\n"), testing::StartsWith("f:2:"));
  EXPECT_THAT(only_error("a: 1\n\tb: 2\n"), testing::StartsWith("f:2:"));
  EXPECT_THAT(only_error("a: \"op\\qen\"\n"), testing::StartsWith("f:1:"));
}

TEST(YamlTree, RefusesBinaryText) {
  EXPECT_EQ(only_error(std::string("ab\n\0c", 5)), "f:2:1: byte 0x00: this is not a text file; expected YAML in UTF-8");
  EXPECT_EQ(only_error("a: \xFF\n"), "f:1:4: byte 0xFF: this is not a text file; expected YAML in UTF-8");
  EXPECT_EQ(only_error("\xFF\xFE"
                       "a"),
            "f:1:1: byte 0xFF: this is not a text file; expected YAML in UTF-8");
  EXPECT_EQ(only_error("a: \x1B[31m\n"), "f:1:4: byte 0x1B: this is not a text file; expected YAML in UTF-8");
  EXPECT_EQ(only_error("\x7F"
                       "ELF"),
            "f:1:1: byte 0x7F: this is not a text file; expected YAML in UTF-8");
  EXPECT_TRUE(parse("a: \xC3\xA4\xE2\x82\xAC\n").errors.empty());  // good UTF-8
  EXPECT_FALSE(parse("a: \xC3").errors.empty());
}

TEST(YamlTree, SizeAndDepthAreLimited) {
  EXPECT_THAT(only_error(std::string(yaml_size_limit + 1, ' ')), testing::HasSubstr("too many"));
  EXPECT_THAT(only_error(std::string(100000, '[')), testing::StartsWith("f:"));
  EXPECT_THAT(only_error(std::string(100000, '{')), testing::StartsWith("f:"));
  std::string nested;
  for (int i = 0; i < 200; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(only_error(nested), testing::HasSubstr("nested more than"));
}

}  // namespace
}  // namespace tessera::platform
