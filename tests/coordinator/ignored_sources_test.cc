#include "coordinator/ignored_sources.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpNetwork Network(const char* text) { return IpNetwork::ParseOrDie(text); }

class IgnoredSourcesTest : public testing::Test {
 protected:
  // The names that resolve; each look-up takes `delay_`.
  std::vector<IpNetwork> Answer(const std::string& name) {
    asked_.push_back(name);
    clock_.Advance(delay_);
    const auto found = answers_.find(name);
    return found == answers_.end() ? std::vector<IpNetwork>() : found->second;
  }

  std::vector<std::string> Refresh(const IgnoreList& list) {
    asked_.clear();
    IgnoredSources::Refreshed refreshed = sources_.Refresh({list});
    has_changed_ = refreshed.has_changed;
    return refreshed.warnings;
  }

  FakeClock clock_;
  absl::Duration delay_;
  std::map<std::string, std::vector<IpNetwork>> answers_;
  std::vector<std::string> asked_;
  bool has_changed_ = false;  // By the newest Refresh().
  ConfigDirectory directory_;
  IgnoredSources sources_{
      clock_, [this](const std::string& name) { return Answer(name); }};
};

TEST_F(IgnoredSourcesTest, LocalhostResolves) {
  IgnoredSources sources(clock_);
  const IgnoreList list = {.names = {"localhost"}};
  EXPECT_THAT(sources.Refresh({list}).warnings, IsEmpty());
  EXPECT_THAT(sources.NetworksOf(list), Contains(Network("127.0.0.1")));
}

TEST_F(IgnoredSourcesTest, NamesAndNetworksMeet) {
  answers_["mx"] = {Network("198.51.100.7"), Network("2001:db8::7")};
  const IgnoreList list = {
      .networks = {Network("192.0.2.9"), Network("192.0.2.0/24"),
                   Network("198.51.100.7")},
      .names = {"mx"}};
  EXPECT_THAT(Refresh(list), IsEmpty());
  EXPECT_THAT(sources_.NetworksOf(list),
              ElementsAre(Network("2001:db8::7"), Network("192.0.2.0/24"),
                          Network("198.51.100.7")))
      << "sorted, none twice or within another";
}

TEST_F(IgnoredSourcesTest, AnAnswerHoldsFiveMinutes) {
  answers_["mx"] = {Network("198.51.100.7")};
  const IgnoreList list = {.names = {"mx"}};
  Refresh(list);
  answers_["mx"] = {Network("198.51.100.8")};
  clock_.Advance(absl::Minutes(5) - absl::Seconds(1));
  Refresh(list);
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_FALSE(has_changed_);
  clock_.Advance(absl::Seconds(1));
  Refresh(list);
  EXPECT_TRUE(has_changed_);
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("198.51.100.8")));
}

TEST_F(IgnoredSourcesTest, TheOrderOfAnAnswerIsNoChange) {
  answers_["mx"] = {Network("198.51.100.7"), Network("198.51.100.8")};
  const IgnoreList list = {.names = {"mx"}};
  Refresh(list);
  EXPECT_TRUE(has_changed_);
  answers_["mx"] = {Network("198.51.100.8"), Network("198.51.100.7")};
  clock_.Advance(absl::Minutes(5));
  Refresh(list);
  EXPECT_THAT(asked_, ElementsAre("mx"));
  EXPECT_FALSE(has_changed_);
}

TEST_F(IgnoredSourcesTest, ANameThatIsGoneKeepsItsAddresses) {
  answers_["mx"] = {Network("198.51.100.7")};
  const IgnoreList list = {.names = {"mx"}};
  Refresh(list);
  answers_.clear();
  clock_.Advance(absl::Minutes(5));
  EXPECT_THAT(
      Refresh(list),
      ElementsAre(
          "ignoreip or allow list: mx does not resolve; the addresses it "
          "had stay ignored"));
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("198.51.100.7")));
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Refresh(list), IsEmpty()) << "said once";
  EXPECT_THAT(asked_, ElementsAre("mx")) << "tried again";
}

TEST_F(IgnoredSourcesTest, AForgottenNameHasNoAddresses) {
  answers_["mx"] = {Network("198.51.100.7")};
  const IgnoreList list = {.names = {"mx"}};
  Refresh(list);
  Refresh({});
  EXPECT_THAT(sources_.NetworksOf(list), IsEmpty());
}

TEST_F(IgnoredSourcesTest, SlowNamesWaitForTheNextTime) {
  delay_ = absl::Seconds(6);
  const IgnoreList list = {.names = {"a", "b", "c"}};
  EXPECT_THAT(Refresh(list),
              ElementsAre(HasSubstr("a does not resolve"),
                          HasSubstr("b does not resolve"),
                          HasSubstr("c was not looked up yet; nobody is")));
  EXPECT_THAT(asked_, ElementsAre("a", "b"));
  EXPECT_THAT(Refresh(list), ElementsAre(HasSubstr("c does not resolve")));
  EXPECT_THAT(asked_, ElementsAre("c"));
}

TEST_F(IgnoredSourcesTest, SlowNamesDoNotStarveOthers) {
  delay_ = absl::Seconds(10);
  const IgnoreList list = {.names = {"a", "b", "c"}};
  std::vector<std::string> asked;
  for (int i = 0; i < 4; ++i) {
    Refresh(list);
    asked.insert(asked.end(), asked_.begin(), asked_.end());
    clock_.Advance(absl::Minutes(2));  // All that were asked are due again.
  }
  EXPECT_THAT(asked, ElementsAre("a", "b", "c", "a"));
}

TEST_F(IgnoredSourcesTest, FilesAreFollowed) {
  answers_["mx"] = {Network("198.51.100.7")};
  const IgnoreList list = {.files = {directory_.In("allow")}};
  directory_.Write("allow", "192.0.2.1 mx\n");
  EXPECT_THAT(Refresh(list), IsEmpty());
  EXPECT_THAT(sources_.NetworksOf(list),
              ElementsAre(Network("192.0.2.1"), Network("198.51.100.7")));
  Refresh(list);
  EXPECT_FALSE(has_changed_);
  directory_.Write("allow", "192.0.2.22\n");
  EXPECT_THAT(Refresh(list), IsEmpty());
  EXPECT_TRUE(has_changed_);
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("192.0.2.22")));
}

TEST_F(IgnoredSourcesTest, AFileThatIsSpoiltKeepsItsNetworks) {
  const IgnoreList list = {.files = {directory_.In("allow")}};
  directory_.Write("allow", "192.0.2.1\n");
  Refresh(list);
  directory_.Write("allow", "192.0.2.1 1.2.3\n");
  EXPECT_THAT(Refresh(list), ElementsAre(HasSubstr("/allow:1: '1.2.3' is no")));
  EXPECT_THAT(Refresh(list), IsEmpty()) << "said once";
  std::filesystem::remove(directory_.In("allow"));
  EXPECT_THAT(Refresh(list), ElementsAre(HasSubstr("cannot be read")));
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("192.0.2.1")));
  directory_.Write("allow", "192.0.2.2\n");
  EXPECT_THAT(Refresh(list), IsEmpty());
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("192.0.2.2")));
}

TEST_F(IgnoredSourcesTest, AFileThatBecomesEmptyKeepsItsNetworks) {
  const IgnoreList list = {.files = {directory_.In("allow")}};
  directory_.Write("allow", "192.0.2.1\n");
  Refresh(list);
  directory_.Write("allow", "");
  EXPECT_THAT(Refresh(list),
              ElementsAre(HasSubstr("/allow: is empty now; what it held")));
  EXPECT_FALSE(has_changed_);
  EXPECT_THAT(Refresh(list), IsEmpty()) << "said once";
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("192.0.2.1")));
  directory_.Write("allow", "192.0.2.2\n");
  EXPECT_THAT(Refresh(list), IsEmpty());
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("192.0.2.2")));
}

TEST_F(IgnoredSourcesTest, AFileThatCouldNotBeReadIsReadAgain) {
  const IgnoreList list = {.files = {directory_.In("link")}};
  directory_.Write("allow", "192.0.2.1\n");
  std::filesystem::create_directory(directory_.In("link"));
  EXPECT_THAT(Refresh(list), ElementsAre(HasSubstr("is no file")));
  std::filesystem::remove(directory_.In("link"));
  std::filesystem::create_symlink(directory_.In("allow"),
                                  directory_.In("link"));
  EXPECT_THAT(Refresh(list), IsEmpty());
  EXPECT_THAT(sources_.NetworksOf(list), ElementsAre(Network("192.0.2.1")));
}

}  // namespace
}  // namespace mxban
