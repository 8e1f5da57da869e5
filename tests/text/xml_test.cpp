// SPDX-License-Identifier: Apache-2.0
#include "platform/text/xml.h"

#include <gtest/gtest.h>

namespace tessera::text {
namespace {

TEST(Xml, EscapesWhatElementsAndAttributesCannotHold) {
  EXPECT_EQ(xml_escaped(R"(a < b && "c" > d)"), "a &lt; b &amp;&amp; &quot;c&quot; &gt; d");
}

TEST(Xml, TurnsControlCharactersIntoSpacesAndKeepsUtf8) {
  EXPECT_EQ(xml_escaped("1\n2\t\x1b[0m \xc2\xb5s"), "1 2  [0m \xc2\xb5s");
  EXPECT_EQ(xml_escaped(""), "");
}

}  // namespace
}  // namespace tessera::text
