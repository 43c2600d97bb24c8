#include "coordinator/packed_bytes.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

std::string SomeLines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&lines, "Nov 23 09:12:41 mx1 sm-mta[", 21'733 + 7 * i,
                    "]: AUTH failure (LOGIN): authentication failure (-13), "
                    "relay=[203.0.113.",
                    i % 256, "]");
  }
  return lines;
}

std::string Packed(absl::string_view bytes) {
  std::string packed = "what was there before";
  Pack(bytes, packed);
  return packed;
}

TEST(PackedBytesTest, WhatIsPackedCanBeUnpacked) {
  for (const size_t size : {0, 1, 199, 200, 201, 4'000, 100'000}) {
    const std::string lines = SomeLines(2'000).substr(0, size);
    EXPECT_EQ(*Unpack(Packed(lines)), lines) << size;
  }
  const std::string large(kMostPacked + 1, 'x');
  EXPECT_EQ(*Unpack(Packed(large)), large);
}

TEST(PackedBytesTest, LinesTakeLessRoom) {
  const std::string lines = SomeLines(100);
  EXPECT_LT(Packed(lines).size(), lines.size() / 3);
}

TEST(PackedBytesTest, WhatIsNotAlikeStaysAsItIs) {
  absl::BitGen random;
  std::string noise(4'000, 0);
  for (char& byte : noise) byte = absl::Uniform<uint8_t>(random);
  EXPECT_EQ(Packed(noise).size(), noise.size() + 1);
  EXPECT_EQ(*Unpack(Packed(noise)), noise);
}

TEST(PackedBytesTest, DamageIsReadAsSuch) {
  absl::BitGen random;
  EXPECT_TRUE(absl::IsDataLoss(Unpack("").status()));
  EXPECT_TRUE(absl::IsDataLoss(Unpack("\1\1").status()));
  EXPECT_TRUE(absl::IsDataLoss(Unpack("\2abc").status()));
  EXPECT_TRUE(absl::IsDataLoss(Unpack("\1\xff\xff\xff\xff\1").status()))
      << "wants 4 GiB";
  const std::string packed = Packed(SomeLines(20));
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = packed;
    damaged[absl::Uniform<size_t>(random, 0, damaged.size())] =
        absl::Uniform<uint8_t>(random);
    damaged.resize(damaged.size() - absl::Uniform(random, 0, 3));
    const auto bytes = Unpack(damaged);
    ASSERT_TRUE(bytes.ok() || absl::IsDataLoss(bytes.status()));
    if (bytes.ok()) {
      ASSERT_LE(bytes->size(), kMostPacked);
    }
  }
}

}  // namespace
}  // namespace mxban
