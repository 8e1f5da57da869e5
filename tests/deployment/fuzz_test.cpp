// SPDX-License-Identifier: Apache-2.0
// Random damage with right checksums: the reader accepts or throws ImageError, nothing else.
#include <gtest/gtest.h>

#include <random>

#include "tests/deployment/sample.h"

namespace tessera::deployment {
namespace {

constexpr std::uint32_t kInteresting[] = {
    0,      1,          2,          0x7F,       0x80,       0xFF,        0x7FFF,       0x8000,
    0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, TD_ROM_BASE, TD_SRAM_BASE, TD_TILE_BASE};

TEST(ImageFuzz, DamageNeverCrashes) {
  const auto good = write_image(test::sample_contents(), 99);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::uint32_t seed = 1; seed <= 20000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 engine(seed);
    const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
    auto image = good;
    for (std::uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % image.size() / 4 * 4;
      const std::uint32_t value = random() % 2 == 0 ? kInteresting[random() % std::size(kInteresting)] : random();
      const std::size_t bytes = std::size_t{1} << random() % 3;
      std::memcpy(&image[at], &value, std::min(bytes, image.size() - at));
    }
    if (random() % 16 == 0) {
      image.resize(random() % (image.size() + 64));
    }
    if (random() % 8 != 0) {
      test::repair_checksums(image);
    }
    try {
      const Image read = Image::parse(image, random() % 2 == 0 ? test::sample_limits() : Limits());
      ++accepted;
    } catch (const ImageError&) {
      ++refused;
    }
  }
  // Both happen, or the mutations miss the point.
  EXPECT_GT(accepted, 100U);
  EXPECT_GT(refused, 1000U);
}

TEST(ImageFuzz, TruncationAtEveryLengthIsRefused) {
  const auto good = write_image(test::sample_contents(), 99);
  for (std::size_t length = 0; length < good.size(); ++length) {
    std::vector<std::uint8_t> image(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_THROW((void)Image::parse(image), ImageError) << length;
  }
}

}  // namespace
}  // namespace tessera::deployment
