#include "agent/watched_log.h"

#include <atomic>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_local_counter.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'795'425'600);

class WatchedLogTest : public testing::Test {
 protected:
  void AddEye(const std::string& name, const std::string& fail_regex,
              bool is_double = false) {
    Jail jail;
    jail.name = name;
    jail.filter = {.fail_regexes = {fail_regex}, .use_names = false};
    jail.find_time = absl::Hours(log_.eyes.size() + 1);
    log_.eyes.push_back(
        {LogWatcher::Create(jail, absl::UTCTimeZone()).value(), is_double});
    log_.eyes.back().watcher.TurnTo("log", 0);
  }

  bool Read(absl::string_view text, uint64_t begin) {
    return log_.Read(surroundings_,
                     {.text = text,
                      .begin = begin,
                      .end = begin + text.size() + 1,
                      .time = kNow},
                     kNow, counts_);
  }

  size_t ReadBlock(absl::string_view lines, uint64_t offset) {
    return log_.ReadBlock(surroundings_, lines, offset, kNow, counts_);
  }

  std::vector<std::string> Reported() {
    std::vector<std::string> failures;
    while (const auto batch = outbox_.Take(100)) {
      for (const Failure& failure : batch->failures) {
        failures.push_back(batch->jail + " " + failure.source.ToString());
        EXPECT_EQ(failure.time, kNow);
      }
    }
    return failures;
  }

  WatchedLog log_;
  FailureOutbox outbox_{2};
  NameResolver names_{
      [](const std::string&) { return std::vector<IpNetwork>{}; }, [] {}};
  const std::vector<IpNetwork> own_;
  FakeLocalCounter local_counter_;
  std::atomic<bool> is_alone_ = false;
  std::atomic<bool> is_stopping_ = false;
  LogWatcher::Surroundings surroundings_{outbox_,   local_counter_, names_,
                                         is_alone_, is_stopping_,   own_};
  LogWatcher::Counts counts_;
};

TEST_F(WatchedLogTest, AllReadButThoseWhoReadItElsewhere) {
  AddEye("a", "x <HOST>");
  AddEye("b", "<HOST>");
  AddEye("c", "<HOST>", true);
  EXPECT_TRUE(Read("x 192.0.2.1", 0));
  EXPECT_THAT(Reported(), ElementsAre("a 192.0.2.1", "b 192.0.2.1"));
  EXPECT_TRUE(log_.IsReadBy("a"));
  EXPECT_FALSE(log_.IsReadBy("c"));
  EXPECT_FALSE(log_.IsReadBy("d"));
}

TEST_F(WatchedLogTest, ALineThatOneRefusesComesAgainForNobodyElse) {
  AddEye("a", "x <HOST>");
  AddEye("b", "<HOST>");
  EXPECT_TRUE(Read("192.0.2.1", 0));
  EXPECT_FALSE(Read("x 192.0.2.2", 10)) << "room for one more";
  EXPECT_THAT(Reported(), UnorderedElementsAre("b 192.0.2.1", "a 192.0.2.2"));
  outbox_.Acknowledge("b", "log", 10);
  EXPECT_TRUE(Read("x 192.0.2.2", 10));
  EXPECT_THAT(Reported(), ElementsAre("b 192.0.2.2"));
}

TEST_F(WatchedLogTest, OfABlockEachReadsWhatMayMatterToIt) {
  AddEye("a", "failure <HOST>$");
  AddEye("b", "attack <HOST>$");
  AddEye("c", "attack <HOST>$", true);
  const std::string text =
      "good\n1795425600 attack 192.0.2.1\nfine\n"
      "1795425600 failure 192.0.2.2\nfine\n";
  EXPECT_EQ(ReadBlock(text, 0), text.size());
  EXPECT_THAT(Reported(), ElementsAre("a 192.0.2.2", "b 192.0.2.1"));
  EXPECT_EQ(log_.KnownTo(), text.size());
}

TEST_F(WatchedLogTest, ABlockIsReadUpToTheLineThatIsRefused) {
  AddEye("a", "failure <HOST>$");
  AddEye("b", "attack <HOST>$");
  const std::string text =
      "1795425600 attack 192.0.2.1\nx\n1795425600 failure 192.0.2.2\ny\n"
      "1795425600 attack 192.0.2.3\nz\n";
  const size_t third = text.rfind("1795425600");
  EXPECT_EQ(ReadBlock(text, 0), third) << "the outbox has room for two";
  EXPECT_EQ(log_.KnownTo(), third);
  EXPECT_THAT(Reported(), ElementsAre("a 192.0.2.2", "b 192.0.2.1"));
  outbox_.Acknowledge("b", "log", text.find('\n') + 1);
  EXPECT_EQ(ReadBlock(text.substr(third), third), text.size() - third);
  EXPECT_THAT(Reported(), ElementsAre("b 192.0.2.3"));
}

TEST_F(WatchedLogTest, WhoIsAboutToStopReadsNothingMore) {
  AddEye("a", "failure <HOST>$");
  is_stopping_ = true;
  EXPECT_EQ(ReadBlock("x\n1795425600 failure 192.0.2.2\n", 0), 2u);
}

TEST_F(WatchedLogTest, WhoKnowsTheBlockReadsItNotAgain) {
  AddEye("a", "failure <HOST>$");
  const std::string text = "1795425600 failure 192.0.2.2\n";
  ReadBlock(text, 0);
  AddEye("b", "failure <HOST>$");
  log_.scanner.reset();
  EXPECT_EQ(log_.KnownTo(), 0u);
  ReadBlock(text, 0);
  EXPECT_THAT(Reported(), ElementsAre("a 192.0.2.2", "b 192.0.2.2"));
}

TEST_F(WatchedLogTest, WhoNeedsEachLineIsGivenIt) {
  AddEye("a", "failure <HOST>$");
  AddEye("b", " <HOST>$");
  const std::string text =
      "1795425600 192.0.2.1\n1795425600 failure 192.0.2.2\n";
  ReadBlock(text, 0);
  EXPECT_EQ(ReadBlock("1795425600 192.0.2.3\n", text.size()), 0u) << "no room";
}

TEST_F(WatchedLogTest, ALineThatIsTooLongIsSomebodyElses) {
  AddEye("a", "failure <HOST>$");
  const std::string first = "1795425600 failure 192.0.2.1\n";
  EXPECT_EQ(ReadBlock(first + "failure " +
                          std::string(LineSource::kMaxLineBytes, 'x') + "\n",
                      0),
            first.size());
}

TEST_F(WatchedLogTest, RemembersAsLongAsTheLongest) {
  EXPECT_EQ(log_.Memory(), absl::ZeroDuration());
  AddEye("a", "<HOST>");
  AddEye("b", "<HOST>");
  EXPECT_EQ(log_.Memory(), absl::Hours(2) + Filter().join_time);
}

TEST_F(WatchedLogTest, RightLoginsAreRememberedForLonger) {
  Jail jail;
  jail.filter = {.fail_regexes = {"<HOST>"},
                 .success_regexes = {"<F-USER>x</F-USER> <IP4>"}};
  jail.good_time = absl::Hours(9);
  log_.eyes.push_back({LogWatcher::Create(jail, absl::UTCTimeZone()).value()});
  EXPECT_EQ(log_.Memory(), absl::Hours(9));
}

}  // namespace
}  // namespace mxban
