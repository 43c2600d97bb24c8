#include "coordinator/action_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(ActionFileTest, StockFilesSayNothing) {
  ConfigDirectory directory;
  directory.Write("ban.conf",
                  "[Definition]\nactionban = ban <ip>\n[Init]\nchain = INPUT\n"
                  "blocktype = REJECT\n");
  const auto file = ReadActionFile(directory.path(), "ban");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->options, IsEmpty());
  EXPECT_THAT(file->notes, IsEmpty());
  EXPECT_THAT(ReadActionFile(directory.path(), "gone")->options, IsEmpty());
}

TEST(ActionFileTest, WhatTheOperatorSaysCounts) {
  ConfigDirectory directory;
  directory.Write("ban.conf", "[Init]\nblocktype = DROP\n")
      .Write("ban.local",
             "[Definition]\nactionban = log <ip>\n[Init]\nwhere = INPUT\n"
             "chain = %(where)s\n");
  const auto file = ReadActionFile(directory.path(), "ban");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->options,
              ElementsAre(Pair("blocktype", "DROP"), Pair("chain", "INPUT"),
                          Pair("where", "INPUT")));
  EXPECT_THAT(file->notes, ElementsAre(HasSubstr("actionban of ")));
}

TEST(ActionFileTest, AnActionIsAFile) {
  ConfigDirectory directory;
  directory.Write("ban.conf", "").Write("tell.py", "");
  EXPECT_TRUE(HasActionFile(directory.path(), "ban"));
  EXPECT_TRUE(HasActionFile(directory.path(), "tell.py"));
  EXPECT_FALSE(HasActionFile(directory.path(), "gone"));
}

}  // namespace
}  // namespace mxban
