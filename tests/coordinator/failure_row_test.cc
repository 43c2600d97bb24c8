#include "coordinator/failure_row.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "common/jail.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

BanKey Key(const char* source, const char* jail = "jail") {
  return {jail, IpNetwork::ParseOrDie(source)};
}

// A row with one of each kind of record and of source.
std::string SomeRow() {
  FailureRowWriter writer;
  writer.Forget("jail", IpNetwork::ParseOrDie("198.51.100.0/25"));
  writer.Add(Kept({Key("203.0.113.30"), kNoon, "mx1", "line", "bob"}), 0);
  writer.Add(Kept({Key("2001:db8::/64"), kNoon, "mx1", "", ""}), 1);
  writer.Add(Kept({Key("2001:db8::1", "other"), kNoon + absl::Microseconds(1),
                   "", std::string(300, 'x'), ""}),
             300);
  writer.Forget("other", IpNetwork::ParseOrDie("203.0.113.0/24"));
  writer.Add(Kept({Key("0.0.0.0/0"), kNoon, "", "e", "u"}), UINT64_MAX);
  return std::string(writer.data());
}

// All records of `row` as text; `!` where it is not readable.
std::string TextOf(absl::string_view row) {
  std::string text;
  FailureRowReader reader(row);
  FailureRowReader::Record record;
  while (true) {
    const absl::StatusOr<bool> is_record = reader.Next(record);
    if (!is_record.ok()) return text + "!";
    if (!*is_record) return text;
    const StoredFailure failure = record.failure.Copy();
    text += (record.is_forgotten ? "-" : "+") + failure.key.jail + " " +
            failure.key.source.ToString();
    if (record.is_forgotten) {
      text += "\n";
      continue;
    }
    text += " " + std::to_string(record.back) + " " +
            std::to_string(absl::ToInt64Microseconds(failure.time - kNoon)) +
            " " + failure.server + "," + failure.user + "," +
            failure.evidence.substr(0, 5) + "\n";
  }
}

TEST(FailureRowTest, WhatIsWrittenIsRead) {
  EXPECT_EQ(TextOf(SomeRow()),
            "-jail 198.51.100.0/25\n"
            "+jail 203.0.113.30 0 0 mx1,bob,line\n"
            "+jail 2001:db8::/64 1 0 mx1,,\n"
            "+other 2001:db8::1 300 1 ,,xxxxx\n"
            "-other 203.0.113.0/24\n"
            "+jail 0.0.0.0/0 18446744073709551615 0 ,u,e\n");
}

TEST(FailureRowTest, EachRowNamesItsServer) {
  FailureRowWriter writer;
  const FailureView failure =
      Kept({Key("203.0.113.30"), kNoon, "mx1", "line", "bob"});
  writer.Add(failure, 0);
  writer.Clear();
  writer.Forget("jail", failure.source);
  writer.Add(failure, 0);
  EXPECT_EQ(TextOf(writer.data()),
            "-jail 203.0.113.30\n+jail 203.0.113.30 0 0 mx1,bob,line\n");
}

TEST(FailureRowTest, ARowHoldsAPageAndNamesItsNewest) {
  FailureRowWriter writer;
  const FailureView failure =
      Kept({Key("203.0.113.30"), kNoon, "mx1", std::string(180, 'e'), "bob"});
  EXPECT_TRUE(writer.is_empty());
  EXPECT_EQ(writer.newest_us(), 0);
  int count = 0;
  for (; writer.HasRoomFor(failure); ++count) writer.Add(failure, 0);
  EXPECT_GT(count, 15);
  EXPECT_LE(writer.data().size(), 4000);
  EXPECT_EQ(writer.newest_us(), absl::ToUnixMicros(kNoon));
  writer.Clear();
  EXPECT_EQ(writer.newest_us(), 0);
  const FailureView large =
      Kept({Key("203.0.113.30"), kNoon, "mx1", std::string(9000, 'e'), ""});
  ASSERT_TRUE(writer.HasRoomFor(large)) << "it must go somewhere";
  writer.Add(large, 0);
  EXPECT_EQ(TextOf(writer.data()), "+jail 203.0.113.30 0 0 mx1,,eeeee\n")
      << "jail and server are named again";
}

TEST(FailureRowTest, ARowIsAsLargeAsItCanBePacked) {
  FailureRowWriter writer;
  const FailureView failure =
      Kept({Key("203.0.113.30"), kNoon, "mx1", std::string(180, 'e'), "bob"});
  const auto fill = [&] {
    writer.Clear();
    while (writer.HasRoomFor(failure)) writer.Add(failure, 0);
    return writer.data().size();
  };
  const size_t first = fill();
  writer.FitTo(4'000, first / 3);
  const size_t second = fill();
  EXPECT_GT(second, 11'000);
  EXPECT_LE(second, 12'500);
  writer.FitTo(4'000, 10);
  EXPECT_LE(fill(), 32'000);
  writer.FitTo(4'000, 32'000);
  EXPECT_EQ(fill(), first) << "it could not be packed";
  writer.Clear();
  writer.Add(failure, 0);
  writer.FitTo(4'000, 10);
  EXPECT_EQ(fill(), first) << "a small one tells nothing";
}

// No beginning of a row is read beyond its end.
TEST(FailureRowTest, ARowThatIsCutShortIsNotReadable) {
  const std::string row = SomeRow();
  const std::string whole = TextOf(row);
  for (size_t size = 0; size < row.size(); ++size) {
    std::string text = TextOf(std::string(row, 0, size));
    if (!text.empty() && text.back() == '!') text.pop_back();
    EXPECT_EQ(whole.substr(0, text.size()), text);
    EXPECT_LT(text.size(), whole.size());
  }
}

TEST(FailureRowTest, WhatNoMxbanWritesIsNotReadable) {
  const std::string time(8, '\1');
  for (const std::string& row : std::vector<std::string>{
           std::string("\2"),                        // No kind.
           std::string("\0\xa1\1\2\3\4", 6),         // No jail.
           std::string("\0\xa1\1\2\3\4\0", 7),       // As none before.
           std::string("\0\xa2\1\2\3\4\1j", 8),      // No such width.
           std::string("\0\x99\1\2\3\1j", 7) + "x",  // Rubbish behind.
           std::string("\0\x98\1\2\3\1j", 7),        // Host bits.
           std::string("\1\x81\1\0", 4) + std::string(8, '\0') +
               std::string("\1\0\0j", 4),  // No time.
           std::string("\1\x81\1\0", 4) + std::string(8, '\x7f') +
               std::string("\1\0\0j", 4),  // Too late.
           std::string("\1\x81\1\0", 4) + time +
               std::string("\0\0\0j", 4),  // No server.
           std::string("\1\x81\1\0", 4) + time + std::string("\1\x41\0j", 4) +
               std::string(65, 'u'),
       }) {
    EXPECT_EQ(TextOf(row).back(), '!') << TextOf(row);
  }
}

// Whatever the bytes: the end comes, and what is read keeps the rules.
TEST(FailureRowTest, DamageIsReadAsSuch) {
  absl::BitGen random;
  const std::string sound = SomeRow();
  for (int i = 0; i < 100'000; ++i) {
    std::string row = sound;
    for (int changes = absl::Uniform(random, 1, 4); changes > 0; --changes) {
      row[absl::Uniform<size_t>(random, 0, row.size())] =
          static_cast<char>(absl::Uniform(random, 0, 256));
    }
    FailureRowReader reader(row);
    FailureRowReader::Record record;
    absl::StatusOr<bool> is_record;
    size_t records = 0;
    while ((is_record = reader.Next(record)).value_or(false)) {
      ASSERT_LE(++records, row.size());
      ASSERT_FALSE(record.failure.jail.empty());
      ASSERT_LE(record.failure.jail.size(), kMaxJailName);
      ASSERT_LE(record.failure.user.size(), kMaxUser);
    }
    ASSERT_TRUE(is_record.ok() || absl::IsDataLoss(is_record.status()));
  }
}

}  // namespace
}  // namespace mxban
