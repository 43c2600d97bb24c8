// What right logins do to decisions: through a DecisionLoop on a real store.

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

class GoodSendersDecisionsTest : public DecisionLoopTest {
 protected:
  GoodSendersDecisionsTest() { Listen(); }

  // Puts jails in force that know right logins.
  void Listen() {
    auto jails = std::make_shared<JailSet>(*Jails(3));
    jails->at("jail").filter.success_regexes = {"x"};
    jails->at("jail").max_good_share = share_;
    Replace(jails);
  }

  void RestartListening() {
    Restart();
    Listen();
    loop_->RunTurn();
  }

  FailureBatch Batch(const std::string& log = "log") { return {"jail", log}; }

  Failure FailureOf(const std::string& user,
                    const std::string& source = kAttacker) {
    return {IpNetwork::ParseOrDie(source), clock_.TimeNow(), ++next_offset_,
            absl::StrCat(user, " fails"), user};
  }

  RightLogin LoginOf(const std::string& user,
                     const std::string& source = kAttacker) {
    return {IpNetwork::ParseOrDie(source), clock_.TimeNow(), ++next_offset_,
            user};
  }

  void Send(FailureBatch batch, const std::string& server = "mx1") {
    absl::StatusOr<uint64_t> answer = absl::InternalError("no answer");
    loop_->ReportFailures(ReportOf(server, batch),
                          [&](absl::StatusOr<uint64_t> o) { answer = o; });
    loop_->RunTurn();
    answer_ = answer;
  }

  void Fail(const std::string& user, int times = 1,
            const std::string& source = kAttacker) {
    for (int i = 0; i < times; ++i) {
      clock_.Advance(absl::Seconds(1));
      FailureBatch batch = Batch();
      batch.failures = {FailureOf(user, source)};
      Send(std::move(batch));
    }
  }

  void LogIn(const std::string& user, const std::string& source = kAttacker,
             const std::string& server = "mx1") {
    FailureBatch batch = Batch();
    batch.right_logins = {LoginOf(user, source)};
    Send(std::move(batch), server);
  }

  double share_ = 0;
  absl::StatusOr<uint64_t> answer_ = 0;
};

TEST_F(GoodSendersDecisionsTest, AnOfficeIsNotBannedForItsSlips) {
  for (const char* user : {"alice", "bob", "erin"}) {
    Fail(user);
    LogIn(user, kAttacker, "mx2");
    Fail(user, 10);
  }
  EXPECT_FALSE(Standing().has_value());
  const DecisionStatistics statistics = loop_->statistics();
  EXPECT_EQ(statistics.forgiven_by_jail.at("jail"), 30);
  EXPECT_EQ(statistics.failures_by_jail.at("jail"), 3);
  EXPECT_EQ(statistics.right_logins_by_jail.at("jail"), 3);
  EXPECT_EQ(statistics.good_senders, 1);
}

TEST_F(GoodSendersDecisionsTest, OneStolenPasswordClearsNobody) {
  LogIn("bob");
  Fail("bob", 5);
  Fail("mail");
  Fail("root");
  EXPECT_FALSE(Standing().has_value());
  Fail("bob", 5);
  Fail("hr");
  ASSERT_TRUE(Standing().has_value());
  EXPECT_EQ(Standing()->failure_count, 3);
  EXPECT_EQ(Standing()->evidence,
            (std::vector<std::string>{"mail fails", "root fails", "hr fails"}));
}

TEST_F(GoodSendersDecisionsTest, FailuresWithoutAUserAreNeverForgiven) {
  LogIn("bob");
  Fail("", 3);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(GoodSendersDecisionsTest, ALoginForgivesWhatCameBefore) {
  Fail("alice", 2);
  LogIn("alice");
  Fail("bob", 2);
  EXPECT_FALSE(Standing().has_value());
  Fail("bob");
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(GoodSendersDecisionsTest, InABatchTheOrderOfLinesHolds) {
  FailureBatch batch = Batch();
  for (int i = 0; i < 2; ++i) batch.failures.push_back(FailureOf("alice"));
  batch.right_logins.push_back(LoginOf("alice"));
  for (int i = 0; i < 9; ++i) batch.failures.push_back(FailureOf("alice"));
  Send(batch);
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(*answer_, next_offset_);
  batch = Batch();
  const char* other = "203.0.113.31";
  for (int i = 0; i < 3; ++i) {
    batch.failures.push_back(FailureOf("alice", other));
  }
  batch.right_logins.push_back(LoginOf("alice", other));
  Send(batch);
  EXPECT_TRUE(Standing(other).has_value()) << "it comes too late";
  EXPECT_EQ(*answer_, next_offset_);
}

TEST_F(GoodSendersDecisionsTest, ARestartForgivesAndCountsTheSame) {
  Fail("alice", 2);
  LogIn("alice");
  Fail("bob", 2);
  Fail("alice", 2);
  RestartListening();
  EXPECT_EQ(loop_->statistics().good_senders, 1);
  Fail("alice", 5);
  EXPECT_FALSE(Standing().has_value());
  Fail("carol");
  ASSERT_TRUE(Standing().has_value());
  EXPECT_EQ(
      Standing()->evidence,
      (std::vector<std::string>{"bob fails", "bob fails", "carol fails"}));
}

TEST_F(GoodSendersDecisionsTest, ATurnThatFailedForgivesNothing) {
  Fail("alice", 2);
  store_->is_full_ = true;
  LogIn("alice");
  EXPECT_FALSE(answer_.ok());
  store_->is_full_ = false;
  Fail("alice");
  EXPECT_TRUE(Standing().has_value()) << "the login comes again, later";
}

TEST_F(GoodSendersDecisionsTest, PardonsLeaveRightLoginsAlone) {
  LogIn("alice");
  Fail("bob", 3);
  ASSERT_TRUE(Standing().has_value());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  Fail("alice", 5);
  EXPECT_FALSE(Standing().has_value());
  RestartListening();
  Fail("alice", 5);
  EXPECT_FALSE(Standing().has_value());
}

TEST_F(GoodSendersDecisionsTest, GoodTimeEnds) {
  LogIn("alice");
  clock_.Advance(absl::Hours(24) - absl::Seconds(6));
  Fail("alice", 5);
  EXPECT_FALSE(Standing().has_value());
  clock_.Advance(absl::Seconds(1));
  Fail("alice", 3);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(GoodSendersDecisionsTest, AJailThatDoesNotListenForgivesNothing) {
  Replace(Jails(3));
  LogIn("alice");
  Fail("alice", 3);
  EXPECT_TRUE(Standing().has_value());
}

// Against the rule itself: what is banned does not depend on the order in which
// servers tell, as long as nobody is banned meanwhile.
TEST_F(GoodSendersDecisionsTest, TheOrderOfArrivalDoesNotMatter) {
  std::mt19937 random(7331);
  for (int round = 0; round < 40; ++round) {
    const std::string source = absl::StrCat("198.51.100.", round);
    std::vector<FailureBatch> told;
    int unforgiven = 0;
    bool has_logged_in[3] = {};
    const char* users[] = {"alice", "bob", "carol"};
    std::vector<int> tried;
    for (int step = 0; step < 8; ++step) {
      const int user = static_cast<int>(random() % 3);
      FailureBatch batch = Batch(absl::StrCat("log", round, step));
      if (random() % 3 == 0) {
        has_logged_in[user] = true;
        batch.right_logins = {LoginOf(users[user], source)};
      } else {
        tried.push_back(user);
        batch.failures = {FailureOf(users[user], source)};
      }
      told.push_back(std::move(batch));
    }
    for (const int user : tried) unforgiven += has_logged_in[user] ? 0 : 1;
    // Logins first, so that nobody is banned before all is told.
    std::shuffle(told.begin(), told.end(), random);
    std::stable_partition(told.begin(), told.end(), [](const auto& batch) {
      return !batch.right_logins.empty();
    });
    if (tried.size() < 3) std::reverse(told.begin(), told.end());
    for (FailureBatch& batch : told) Send(std::move(batch));
    ASSERT_EQ(Standing(source.c_str()).has_value(), unforgiven >= 3)
        << "round " << round;
  }
}

class MaxGoodShareTest : public GoodSendersDecisionsTest {
 protected:
  MaxGoodShareTest() {
    share_ = 0.05;
    Listen();
  }

  // Somebody logs in from there, and somebody else is guessed at.
  void GoodThenBad(const std::string& source) {
    LogIn("alice", source);
    Fail("root", 3, source);
  }

  bool IsHeld(const std::string& source) const {
    return loop_->held_bans()
        .Find({"jail", IpNetwork::ParseOrDie(source)})
        .has_value();
  }
};

TEST_F(MaxGoodShareTest, GoodSendersBeyondTheShareAreHeld) {
  for (int i = 1; i <= 3; ++i) GoodThenBad(absl::StrCat("198.51.100.", i));
  EXPECT_EQ(table_->size(), 3) << "three are always banned";
  GoodThenBad("198.51.100.4");
  EXPECT_EQ(table_->size(), 3);
  ASSERT_TRUE(IsHeld("198.51.100.4"));
  EXPECT_EQ(loop_->held_bans()
                .Find({"jail", IpNetwork::ParseOrDie("198.51.100.4")})
                ->hold_reason,
            "maxgoodshare: users log in rightly from it, and 3 of 4 such "
            "sources were banned within 10m, at most 5% are");
  Fail("root", 3, "198.51.100.5");
  EXPECT_EQ(table_->size(), 4) << "it is no good sender";
  clock_.Advance(absl::Minutes(10));
  GoodThenBad("198.51.100.6");
  EXPECT_EQ(table_->size(), 5) << "the window is over";
}

TEST_F(MaxGoodShareTest, ALargeFleetBansMore) {
  for (int i = 0; i < 80; ++i) LogIn("alice", absl::StrCat("203.0.113.", i));
  for (int i = 1; i <= 4; ++i) Fail("root", 3, absl::StrCat("203.0.113.", i));
  EXPECT_EQ(table_->size(), 4);
  Fail("root", 3, "203.0.113.5");
  EXPECT_TRUE(IsHeld("203.0.113.5"));
}

TEST_F(MaxGoodShareTest, OneTurnKeepsTheShareToo) {
  for (int i = 1; i <= 5; ++i) LogIn("alice", absl::StrCat("198.51.100.", i));
  FailureBatch batch = Batch();
  for (int i = 1; i <= 5; ++i) {
    for (int failure = 0; failure < 3; ++failure) {
      batch.failures.push_back(
          FailureOf("root", absl::StrCat("198.51.100.", i)));
    }
  }
  Send(std::move(batch));
  EXPECT_EQ(table_->size(), 3);
  EXPECT_EQ(loop_->held_bans().size(), 2);
}

TEST_F(MaxGoodShareTest, ARestartRemembersWhomItBanned) {
  for (int i = 1; i <= 3; ++i) GoodThenBad(absl::StrCat("198.51.100.", i));
  // The jails of the first moment know nothing of right logins.
  auto jails = std::make_shared<JailSet>(*Jails(3));
  jails->at("jail").filter.success_regexes = {"x"};
  jails->at("jail").max_good_share = share_;
  loop_.reset();
  table_ = std::make_unique<BanTable>();
  store_.reset();
  store_ = std::make_unique<FullableStore>(*SqliteBanStore::Open(path_));
  loop_ = std::make_unique<DecisionLoop>(*store_, *table_, clock_, 1000);
  ASSERT_TRUE(loop_->Load(jails).ok());
  GoodThenBad("198.51.100.4");
  EXPECT_TRUE(IsHeld("198.51.100.4"));
}

TEST_F(MaxGoodShareTest, WithoutALimitNothingIsHeld) {
  share_ = 0;
  Listen();
  for (int i = 1; i <= 9; ++i) GoodThenBad(absl::StrCat("198.51.100.", i));
  EXPECT_EQ(table_->size(), 9);
}

}  // namespace
}  // namespace mxban
