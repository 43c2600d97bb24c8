#include "agent/journal_message.h"

#include <initializer_list>
#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

JournalMessage Message(std::initializer_list<absl::string_view> fields) {
  JournalMessage message;
  for (const absl::string_view field : fields) message.Add(field);
  return message;
}

std::string LineOf(std::initializer_list<absl::string_view> fields) {
  std::string line = "what was there";
  Message(fields).Format(absl::Milliseconds(1500), line);
  return line;
}

TEST(JournalMessageTest, IsALineAsSyslogHasIt) {
  EXPECT_EQ(LineOf({"MESSAGE=hello", "_PID=7", "SYSLOG_IDENTIFIER=sm-mta",
                    "_HOSTNAME=mx1", "PRIORITY=6", "_COMM=sendmail-mta"}),
            "mx1 sm-mta[7]: hello");
}

TEST(JournalMessageTest, WhatIsMissingIsLeftOut) {
  EXPECT_EQ(LineOf({}), "");
  EXPECT_EQ(LineOf({"MESSAGE=hello"}), "hello");
  EXPECT_EQ(LineOf({"_HOSTNAME=mx1", "MESSAGE=hello"}), "mx1 hello");
  EXPECT_EQ(LineOf({"_PID=7", "MESSAGE=hello"}), "hello");
  EXPECT_EQ(LineOf({"_COMM=a", "MESSAGE="}), "a: ");
}

TEST(JournalMessageTest, WhatASenderSaysOfItselfGoesFirst) {
  EXPECT_EQ(LineOf({"_COMM=b", "SYSLOG_IDENTIFIER=a", "_PID=2", "SYSLOG_PID=1",
                    "MESSAGE=x"}),
            "a[1]: x");
  EXPECT_EQ(LineOf({"_COMM=b", "SYSLOG_IDENTIFIER=", "_PID=2", "MESSAGE=x"}),
            "b[2]: x");
}

TEST(JournalMessageTest, TheKernelsLinesHaveTheTimeSinceTheBoot) {
  EXPECT_EQ(LineOf({"SYSLOG_IDENTIFIER=kernel", "MESSAGE=x"}),
            "kernel: [    1.500000] x");
  EXPECT_EQ(LineOf({"SYSLOG_IDENTIFIER=kernel", "MESSAGE=x",
                    "_SOURCE_MONOTONIC_TIMESTAMP=12000001"}),
            "kernel: [   12.000001] x");
}

TEST(JournalMessageTest, NothingBeginsAnotherLine) {
  EXPECT_EQ(LineOf({"_COMM=a\nb", "MESSAGE=one\ntwo\n"}),
            "a\\nb: one\\ntwo\\n");
}

TEST(JournalMessageTest, BytesAreKeptAsTheyAre) {
  const absl::string_view bytes("MESSAGE=\0\xff=\r", 12);
  EXPECT_EQ(LineOf({bytes}), std::string("\0\xff=\r", 4));
}

TEST(JournalMessageTest, SeveralTextsAreOne) {
  EXPECT_EQ(LineOf({"MESSAGE=a", "_COMM=x", "MESSAGE=b", "_COMM=y"}), "x: a b");
}

TEST(JournalMessageTest, IsBounded) {
  const std::string text = "MESSAGE=" + std::string(1 << 20, 'x');
  EXPECT_EQ(LineOf({text, text, text}).size(), JournalMessage::kMaxFieldBytes);
}

TEST(JournalMessageTest, MayKnowWhenItWasSent) {
  EXPECT_EQ(Message({"_SOURCE_REALTIME_TIMESTAMP=1795425540000001"}).time(),
            absl::FromUnixMicros(1795425540000001));
  for (const char* field :
       {"MESSAGE=x", "_SOURCE_REALTIME_TIMESTAMP=soon",
        "_SOURCE_REALTIME_TIMESTAMP=-1",
        "_SOURCE_REALTIME_TIMESTAMP=99999999999999999999"}) {
    EXPECT_EQ(Message({field}).time(), std::nullopt) << field;
  }
}

TEST(JournalMessageTest, CanBeUsedAgain) {
  JournalMessage message = Message({"MESSAGE=x", "_COMM=a"});
  message.Clear();
  message.Add("MESSAGE=y");
  std::string line;
  message.Format(absl::ZeroDuration(), line);
  EXPECT_EQ(line, "y");
}

}  // namespace
}  // namespace mxban
