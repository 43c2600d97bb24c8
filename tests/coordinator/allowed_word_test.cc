#include "coordinator/allowed_word.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(AllowedWordTest, IsMadeCanonical) {
  const auto text = [](const char* word) {
    const auto parsed = ParseAllowedWord(word);
    return parsed.ok() ? parsed->text : std::string(parsed.status().message());
  };
  EXPECT_EQ(text("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(text("192.0.2.0/255.255.255.0"), "192.0.2.0/24");
  EXPECT_EQ(text("2001:DB8:0::/64"), "2001:db8::/64");
  EXPECT_EQ(text("MX.Example.net"), "mx.example.net");
  EXPECT_EQ(text("file:/etc/mxban/customers"), "file:/etc/mxban/customers");
}

TEST(AllowedWordTest, ANetworkNeedsNobodyToSayWhatItMeans) {
  EXPECT_TRUE(ParseAllowedWord("192.0.2.7")->is_network());
  EXPECT_FALSE(ParseAllowedWord("mx.example.net")->is_network());
  EXPECT_FALSE(ParseAllowedWord("file:/etc/mxban/customers")->is_network());
}

TEST(AllowedWordTest, AnythingElseIsRefused) {
  for (const char* word :
       {"", " ", "192.0.2.7 192.0.2.8", "192.0.2.7,mx", "192.0.2",
        "file:relative", "file:/a\x1b[2J", "192.0.2.7\n", "-x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseAllowedWord(word).status()))
        << word;
  }
}

}  // namespace
}  // namespace mxban
