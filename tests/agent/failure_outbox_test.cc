#include "agent/failure_outbox.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

Failure At(uint64_t end_offset) {
  return {IpNetwork::ParseOrDie("203.0.113.9"), absl::UnixEpoch(), end_offset,
          ""};
}

TEST(FailureOutboxTest, GivesInTheOrderOfLines) {
  FailureOutbox outbox(10);
  outbox.Add("jail", "log", {At(1)});
  outbox.Add("jail", "log", {At(2)});
  const auto batch = outbox.Take(10);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->jail, "jail");
  EXPECT_EQ(batch->log_id, "log");
  ASSERT_EQ(batch->failures.size(), 2);
  EXPECT_EQ(batch->failures[0].end_offset, 1);
  EXPECT_FALSE(outbox.Take(10).has_value()) << "all is sent";
}

TEST(FailureOutboxTest, WhatIsNotAcknowledgedIsSentAgain) {
  FailureOutbox outbox(10);
  outbox.Add("jail", "log", {At(1)});
  outbox.Add("jail", "log", {At(2)});
  outbox.Take(10);
  outbox.Acknowledge("jail", "log", 1);
  outbox.Rewind();
  const auto batch = outbox.Take(10);
  ASSERT_EQ(batch->failures.size(), 1);
  EXPECT_EQ(batch->failures[0].end_offset, 2);
  EXPECT_FALSE(outbox.IsSettled("jail", "log"));
  outbox.Acknowledge("jail", "log", 2);
  EXPECT_TRUE(outbox.IsSettled("jail", "log"));
}

TEST(FailureOutboxTest, ALineThatComesAgainIsThereOnce) {
  FailureOutbox outbox(10);
  outbox.Add("jail", "log", {At(5)});
  outbox.Add("jail", "log", {At(7), At(7)});
  EXPECT_TRUE(outbox.Add("jail", "log", {At(5)}));
  EXPECT_TRUE(outbox.Add("jail", "log", {At(7), At(7)}));
  EXPECT_EQ(outbox.size(), 3);
  outbox.Take(10);
  outbox.Acknowledge("jail", "log", 7);
  EXPECT_TRUE(outbox.Add("jail", "log", {At(7), At(7)}));
  EXPECT_EQ(outbox.size(), 0);
}

TEST(FailureOutboxTest, OneLineIsNeverSplit) {
  FailureOutbox outbox(10);
  outbox.Add("jail", "log", {At(1)});
  outbox.Add("jail", "log", {At(2), At(2), At(2)});
  EXPECT_EQ(outbox.Take(2)->failures.size(), 1);
  EXPECT_EQ(outbox.Take(2)->failures.size(), 3);
}

RightLogin LoginAt(uint64_t end_offset) {
  return {IpNetwork::ParseOrDie("203.0.113.9"), absl::UnixEpoch(), end_offset,
          "alice"};
}

TEST(FailureOutboxTest, ABatchHasBothKindsAndEndsBetweenTwoLines) {
  FailureOutbox outbox(10);
  outbox.Add("jail", "log", {At(1)});
  outbox.Add("jail", "log", {LoginAt(2)});
  outbox.Add("jail", "log", {At(3), At(3)});
  outbox.Add("jail", "log", {LoginAt(4)});
  EXPECT_TRUE(outbox.Add("jail", "log", {LoginAt(2)})) << "is there";
  EXPECT_EQ(outbox.size(), 5);
  auto batch = outbox.Take(3);
  ASSERT_EQ(batch->failures.size(), 1);
  EXPECT_EQ(batch->failures[0].end_offset, 1);
  ASSERT_EQ(batch->right_logins.size(), 1);
  EXPECT_EQ(batch->right_logins[0].end_offset, 2);
  EXPECT_EQ(batch->right_logins[0].user, "alice");
  batch = outbox.Take(3);
  EXPECT_EQ(batch->failures.size(), 2);
  EXPECT_EQ(batch->right_logins.size(), 1);
  outbox.Acknowledge("jail", "log", 3);
  EXPECT_FALSE(outbox.IsSettled("jail", "log"));
  outbox.Rewind();
  batch = outbox.Take(3);
  EXPECT_TRUE(batch->failures.empty());
  EXPECT_EQ(batch->right_logins.size(), 1);
  outbox.Acknowledge("jail", "log", 4);
  EXPECT_TRUE(outbox.IsSettled("jail", "log"));
}

TEST(FailureOutboxTest, LogsTakeTurns) {
  FailureOutbox outbox(10);
  for (const uint64_t offset : {1, 2, 3}) outbox.Add("jail", "a", {At(offset)});
  outbox.Add("jail", "b", {At(1)});
  EXPECT_EQ(outbox.Take(1)->log_id, "a");
  EXPECT_EQ(outbox.Take(1)->log_id, "b");
  EXPECT_EQ(outbox.Take(1)->log_id, "a");
}

TEST(FailureOutboxTest, AFullOutboxRefusesAndSaysWhenThereIsRoom) {
  FailureOutbox outbox(2);
  int failures = 0, room = 0;
  outbox.SetCallbacks([&] { ++failures; }, [&] { ++room; });
  EXPECT_TRUE(outbox.Add("jail", "log", {At(1)}));
  EXPECT_TRUE(outbox.Add("jail", "log", {At(2)}));
  outbox.Acknowledge("jail", "other", 1);
  EXPECT_FALSE(outbox.Add("jail", "log", {At(3)}));
  EXPECT_EQ(failures, 2);
  EXPECT_EQ(room, 0);
  outbox.Acknowledge("jail", "log", 1);
  EXPECT_EQ(room, 1);
  EXPECT_TRUE(outbox.Add("jail", "log", {At(3)}));
  EXPECT_EQ(outbox.size(), 2);
}

TEST(FailureOutboxTest, ALineLargerThanTheOutboxStillFitsAnEmptyOne) {
  FailureOutbox outbox(2);
  EXPECT_TRUE(outbox.Add("jail", "log", {At(1), At(1), At(1)}));
}

TEST(FailureOutboxTest, RemembersWhatIsAcknowledged) {
  FailureOutbox outbox(10);
  outbox.Add("jail", "log", {At(5)});
  outbox.Acknowledge("jail", "log", 5);
  EXPECT_EQ((outbox.acknowledged().at({"jail", "log"})), 5);
}

TEST(FailureOutboxTest, KnowsWhatIsAcknowledged) {
  FailureOutbox outbox(10);
  EXPECT_FALSE(outbox.IsAcknowledged("jail", "log", 5));
  outbox.Add("jail", "log", {At(5)});
  EXPECT_FALSE(outbox.IsAcknowledged("jail", "log", 5));
  outbox.Take(10);
  EXPECT_FALSE(outbox.IsAcknowledged("jail", "log", 5)) << "sent is not enough";
  outbox.Acknowledge("jail", "log", 5);
  EXPECT_TRUE(outbox.IsAcknowledged("jail", "log", 5));
  EXPECT_TRUE(outbox.IsAcknowledged("jail", "log", 4));
  EXPECT_FALSE(outbox.IsAcknowledged("jail", "log", 6));
  EXPECT_FALSE(outbox.IsAcknowledged("jail", "other", 5));
  EXPECT_FALSE(outbox.IsAcknowledged("other", "log", 5));
  outbox.Acknowledge("jail", "log", 3);
  EXPECT_TRUE(outbox.IsAcknowledged("jail", "log", 5)) << "never less";
}

TEST(FailureOutboxTest, HasRoomWhileHalfIsFree) {
  FailureOutbox outbox(4);
  EXPECT_TRUE(outbox.HasRoom());
  for (const uint64_t offset : {1, 2}) outbox.Add("jail", "log", {At(offset)});
  EXPECT_TRUE(outbox.HasRoom());
  outbox.Add("jail", "log", {At(3)});
  EXPECT_FALSE(outbox.HasRoom());
  outbox.Take(10);
  EXPECT_FALSE(outbox.HasRoom());
  outbox.Acknowledge("jail", "log", 1);
  EXPECT_TRUE(outbox.HasRoom());
}

TEST(FailureOutboxTest, ALogThatIsForgottenIsUnknown) {
  FailureOutbox outbox(10);
  for (const char* log : {"a", "b"}) {
    outbox.Add("jail", log, {At(5)});
    outbox.Take(10);
    outbox.Acknowledge("jail", log, 5);
  }
  outbox.ForgetLog("jail", "b");
  outbox.ForgetLog("jail", "never heard of");
  EXPECT_EQ(outbox.acknowledged().size(), 1);
  EXPECT_FALSE(outbox.IsAcknowledged("jail", "b", 5));
  EXPECT_TRUE(outbox.IsSettled("jail", "b"));
  outbox.Add("jail", "b", {At(5)});
  EXPECT_EQ(outbox.Take(10)->log_id, "b") << "whose turn it was";
  EXPECT_EQ(outbox.size(), 1);
}

TEST(FailureOutboxTest, KnowsHowManyWereAddedAndHowManyWait) {
  FailureOutbox outbox(10);
  for (const uint64_t offset : {1, 2, 3}) {
    outbox.Add("jail", "log", {At(offset)});
  }
  outbox.Take(10);
  outbox.Acknowledge("jail", "log", 2);
  EXPECT_EQ(outbox.tally().added, 3);
  EXPECT_EQ(outbox.tally().waiting, 1);
}

}  // namespace
}  // namespace mxban
