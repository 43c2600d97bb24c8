// The shipped jail for failed logins, with its filter and its limits, over what
// three servers logged in half an hour, together: who is banned, and whether
// they should be.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/decision_loop.h"
#include "coordinator/jail_config.h"
#include "coordinator/sqlite_ban_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"
#include "tests/fakes/fake_clock.h"
#include "tests/filter/sendmail_corpus.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kOldPassword[] = "203.0.113.120";  // On somebody's phone.

Jail ShippedJail() {
  const auto config = LoadJails("deploy/config");
  EXPECT_TRUE(config.ok()) << config.status();
  for (const Jail& jail : config->jails) {
    if (jail.name == "sendmail-auth") return jail;
  }
  ADD_FAILURE() << "it is not enabled";
  return {};
}

// What one server saw.
struct Sight {
  absl::Time time;
  std::string server;
  FailureBatch batch;
};

FailureBatch BatchOf(const FailureMatcher::Result& result, uint64_t end_offset,
                     const std::string& line) {
  FailureBatch batch = {"sendmail-auth", "log"};
  const IpNetwork source = IpNetwork::ParseOrDie(result.host);
  const bool is_right = result.outcome == FailureMatcher::Outcome::kRightLogin;
  for (size_t i = 0; i < result.times.size(); ++i) {
    const std::string user(result.users[i].substr(0, kMaxUser));
    if (is_right) {
      batch.right_logins.push_back(
          {source, *result.times[i], end_offset, user});
    } else {
      batch.failures.push_back(
          {source, *result.times[i], end_offset, line, user});
    }
  }
  return batch;
}

// All that the servers saw, in the order of time.
std::vector<Sight> ReadServers(const Jail& jail, const std::string& log_name) {
  std::vector<Sight> sights;
  for (const std::string server : {"mx1", "mx2", "mx3"}) {
    FailureMatcher matcher = *FailureMatcher::Compile(
        jail.filter, {.time_zone = absl::UTCTimeZone()});
    std::ifstream log(CorpusPath(absl::StrCat(server, "/", log_name)));
    EXPECT_TRUE(log.is_open()) << server;
    uint64_t end_offset = 0;
    for (std::string line; std::getline(log, line);) {
      end_offset += line.size() + 1;
      const auto result = matcher.Match(line, kCorpusNow);
      if (result.times.empty()) continue;
      sights.push_back({*matcher.StampOf(line, kCorpusNow), server,
                        BatchOf(result, end_offset, line)});
    }
  }
  std::stable_sort(
      sights.begin(), sights.end(),
      [](const Sight& a, const Sight& b) { return a.time < b.time; });
  return sights;
}

class GoodSendersCorpusTest : public testing::TestWithParam<const char*> {
 protected:
  // Everybody who is banned in `jail` once all is told.
  static std::set<std::string> BannedBy(const Jail& jail,
                                        const std::vector<Sight>& sights) {
    // In memory where that is possible: there are many turns.
    const std::string directory =
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : testing::TempDir();
    const std::string path =
        absl::StrCat(directory, "/mxban-corpus-", getpid(), ".db");
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path + suffix);
    }
    const auto store = *SqliteBanStore::Open(path);
    BanTable table;
    FakeClock clock(sights.at(0).time);
    DecisionLoop loop(*store, table, clock, 10'000);
    EXPECT_TRUE(
        loop.Load(std::make_shared<JailSet>(JailSet{{jail.name, jail}})).ok());
    for (const Sight& sight : sights) {
      if (sight.time > clock.TimeNow()) {
        loop.RunTurn();
        clock.Advance(sight.time - clock.TimeNow());
      }
      loop.ReportFailures(
          ReportOf(sight.server, sight.batch),
          [](const absl::StatusOr<uint64_t>& end) { EXPECT_TRUE(end.ok()); });
    }
    loop.RunTurn();
    EXPECT_EQ(loop.held_bans().size(), 0);
    std::set<std::string> banned;
    for (const Ban& ban : table.List(std::nullopt, 10'000, "")) {
      banned.insert(ban.key.source.ToString());
    }
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path + suffix);
    }
    return banned;
  }

  const Jail jail_ = ShippedJail();
};

// Who is behind a source, by the truth.
std::map<std::string, std::set<std::string>> RolesBySource(const Jail& jail) {
  std::map<std::string, std::set<std::string>> roles;
  for (const auto& [address, facts] : Truth()["addresses"].items()) {
    for (const std::string role : facts["roles"]) {
      roles[jail.SourceOf(IpNetwork::ParseOrDie(address)).ToString()].insert(
          role);
    }
  }
  return roles;
}

absl::Time TimeOf(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error))
      << error;
  return time;
}

// The sources of attackers who failed `max_retry` times within the window, on
// all servers. They also are if some of it was forgiven.
std::set<std::string> PersistentAttackers(const Jail& jail) {
  std::map<std::string, std::vector<absl::Time>> times;
  for (const auto& [address, facts] : Truth()["addresses"].items()) {
    const auto& roles = facts["roles"];
    if (std::find(roles.begin(), roles.end(), "attacker") == roles.end()) {
      continue;
    }
    auto& of_source =
        times[jail.SourceOf(IpNetwork::ParseOrDie(address)).ToString()];
    for (const auto& [server, done] : facts["servers"].items()) {
      for (const std::string time : done["failed_times"]) {
        of_source.push_back(TimeOf(time));
      }
    }
  }
  std::set<std::string> persistent;
  for (auto& [source, of_source] : times) {
    std::sort(of_source.begin(), of_source.end());
    for (size_t i = jail.max_retry - 1; i < of_source.size(); ++i) {
      if (of_source[i] - of_source[i + 1 - jail.max_retry] < jail.find_time) {
        persistent.insert(source);
      }
    }
  }
  return persistent;
}

TEST_P(GoodSendersCorpusTest, AttackersAreBannedAndPeopleAreNot) {
  const std::set<std::string> banned =
      BannedBy(jail_, ReadServers(jail_, GetParam()));
  auto roles = RolesBySource(jail_);
  std::set<std::string> people, attackers;
  for (const std::string& source : banned) {
    EXPECT_TRUE(roles.contains(source)) << source << " did nothing";
    if (roles[source].contains("user")) people.insert(source);
    if (roles[source].contains("attacker")) attackers.insert(source);
    EXPECT_EQ(people.contains(source), !attackers.contains(source)) << source;
  }
  EXPECT_THAT(people, ElementsAre(kOldPassword));
  EXPECT_EQ(attackers, PersistentAttackers(jail_));
  EXPECT_TRUE(attackers.contains("203.0.113.35")) << "has bob's password";
  EXPECT_TRUE(attackers.contains("203.0.113.40")) << "has alice's password";
  EXPECT_EQ(attackers.size(), 41);
}

// Without right logins there is no such limit: the office comes before many an
// attacker.
TEST_P(GoodSendersCorpusTest, ASumAloneCannotTellThem) {
  Jail deaf = jail_;
  deaf.filter.success_regexes.clear();
  const std::vector<Sight> sights = ReadServers(deaf, GetParam());
  auto roles = RolesBySource(deaf);
  std::set<std::string> people;
  for (const std::string& source : BannedBy(deaf, sights)) {
    if (roles[source].contains("user")) people.insert(source);
  }
  EXPECT_EQ(people.size(), 8) << "of nine";
  deaf.max_retry = 15;
  const std::set<std::string> banned = BannedBy(deaf, sights);
  EXPECT_TRUE(banned.contains("203.0.113.110")) << "the office";
  EXPECT_FALSE(banned.contains("203.0.113.30")) << "a slow attacker";
}

INSTANTIATE_TEST_SUITE_P(Corpus, GoodSendersCorpusTest,
                         testing::Values("mail.log", "mail.iso.log"));

// The table of docs/good-senders.md.
TEST_F(GoodSendersCorpusTest, OtherLimitsDoWhatTheDocumentSays) {
  const struct {
    uint32_t max_retry;
    int minutes;
    size_t people;
    size_t attackers;
  } kRows[] = {{3, 10, 1, 41},  {5, 5, 1, 41},   {5, 10, 1, 41},
               {5, 60, 1, 41},  {7, 10, 1, 39},  {9, 10, 1, 36},
               {10, 10, 0, 34}, {10, 60, 0, 36}, {12, 10, 0, 30}};
  const std::vector<Sight> sights = ReadServers(jail_, "mail.iso.log");
  auto roles = RolesBySource(jail_);
  for (const auto& row : kRows) {
    Jail jail = jail_;
    jail.max_retry = row.max_retry;
    jail.find_time = absl::Minutes(row.minutes);
    size_t people = 0, attackers = 0;
    for (const std::string& source : BannedBy(jail, sights)) {
      (roles[source].contains("attacker") ? attackers : people) += 1;
    }
    EXPECT_EQ(people, row.people) << row.max_retry << " in " << row.minutes;
    EXPECT_EQ(attackers, row.attackers)
        << row.max_retry << " in " << row.minutes;
  }
}

}  // namespace
}  // namespace mxban
