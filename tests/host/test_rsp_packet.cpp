// SPDX-License-Identifier: Apache-2.0
// The packet layer of the debugger's protocol: framing, checksums, escapes, what is malformed.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "models/host/debug/rsp_packet.h"

namespace tessera::host {
namespace {

using Event = RspReader::Event;

std::vector<Event> feed(RspReader& reader, std::string_view bytes) {
  std::vector<Event> events;
  for (const char c : bytes) {
    const Event event = reader.take(static_cast<std::uint8_t>(c));
    if (event != Event::none) {
      events.push_back(event);
    }
  }
  return events;
}

TEST(RspReader, TakesAPacketWithItsChecksum) {
  RspReader reader(100);
  EXPECT_EQ(feed(reader, "$m80000000,4#55"), std::vector{Event::packet});
  EXPECT_EQ(reader.text(), "m80000000,4");
  EXPECT_EQ(feed(reader, "$#00"), std::vector{Event::packet});
  EXPECT_EQ(reader.text(), "");
}

TEST(RspReader, ChecksumMayHaveCapitals) {
  RspReader reader(100);
  EXPECT_EQ(feed(reader, "$OK#9A"), std::vector{Event::packet});
  EXPECT_EQ(feed(reader, "$OK#9a"), std::vector{Event::packet});
}

TEST(RspReader, RefusesWrongAndMalformedChecksums) {
  for (const char* bytes : {"$OK#9b", "$OK#99", "$OK#9g", "$OK#x9", "$OK#  "}) {
    RspReader reader(100);
    EXPECT_EQ(feed(reader, bytes), std::vector{Event::damaged}) << bytes;
    EXPECT_EQ(feed(reader, "$OK#9a"), std::vector{Event::packet}) << bytes;
  }
}

TEST(RspReader, BetweenPackets) {
  RspReader reader(100);
  EXPECT_EQ(feed(reader, "+-\x03x"), (std::vector{Event::ack, Event::nack, Event::interrupt, Event::noise}));
}

TEST(RspReader, ANewPacketMayBeginInsideALostOne) {
  RspReader reader(100);
  EXPECT_EQ(feed(reader, "$half a pack$OK#9a"), std::vector{Event::packet});
  EXPECT_EQ(reader.text(), "OK");
}

TEST(RspReader, ResolvesEscapes) {
  RspReader reader(100);
  const std::string text{'X', '#', '$', '}', '*', '\0', '\x03', '\xFF'};
  EXPECT_EQ(feed(reader, rsp_frame(text)), std::vector{Event::packet});
  EXPECT_EQ(reader.text(), text);
  EXPECT_EQ(feed(reader, "$}#7d"), std::vector{Event::damaged}) << "an escape at the end escapes nothing";
}

TEST(RspReader, DropsWhatIsTooLongAndGoesOn) {
  RspReader reader(8);
  EXPECT_EQ(feed(reader, rsp_frame("12345678")), std::vector{Event::packet});
  EXPECT_EQ(feed(reader, rsp_frame("123456789")), std::vector{Event::too_long});
  EXPECT_EQ(feed(reader, "$" + std::string(100'000, 'a')), std::vector<Event>{});
  EXPECT_EQ(feed(reader, "#00"), std::vector{Event::damaged});
  EXPECT_EQ(feed(reader, rsp_frame("ok")), std::vector{Event::packet});
  EXPECT_EQ(reader.text(), "ok");
}

TEST(RspReader, AnyTextComesBackFromItsFrame) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) {
      c = static_cast<char>(random());
    }
    RspReader reader(1000);
    ASSERT_EQ(feed(reader, rsp_frame(text)), std::vector{Event::packet});
    ASSERT_EQ(reader.text(), text);
  }
}

TEST(Hex, BothWays) {
  EXPECT_EQ(to_hex_word(0x8000'1234), "34120080");
  EXPECT_EQ(to_hex(std::string_view("A\xFF")), "41ff");
  EXPECT_EQ(from_hex("41fF"), "A\xFF");
  EXPECT_EQ(from_hex(""), "");
  EXPECT_FALSE(from_hex("4"));
  EXPECT_FALSE(from_hex("4g"));
}

TEST(RspCursor, Numbers) {
  EXPECT_EQ(RspCursor("80000000,4").number(), 0x8000'0000u);
  EXPECT_EQ(RspCursor("FfFfFfFfFfFfFfFf").number(), 0xFFFF'FFFF'FFFF'FFFFu);
  EXPECT_FALSE(RspCursor("10000000000000000").number()) << "65 bits";
  EXPECT_FALSE(RspCursor("").number());
  EXPECT_FALSE(RspCursor("x1").number());
  RspCursor cursor("1,2;3");
  EXPECT_EQ(cursor.number(), 1u);
  EXPECT_TRUE(cursor.take(","));
  EXPECT_EQ(cursor.until(';'), "2");
  EXPECT_EQ(cursor.until(';'), "3");
  EXPECT_TRUE(cursor.empty());
}

}  // namespace
}  // namespace tessera::host
