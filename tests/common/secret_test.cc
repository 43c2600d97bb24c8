#include "common/secret.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(SecretTest, TheHashIsSha256) {
  EXPECT_EQ(Sha256Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(SecretTest, TokensAreLongAndDiffer) {
  const std::string token = NewToken();
  EXPECT_EQ(token.size(), 64u);
  EXPECT_NE(token, NewToken());
}

TEST(SecretTest, OnlyTheSameIsTheSame) {
  EXPECT_TRUE(AreSameSecrets("abc", "abc"));
  EXPECT_TRUE(AreSameSecrets("", ""));
  EXPECT_FALSE(AreSameSecrets("abc", "abd"));
  EXPECT_FALSE(AreSameSecrets("abc", "abcd"));
}

}  // namespace
}  // namespace mxban
