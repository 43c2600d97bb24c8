// With a real store and the loop's real thread.

#include "coordinator/jail_updater.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "coordinator/sqlite_ban_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JailUpdaterTest : public testing::Test {
 protected:
  JailUpdaterTest() {
    directory_.Write("filter.d/f.conf", "[Definition]\nfailregex = x <HOST>\n")
        .Write("allow", "192.0.2.1\n");
    WriteJails("maxretry = 3\n");
    store_ = *SqliteBanStore::Open(directory_.In("bans.db"));
    loop_ = std::make_unique<DecisionLoop>(*store_, table_, clock_, 1000);
    updater_ = std::make_unique<JailUpdater>(
        directory_.path(), IgnoredSources(clock_, [this](const auto& name) {
          return Answer(name);
        }));
  }

  ~JailUpdaterTest() override { updater_.reset(); }

  void WriteJails(const std::string& options) {
    directory_.Write("jail.local",
                     "[j]\nenabled = true\nfilter = f\nlogpath = /l\n"
                     "action = iptables-multiport[port=25]\n"
                     "ignoreip = file:" +
                         directory_.In("allow") + " mx\n" + options);
  }

  std::vector<IpNetwork> Answer(const std::string& name) const {
    const auto found = answers_.find(name);
    return found == answers_.end() ? std::vector<IpNetwork>() : found->second;
  }

  void LoadAll() {
    auto jails = updater_->Load();
    ASSERT_TRUE(jails.ok()) << jails.status();
    ASSERT_TRUE(loop_->Load(*std::move(jails)).ok());
    loop_->Start();
  }

  absl::StatusOr<size_t> Reload() {
    absl::Notification answered;
    absl::StatusOr<size_t> answer = absl::InternalError("no answer");
    updater_->Reload("operator", [&](absl::StatusOr<size_t> count) {
      answer = std::move(count);
      answered.Notify();
    });
    answered.WaitForNotification();
    return answer;
  }

  // What the audit log says, oldest first: `WHO: REASON`.
  std::vector<std::string> AuditLog() {
    loop_->Stop();
    std::vector<std::string> log;
    const auto records = store_->AuditAfter(0, 100);
    for (const AuditRecord& record : *records) {
      EXPECT_EQ(record.action, "reload");
      log.push_back(record.who + ": " + record.reason);
    }
    return log;
  }

  absl::StatusOr<AllowedSource> Allow(const std::string& source) {
    absl::Notification answered;
    absl::StatusOr<AllowedSource> answer = absl::InternalError("no answer");
    updater_->Allow({.source = source}, [&](const auto& outcome) {
      if (outcome.ok()) {
        answer = outcome->allowed;
      } else {
        answer = outcome.status();
      }
      answered.Notify();
    });
    answered.WaitForNotification();
    return answer;
  }

  Jail InForce() const { return table_.jails()->at("j"); }

  FakeClock clock_;
  std::map<std::string, std::vector<IpNetwork>> answers_;
  ConfigDirectory directory_;
  BanTable table_;
  std::unique_ptr<BanStore> store_;
  std::unique_ptr<DecisionLoop> loop_;
  std::unique_ptr<JailUpdater> updater_;
};

TEST_F(JailUpdaterTest, JailsComeWithAllTheyIgnore) {
  answers_["mx"] = {IpNetwork::ParseOrDie("198.51.100.7")};
  LoadAll();
  EXPECT_THAT(InForce().ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.1"),
                          IpNetwork::ParseOrDie("198.51.100.7")));
}

TEST_F(JailUpdaterTest, ANameThatDoesNotResolveIsNoError) {
  LoadAll();
  EXPECT_THAT(InForce().ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.1")));
}

TEST_F(JailUpdaterTest, WhatChangesIsPutInForce) {
  LoadAll();
  const uint64_t revision = table_.revision();
  updater_->Refresh(*loop_);
  EXPECT_EQ(table_.revision(), revision) << "nothing changed";
  answers_["mx"] = {IpNetwork::ParseOrDie("198.51.100.7")};
  clock_.Advance(absl::Minutes(5));
  updater_->Refresh(*loop_);
  EXPECT_EQ(table_.revision(), revision + 1);
  directory_.Write("allow", "192.0.2.0/24\n");
  updater_->Refresh(*loop_);
  EXPECT_EQ(table_.revision(), revision + 2);
  EXPECT_THAT(InForce().ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.0/24"),
                          IpNetwork::ParseOrDie("198.51.100.7")));
}

TEST_F(JailUpdaterTest, AReloadIsInForceWhenItIsDone) {
  LoadAll();
  updater_->Start(*loop_);
  WriteJails("maxretry = 7\n");
  const auto count = Reload();
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 1);
  EXPECT_EQ(InForce().max_retry, 7);
}

TEST_F(JailUpdaterTest, ARefusedReloadLeavesEverything) {
  LoadAll();
  updater_->Start(*loop_);
  WriteJails("maxretry = many\n");
  EXPECT_THAT(std::string(Reload().status().message()),
              HasSubstr("jail.local:7: "));
  EXPECT_EQ(InForce().max_retry, 3);
}

TEST_F(JailUpdaterTest, TheAuditLogSaysWhoReplacedTheJails) {
  LoadAll();
  directory_.Write("allow", "192.0.2.0/24\n");
  updater_->Refresh(*loop_);
  updater_->Start(*loop_);
  ASSERT_TRUE(Reload().ok());
  WriteJails("maxretry = many\n");
  ASSERT_FALSE(Reload().ok());
  EXPECT_THAT(AuditLog(), ElementsAre("mxban: what ignoreip says has changed",
                                      "operator: jails in force: 1",
                                      AllOf(HasSubstr("operator: refused: "),
                                            HasSubstr("jail.local:7: "))));
}

TEST_F(JailUpdaterTest, AReloadNeedsALoop) {
  LoadAll();
  updater_->Start(*loop_);
  loop_->Stop();
  WriteJails("maxretry = 7\n");
  EXPECT_EQ(Reload().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(JailUpdaterTest, WhatNoMessageCanHoldIsRefused) {
  std::string words;
  for (int i = 0; i < 25'000; ++i) {
    words += "2001:db8:" + std::to_string(i % 9999) + ":" +
             std::to_string(i / 9999) + "::a\n";
  }
  directory_.Write("allow", words);
  std::string jails;
  for (char name = 'a'; name < 'i'; ++name) {
    jails += std::string("[") + name +
             "]\nenabled = true\nfilter = f\nlogpath = /l\n"
             "action = iptables-multiport[port=25]\nignoreip = file:" +
             directory_.In("allow") + "\n";
  }
  directory_.Write("jail.local", jails);
  EXPECT_THAT(std::string(updater_->Load().status().message()),
              HasSubstr("too large for one message to agents"));
}

TEST_F(JailUpdaterTest, ANameIsAllowedOnceItResolves) {
  LoadAll();
  updater_->Start(*loop_);
  EXPECT_EQ(Allow("office").status(),
            absl::FailedPreconditionError("office does not resolve"));
  answers_["office"] = {IpNetwork::ParseOrDie("198.51.100.9")};
  clock_.Advance(absl::Minutes(5));
  const auto allowed = Allow("office");
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_THAT(allowed->networks,
              ElementsAre(IpNetwork::ParseOrDie("198.51.100.9")));
  EXPECT_THAT(InForce().ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.1"),
                          IpNetwork::ParseOrDie("198.51.100.9")));
}

TEST_F(JailUpdaterTest, AFileIsAllowedIfItCanBeRead) {
  LoadAll();
  updater_->Start(*loop_);
  EXPECT_TRUE(absl::IsFailedPrecondition(Allow("file:/no/file").status()));
  directory_.Write("customers", "198.51.100.0/24 # all\n");
  const auto allowed = Allow("file:" + directory_.In("customers"));
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_THAT(allowed->networks,
              ElementsAre(IpNetwork::ParseOrDie("198.51.100.0/24")));
}

TEST_F(JailUpdaterTest, WhatAnAllowedNameComesToIsFollowed) {
  LoadAll();
  answers_["office"] = {IpNetwork::ParseOrDie("198.51.100.9")};
  absl::Notification allowed;
  loop_->AllowSource({.source = "office", .networks = answers_["office"]},
                     [&](const auto&) { allowed.Notify(); });
  allowed.WaitForNotification();
  updater_->Refresh(*loop_);
  const uint64_t revision = table_.revision();
  answers_["office"] = {IpNetwork::ParseOrDie("198.51.100.10")};
  clock_.Advance(absl::Minutes(5));
  updater_->Refresh(*loop_);
  EXPECT_EQ(table_.revision(), revision + 1);
  EXPECT_THAT(InForce().ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.1"),
                          IpNetwork::ParseOrDie("198.51.100.10")));
  answers_.clear();
  clock_.Advance(absl::Minutes(5));
  updater_->Refresh(*loop_);
  EXPECT_EQ(table_.revision(), revision + 1)
      << "what does not resolve stays what it was";
}

TEST_F(JailUpdaterTest, AReloadLeavesTheAllowListAndThePauseInForce) {
  LoadAll();
  answers_["office"] = {IpNetwork::ParseOrDie("198.51.100.9")};
  updater_->Start(*loop_);
  ASSERT_TRUE(Allow("office").ok());
  absl::Notification paused;
  loop_->PauseEnforcement({.who = "anna"},
                          [&](absl::Status) { paused.Notify(); });
  paused.WaitForNotification();
  WriteJails("maxretry = 7\n");
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(InForce().max_retry, 7);
  EXPECT_TRUE(InForce().dry_run);
  EXPECT_THAT(InForce().ignored_networks,
              testing::Contains(IpNetwork::ParseOrDie("198.51.100.9")));
}

}  // namespace
}  // namespace mxban
