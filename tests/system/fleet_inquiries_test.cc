// What operators ask of a real fleet: explain and audit.

#include <map>
#include <string>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Each record of `lines`, newest or oldest first, by its id.
std::map<std::string, std::string> RecordsOf(const std::string& lines) {
  std::map<std::string, std::string> records;
  for (const absl::string_view line :
       absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    google::protobuf::Struct json;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                    {line.data(), line.size()}, &json)
                    .ok())
        << line;
    auto& fields = *json.mutable_fields();
    std::string id = fields["id"].string_value();
    if (id.empty()) id = absl::StrCat(fields["id"].number_value());
    std::string text;
    for (const char* name : {"who", "action", "jail", "source", "reason"}) {
      absl::StrAppend(&text, fields[name].string_value(), "|");
    }
    EXPECT_TRUE(records.emplace(id, text).second) << "twice: " << line;
  }
  return records;
}

class FleetInquiriesTest : public FleetTest {
 protected:
  // A limit that leaves something to explain.
  void SetLimit(const std::string& limit) {
    const std::string path = folder() + "/config/jail.local";
    const std::string jails = ReadFile(path);
    std::ofstream(path) << absl::StrReplaceAll(
        jails, {{"maxretry = 0", "maxretry = " + limit}});
  }

  std::string AuditFile() const {
    return ReadFile(absl::StrCat(folder(), "/state/audit.jsonl"));
  }

  void RestartCoordinator() { StartCoordinator({"--insecure"}); }
};

TEST_F(FleetInquiriesTest, ExplainNamesServersTimesAndEvidence) {
  SetLimit("3");
  StartFleet();
  const absl::Time now = absl::Now();
  Attack("mx1", now);
  // One that would clear the screen of whoever reads it.
  std::ofstream(LogOf("mx2"), std::ios::app)
      << absl::FormatTime("%b %e %H:%M:%S", now, absl::LocalTimeZone())
      << " server sm-mta[1195]: o0LNaCc5001195: [" << kHowToAttacker
      << "]: possible SMTP attack: command=AUTH, count=5 \x1b[2J\x9b"
         "31m\xff\n";
  const std::string explain = absl::StrCat("explain ", kHowToAttacker);
  NetworkLab::Output output;
  ASSERT_TRUE(Eventually([&] {
    output = Ctl(explain);
    return output.text.find("2 of 3 failures") != std::string::npos;
  })) << output.text;
  EXPECT_THAT(output.text,
              StartsWith("119.129.227.125 is not banned: in jail sendmail 2 of "
                         "3 failures within 10m, on mx1 and mx2\n"));
  EXPECT_THAT(output.text,
              HasSubstr(absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M:%S", now,
                                                      absl::LocalTimeZone()),
                                     " on mx1\n")));
  EXPECT_THAT(output.text, HasSubstr("\\x1b[2J"));
  EXPECT_THAT(output.text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(output.text, Not(HasSubstr("\xff")));

  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitRefused(kHowToAttacker, "mx2"));
  ASSERT_TRUE(AwaitCurrent(2));
  output = Ctl(explain);
  EXPECT_THAT(output.text,
              StartsWith("119.129.227.125 is banned in jail sendmail for "
                         "another 7h59m: 3 failures within 10m, on mx1 and "
                         "mx2\n"));
  EXPECT_THAT(output.text, HasSubstr("  enforced by  mx1 since 20"));
  EXPECT_THAT(output.text, HasSubstr(", mx2 since 20"));
  // The reason of an address is that of its network.
  ASSERT_EQ(Ctl("ban 203.0.113.0/24 --jail sendmail --reason test").exit_code,
            0);
  EXPECT_THAT(Ctl("explain 203.0.113.99").text,
              StartsWith("203.0.113.99 is banned with all of 203.0.113.0/24 in "
                         "jail sendmail for another 7h59m, by an operator: "
                         "test\n"));
  EXPECT_THAT(Ctl(explain + " --json").text, HasSubstr("\"max_retry\":3"));
}

TEST_F(FleetInquiriesTest, TheAuditLogSurvivesKill9AndEqualsTheStore) {
  StartCoordinator({"--insecure"});
  size_t records = 0;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(
          Ctl(absl::StrCat("ban 203.0.113.", round * 5 + i,
                           " --jail sendmail --reason 'round \"", round, "\"'"))
              .exit_code,
          0);
      ++records;
    }
    // Whatever the file had got to by now.
    lab_.Stop(coordinator_, SIGKILL);
    if (round == 1) {
      // As if the machine had died within a write.
      std::filesystem::resize_file(absl::StrCat(folder(), "/state/audit.jsonl"),
                                   AuditFile().size() / 2);
    }
    RestartCoordinator();
    ASSERT_TRUE(Eventually([&] {
      return RecordsOf(AuditFile()).size() == records;
    })) << AuditFile();
    const auto stored = RecordsOf(Ctl("audit --json").text);
    EXPECT_EQ(RecordsOf(AuditFile()), stored);
    EXPECT_EQ(stored.size(), records);
    EXPECT_EQ(stored.at(absl::StrCat(records)),
              absl::StrCat("unix:root|ban|sendmail|203.0.113.", round * 5 + 4,
                           "|round \"", round, "\"|"));
  }
}

TEST_F(FleetInquiriesTest, ARotatedAuditLogGoesOnInANewFile) {
  StartCoordinator({"--insecure"});
  ASSERT_EQ(Ctl("ban 203.0.113.1 --jail sendmail").exit_code, 0);
  ASSERT_TRUE(Eventually([&] { return RecordsOf(AuditFile()).size() == 1; }));
  const std::string path = absl::StrCat(folder(), "/state/audit.jsonl");
  std::filesystem::rename(path, path + ".1");
  kill(coordinator_, SIGHUP);
  ASSERT_TRUE(Eventually([&] { return !AuditFile().empty(); }))
      << "the reload itself is a record";
  EXPECT_EQ(RecordsOf(AuditFile()).at("2"),
            "SIGHUP|reload|||jails in force: 1|");
  EXPECT_EQ(RecordsOf(ReadFile(path + ".1")).size(), 1);
}

}  // namespace
}  // namespace mxban
