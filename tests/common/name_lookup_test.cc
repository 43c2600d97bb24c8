#include "common/name_lookup.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::IsEmpty;

TEST(NameLookupTest, KnowsThisHost) {
  EXPECT_THAT(LookUpName("localhost"),
              Contains(testing::AnyOf(IpNetwork::ParseOrDie("127.0.0.1"),
                                      IpNetwork::ParseOrDie("::1"))));
  EXPECT_THAT(OwnAddresses(), Contains(IpNetwork::ParseOrDie("127.0.0.1")));
}

TEST(NameLookupTest, WhatIsNoNameHasNoAddress) {
  EXPECT_THAT(LookUpName("no name.invalid"), IsEmpty());
  EXPECT_THAT(LookUpName(std::string(5000, 'x')), IsEmpty());
}

TEST(NameLookupTest, AnAddressIsItsOwn) {
  EXPECT_THAT(LookUpName("192.0.2.1"),
              testing::ElementsAre(IpNetwork::ParseOrDie("192.0.2.1")));
}

}  // namespace
}  // namespace mxban
