#include "coordinator/ignore_list.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const absl::StatusOr<IgnoreList>& list) {
  return list.ok() ? "" : std::string(list.status().message());
}

TEST(IgnoreListTest, NetworksMayHaveMasks) {
  EXPECT_THAT(ParseIgnoreList("127.0.0.1/8, 192.0.2.7\n2001:db8::/32 "
                              "198.51.100.9/255.255.255.0 ::ffff:192.0.2.8")
                  ->networks,
              ElementsAre(IpNetwork::ParseOrDie("127.0.0.0/8"),
                          IpNetwork::ParseOrDie("192.0.2.7"),
                          IpNetwork::ParseOrDie("2001:db8::/32"),
                          IpNetwork::ParseOrDie("198.51.100.0/24"),
                          IpNetwork::ParseOrDie("192.0.2.8")));
}

TEST(IgnoreListTest, NamesAndFilesAreWordsToo) {
  const IgnoreList list =
      ParseIgnoreList("localhost Office.example.net,file:/etc/allow").value();
  EXPECT_THAT(list.names, ElementsAre("localhost", "office.example.net"));
  EXPECT_THAT(list.files, ElementsAre("/etc/allow"));
}

TEST(IgnoreListTest, AMistypedAddressIsNoName) {
  for (const char* text :
       {"1.2.3", "1.2.3.4.5", "192.0.2.0/255.0.255.0", "192.0.2.0/33",
        "fe80::/129", "a..b", "-x", "a b!", "host/24", "file:relative"}) {
    EXPECT_NE(ErrorOf(ParseIgnoreList(text)), "") << text;
  }
  EXPECT_THAT(ErrorOf(ParseIgnoreList("192.0.2.1 300.1.1.1")),
              HasSubstr("'300.1.1.1' is no address, network, host name"));
}

TEST(IgnoreListTest, AFileHasComments) {
  ConfigDirectory directory;
  directory.Write("allow",
                  "# customers\n192.0.2.1 192.0.2.2 ; two\r\n\n"
                  "mail.example.net # by name\n");
  const auto list = ReadIgnoreFile(directory.In("allow"));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->networks.size(), 2u);
  EXPECT_THAT(list->names, ElementsAre("mail.example.net"));
}

TEST(IgnoreListTest, AFilesMistakesHaveALine) {
  ConfigDirectory directory;
  directory.Write("allow", "192.0.2.1\n1.2.3\n")
      .Write("nested", "file:/etc/allow\n");
  EXPECT_THAT(ErrorOf(ReadIgnoreFile(directory.In("allow"))),
              HasSubstr("/allow:2: '1.2.3' is no address"));
  EXPECT_THAT(ErrorOf(ReadIgnoreFile(directory.In("nested"))),
              HasSubstr("/nested:1: a file cannot name another"));
  EXPECT_THAT(ErrorOf(ReadIgnoreFile(directory.In("gone"))),
              HasSubstr("/gone: cannot be read: No such file"));
  EXPECT_THAT(ErrorOf(ReadIgnoreFile(directory.path())),
              HasSubstr("is no file"));
}

TEST(IgnoreListTest, ThereIsALimit) {
  ConfigDirectory directory;
  std::string words;
  for (size_t i = 0; i <= kMaxIgnoredWords; ++i) {
    absl::StrAppend(&words, "::", absl::Hex(i % 65536), "\n");
  }
  EXPECT_THAT(ErrorOf(ParseIgnoreList(words)), HasSubstr("more than 100000"));
  directory.Write("words", words)
      .Write("bytes", std::string(kMaxIgnoreFileBytes + 1, '#'));
  EXPECT_THAT(ErrorOf(ReadIgnoreFile(directory.In("words"))),
              HasSubstr("/words:100001: holds more than"));
  EXPECT_THAT(ErrorOf(ReadIgnoreFile(directory.In("bytes"))),
              HasSubstr("is above 1 MiB"));
}

}  // namespace
}  // namespace mxban
