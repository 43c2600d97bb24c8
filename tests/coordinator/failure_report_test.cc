#include "coordinator/failure_report.h"

#include <cstdint>
#include <string>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

v1::ReportFailuresRequest SomeBatch() {
  FailureBatch batch = {"jail", "file:1:2:3", {}};
  batch.failures.push_back(
      {IpNetwork::ParseOrDie("203.0.113.9"), kNoon, 100, "line", "bob"});
  batch.failures.push_back(
      {IpNetwork::ParseOrDie("203.0.113.10"), kNoon, 200, "line"});
  batch.right_logins = {
      {IpNetwork::ParseOrDie("203.0.113.9"), kNoon, 150, "alice"},
      {IpNetwork::ParseOrDie("2001:db8::1"), kNoon, 160, "alice"}};
  return FailureBatchToProto(batch);
}

absl::Status Read(absl::string_view bytes, FailureReport& report) {
  report.Clear();
  report.Append(bytes);
  return report.Parse();
}

TEST(FailureReportTest, ABatchSurvivesTheRoundTrip) {
  FailureReport report("mx1");
  ASSERT_EQ(Read(SomeBatch().SerializeAsString(), report), absl::OkStatus());
  EXPECT_EQ(FailureBatchToProto(BatchOf(report)).SerializeAsString(),
            SomeBatch().SerializeAsString());
  EXPECT_EQ(report.CountTold(), 4);
  EXPECT_EQ(report.server(), "mx1");
  EXPECT_EQ(report.failures()[0].user, "bob");
  EXPECT_EQ(report.right_logins()[1].user, "alice");
  EXPECT_EQ(report.right_logins()[1].end_offset, 160);
  EXPECT_EQ(report.end_offset(), 200);
}

TEST(FailureReportTest, UsersAreMadePrintableAndCut) {
  v1::ReportFailuresRequest message = SomeBatch();
  message.mutable_failures(0)->set_user("\n" + std::string(99, 'x'));
  message.mutable_right_logins(0)->set_user("\n" + std::string(99, 'x'));
  FailureReport report("mx1");
  ASSERT_EQ(Read(message.SerializeAsString(), report), absl::OkStatus());
  EXPECT_EQ(report.failures()[0].user, "\\n" + std::string(62, 'x'));
  EXPECT_EQ(report.right_logins()[0].user, report.failures()[0].user);
}

// Each spoils one field of a good batch.
using Spoil = void (*)(v1::ReportFailuresRequest&);
class HostileReportTest : public testing::TestWithParam<Spoil> {};

TEST_P(HostileReportTest, IsRefused) {
  v1::ReportFailuresRequest batch = SomeBatch();
  GetParam()(batch);
  FailureReport report("mx1");
  EXPECT_EQ(Read(batch.SerializeAsString(), report).code(),
            absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, HostileReportTest,
    testing::Values<Spoil>(
        [](auto& batch) { batch.clear_jail(); },
        [](auto& batch) { batch.set_jail(std::string(1000, 'x')); },
        [](auto& batch) { batch.clear_log_id(); },
        [](auto& batch) { batch.set_log_id(std::string(201, 'x')); },
        [](auto& batch) { batch.mutable_failures(0)->set_source("rubbish"); },
        [](auto& batch) { batch.mutable_failures(0)->set_source("0.0.0.0/0"); },
        [](auto& batch) { batch.mutable_failures(1)->set_end_offset(99); },
        [](auto& batch) { batch.mutable_right_logins(0)->clear_user(); },
        [](auto& batch) { batch.mutable_right_logins(0)->set_source("x"); },
        [](auto& batch) {
          batch.mutable_right_logins(0)->set_source("203.0.113.0/24");
        },
        [](auto& batch) { batch.mutable_right_logins(1)->set_end_offset(1); },
        [](auto& batch) { batch.mutable_right_logins(0)->clear_login_time(); },
        [](auto& batch) {
          for (int i = 0; i < 1000; ++i) {
            *batch.add_right_logins() = batch.right_logins(1);
          }
        },
        [](auto& batch) {
          batch.mutable_failures(1)->set_end_offset(UINT64_MAX);
        },
        [](auto& batch) {
          batch.mutable_failures(0)->mutable_failure_time()->set_seconds(
              INT64_MAX);
        },
        [](auto& batch) {
          batch.mutable_failures(0)->mutable_failure_time()->set_nanos(-1);
        },
        [](auto& batch) {
          for (int i = 0; i < 1000; ++i) {
            *batch.add_failures() = batch.failures(1);
          }
        }));

TEST(FailureReportTest, AReportCanBeFilledAgain) {
  FailureReport report("mx1");
  v1::ReportFailuresRequest message = SomeBatch();
  message.mutable_failures(0)->set_evidence("\xff");
  ASSERT_TRUE(Read(message.SerializeAsString(), report).ok());
  EXPECT_EQ(report.failures()[0].evidence, "\\xff");
  message.clear_right_logins();
  message.mutable_failures()->DeleteSubrange(1, 1);
  message.set_jail("other");
  ASSERT_TRUE(Read(message.SerializeAsString(), report).ok());
  EXPECT_EQ(FailureBatchToProto(BatchOf(report)).jail(), "other");
  EXPECT_EQ(report.failures().size(), 1);
  EXPECT_TRUE(report.right_logins().empty());
}

TEST(FailureReportTest, FieldsOfLaterVersionsArePassedOver) {
  FailureReport report("mx1");
  const std::string later =
      SomeBatch().SerializeAsString() + std::string("\x78\x05", 2) +
      std::string("\x7a\x03xyz", 5) + std::string("\x7d\1\2\3\4", 5) +
      std::string("\x79\1\2\3\4\5\6\7\x8", 9);
  ASSERT_EQ(Read(later, report), absl::OkStatus());
  EXPECT_EQ(FailureBatchToProto(BatchOf(report)).SerializeAsString(),
            SomeBatch().SerializeAsString());
}

TEST(FailureReportTest, NamesAreText) {
  v1::ReportFailuresRequest message = SomeBatch();
  message.set_log_id("\xff");
  FailureReport report("mx1");
  EXPECT_TRUE(
      absl::IsInvalidArgument(Read(message.SerializeAsString(), report)));
}

// What the generated classes read is read alike, whatever became of the bytes;
// but where they find text that is no UTF-8, which is made printable here.
TEST(FailureReportTest, AgreesWithTheGeneratedClasses) {
  const std::string sound = SomeBatch().SerializeAsString();
  const google::protobuf::LogSilencer silencer;
  absl::BitGen random;
  FailureReport report("mx1");
  int accepted = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = sound;
    for (int changes = absl::Uniform(random, 0, 3); changes > 0; --changes) {
      bytes[absl::Uniform<size_t>(random, 0, bytes.size())] =
          static_cast<char>(absl::Uniform(random, 0, 256));
    }
    bytes.resize(bytes.size() - absl::Uniform(random, 0, 2));
    if (!Read(bytes, report).ok()) continue;
    v1::ReportFailuresRequest message;
    if (!message.ParseFromString(bytes)) continue;
    ++accepted;
    ASSERT_EQ(report.jail(), message.jail());
    ASSERT_EQ(report.log_id(), message.log_id());
    ASSERT_EQ(report.failures().size(), message.failures_size());
    ASSERT_EQ(report.right_logins().size(), message.right_logins_size());
    for (int n = 0; n < message.failures_size(); ++n) {
      const v1::Failure& wire = message.failures(n);
      const ReportedFailure& failure = report.failures()[n];
      ASSERT_EQ(failure.source, *IpNetwork::Parse(wire.source()));
      ASSERT_EQ(failure.time, *TimestampFromProto(wire.failure_time()));
      ASSERT_EQ(failure.end_offset, wire.end_offset());
      ASSERT_EQ(std::string(failure.evidence),
                PrintableText(wire.evidence(), kMaxEvidenceText));
      ASSERT_EQ(std::string(failure.user),
                PrintableText(wire.user(), kMaxUser));
    }
    for (int n = 0; n < message.right_logins_size(); ++n) {
      const v1::RightLogin& wire = message.right_logins(n);
      const RightLogin& login = report.right_logins()[n];
      ASSERT_EQ(login.source, *IpNetwork::Parse(wire.source()));
      ASSERT_EQ(login.time, *TimestampFromProto(wire.login_time()));
      ASSERT_EQ(login.end_offset, wire.end_offset());
      ASSERT_EQ(login.user, PrintableText(wire.user(), kMaxUser));
    }
  }
  EXPECT_GT(accepted, 10'000);
}

// Nor does it matter where a message ends: it is none, or one with less in it.
TEST(FailureReportTest, NoBeginningOfAMessageIsReadBeyondItsEnd) {
  const std::string sound = SomeBatch().SerializeAsString();
  for (size_t size = 0; size < sound.size(); ++size) {
    const std::string bytes = sound.substr(0, size);
    FailureReport report("mx1");
    if (Read(bytes, report).ok()) {
      v1::ReportFailuresRequest message;
      EXPECT_TRUE(message.ParseFromString(bytes)) << size;
    }
  }
}

}  // namespace
}  // namespace mxban
