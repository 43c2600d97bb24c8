#include "tests/cluster/simulation/wire.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::simulation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WireTest : public testing::Test {
 protected:
  void Wait() { agenda_.RunUntil(agenda_.TimeNow() + absl::Minutes(1)); }

  Agenda agenda_{absl::FromUnixSeconds(1'795'435'200)};
  Random random_{1};
  std::shared_ptr<int> life_ = std::make_shared<int>();
  std::vector<std::string> received_;
  int rooms_ = 0;
  Wire wire_{agenda_,
             random_,
             life_,
             {[this](const std::string& bytes) { received_.push_back(bytes); },
              [this] { ++rooms_; }}};
};

TEST_F(WireTest, KeepsTheOrder) {
  for (const char* bytes : {"a", "b", "c"}) wire_.Send(bytes);
  EXPECT_THAT(received_, IsEmpty());
  Wait();
  EXPECT_THAT(received_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(rooms_, 3);
}

TEST_F(WireTest, AWriterWaitsWhenNothingArrives) {
  wire_.SetHeld(true);
  int sent = 0;
  for (; wire_.has_room(); ++sent) wire_.Send("a");
  Wait();
  EXPECT_THAT(received_, IsEmpty());
  wire_.SetHeld(false);
  Wait();
  EXPECT_EQ(received_.size(), sent);
}

TEST_F(WireTest, OfACutOneTheFirstMayStillArrive) {
  for (int round = 0; round < 100; ++round) {
    Wire wire(
        agenda_, random_, life_,
        {[&](const std::string& bytes) { received_.push_back(bytes); }, [] {}});
    received_.clear();
    for (const char* bytes : {"a", "b", "c"}) wire.Send(bytes);
    wire.Cut();
    wire.Send("d");
    Wait();
    const std::vector<std::string> all = {"a", "b", "c"};
    ASSERT_LE(received_.size(), all.size());
    EXPECT_TRUE(std::equal(received_.begin(), received_.end(), all.begin()));
  }
}

TEST_F(WireTest, NobodyHearsWhatIsClosedOrDead) {
  wire_.Send("a");
  wire_.Close();
  Wait();
  EXPECT_THAT(received_, IsEmpty());
  Wire other(agenda_, random_, life_,
             {[this](const std::string& bytes) { received_.push_back(bytes); },
              [] {}});
  other.Send("b");
  life_.reset();
  Wait();
  EXPECT_THAT(received_, IsEmpty());
}

}  // namespace
}  // namespace mxban::simulation
