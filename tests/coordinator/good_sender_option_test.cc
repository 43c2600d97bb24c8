#include "coordinator/good_sender_option.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/coordinator/section_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GoodSenderOptionTest : public SectionTest {
 protected:
  GoodSenderOptionTest() { jail_.filter.success_regexes = {"x"}; }

  Jail Read(const std::string& options) {
    Jail jail = jail_;
    ReadSection(options, [&](SectionReader& section) {
      ReadGoodSenders(section, jail);
    });
    return jail;
  }

  Jail jail_;  // Before it is read.
};

TEST_F(GoodSenderOptionTest, ADayAndATwentiethUnlessItSaysOtherwise) {
  EXPECT_EQ(Read("").good_time, absl::Hours(24));
  EXPECT_EQ(Read("").max_good_share, 0.05);
  const Jail jail = Read("goodtime = 2h\nmaxgoodshare = 10%%\n");
  EXPECT_EQ(jail.good_time, absl::Hours(2));
  EXPECT_EQ(jail.max_good_share, 0.1);
  EXPECT_EQ(Read("maxgoodshare = 0\n").max_good_share, 0) << "no limit";
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_EQ(error_, "");
}

TEST_F(GoodSenderOptionTest, NeverShorterThanTheWindow) {
  jail_.find_time = absl::Hours(48);
  EXPECT_EQ(Read("").good_time, absl::Hours(48));
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_EQ(Read("goodtime = 3d\n").good_time, absl::Hours(72));
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_EQ(Read("goodtime = 1h\n").good_time, absl::Hours(48));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("jail.local:2: [j] goodtime = 1h "
                                            "is shorter than findtime")));
}

TEST_F(GoodSenderOptionTest, MistakesAreNamed) {
  Read("goodtime = 0\nmaxgoodshare = 5\n");
  EXPECT_THAT(error_, HasSubstr("jail.local:2: [j] goodtime: '0' is not"));
  EXPECT_THAT(error_, HasSubstr("jail.local:3: [j] maxgoodshare: '5' is no"));
}

TEST_F(GoodSenderOptionTest, WithoutASuccessregexThereIsNoLimit) {
  jail_.filter.success_regexes.clear();
  EXPECT_EQ(Read("").max_good_share, 0);
  EXPECT_THAT(notes_, IsEmpty());
  EXPECT_EQ(Read("maxgoodshare = 0.1\ngoodtime = 1m\n").max_good_share, 0);
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("goodtime is not used"),
                                  HasSubstr("maxgoodshare is not used")));
  EXPECT_EQ(Read("[DEFAULT]\nmaxgoodshare = 0.1\n").max_good_share, 0);
  EXPECT_THAT(notes_, IsEmpty()) << "of all jails";
}

}  // namespace
}  // namespace mxban
