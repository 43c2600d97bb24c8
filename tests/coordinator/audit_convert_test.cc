#include "coordinator/audit_convert.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(AuditConvertTest, ARecordComesBackAsItWas) {
  const AuditRecord record = {
      kNoon, "ann", "ban", "sendmail", "203.0.113.7", "seen elsewhere", 7};
  const auto back = AuditRecordFromProto(AuditRecordToProto(record));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, record);
}

TEST(AuditConvertTest, WordsBecomePrintableAndShort) {
  AuditRecord record = {.time = kNoon, .action = "reload"};
  record.reason = "refused: \x1b[2J\n" + std::string(5'000, 'x');
  const v1::AuditRecord message = AuditRecordToProto(record);
  EXPECT_EQ(message.reason().substr(0, 20), "refused: \\x1b[2J\\nxx");
  EXPECT_EQ(message.reason().size(), 1'000);
}

TEST(AuditConvertTest, ATimeThatIsNoneIsRefused) {
  v1::AuditRecord message = AuditRecordToProto({.time = kNoon});
  message.mutable_record_time()->set_nanos(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(AuditRecordFromProto(message).status()));
}

TEST(AuditConvertTest, APageBeginsBehindTheLastRecordOfTheOneBefore) {
  v1::ListAuditRecordsRequest message;
  message.set_source("203.0.113.7");
  message.set_page_token(AuditTokenOf({.time = kNoon, .id = 7}));
  const auto query = AuditQueryFromProto(message);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->source, IpNetwork::ParseOrDie("203.0.113.7"));
  EXPECT_EQ(query->since, absl::InfinitePast());
  EXPECT_EQ(query->before->time, kNoon);
  EXPECT_EQ(query->before->id, 7);

  for (const char* token : {"x", "1", "1 x", " ", "1 18446744073709551615"}) {
    message.set_page_token(token);
    EXPECT_TRUE(absl::IsInvalidArgument(AuditQueryFromProto(message).status()))
        << token;
  }
}

}  // namespace
}  // namespace mxban
