// What is read by hand at a line's begin is what the expressions of the same
// templates find there: on lines that are made well, and then spoilt.

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "filter/date_pattern.h"
#include "filter/default_templates.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'435'200);

constexpr char kIsoStamp[] = "2026-11-23 08:40:11";

absl::TimeZone Berlin() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &zone));
  return zone;
}

// The same templates, spelt out: so none is read by hand.
DatePattern ByExpressions(const std::string& special) {
  std::vector<std::string> lines;
  for (const NamedDatePattern& pattern : PatternsOf(special)) {
    lines.push_back(pattern.pattern);
  }
  return DatePattern::Compile(lines, Berlin()).value();
}

std::string Describe(const std::optional<DatePattern::Stamp>& stamp) {
  if (!stamp) return "none";
  return absl::StrCat(
      stamp->begin, "-", stamp->end, " template ", stamp->template_index, " ",
      stamp->time ? absl::FormatTime(*stamp->time) : "impossible");
}

// Makes lines that begin with a stamp, or nearly.
class LineMaker {
 public:
  std::string Next() {
    std::string line = absl::StrCat(Pick(kFronts), Stamp(), Pick(kTails));
    const int spoilt = static_cast<int>(random_() % 5) - 2;
    for (int i = 0; i < spoilt; ++i) Spoil(line);
    return line;
  }

 private:
  using Choices = std::vector<std::string>;

  const std::string& Pick(const Choices& choices) {
    return choices[random_() % choices.size()];
  }

  std::string Number(int limit, bool padded) {
    const int number = static_cast<int>(random_()) & 0xffff;
    const std::string digits = absl::StrCat(number % limit);
    return padded && digits.size() < 2 ? Pick({"0", "0", "0", " "}) + digits
                                       : digits;
  }

  std::string Clock() {
    return absl::StrCat(Number(25, random_() % 4), ":",
                        Number(61, random_() % 4), ":",
                        Number(63, random_() % 4));
  }

  std::string Stamp() {
    const std::string year = absl::StrCat(1998 + random_() % 35);
    switch (random_() % 4) {
      case 0: {
        const std::string dash = Pick({"-", "/", "."});
        return absl::StrCat(year, dash, Number(14, true), dash,
                            Number(33, true), Pick({"T", " ", "  "}), Clock(),
                            Pick(kFractions), Pick(kZones));
      }
      case 1:
        return absl::StrCat(Pick({"", "", "Mon ", "sun "}), Pick(kMonths), " ",
                            Number(33, true), " ", Clock(), Pick(kFractions),
                            Pick({"", " "}), Pick({"", year}));
      case 2:
        return absl::StrCat(Pick(kMonths), " ", Number(33, true), " ", year,
                            " ", Clock());
      default:
        return absl::StrCat(1'700'000'000 + random_() % 100'000'000,
                            Pick({"", "", "0", "00"}), Pick(kFractions));
    }
  }

  void Spoil(std::string& line) {
    static const std::string letters("0123456789 :-/.,+TZ_aN]\0\xff\n", 26);
    const char letter = letters[random_() % letters.size()];
    const size_t at = random_() % (line.size() + 1);
    switch (random_() % 3) {
      case 0:
        line.insert(at, 1, letter);
        break;
      case 1:
        if (at < line.size()) line[at] = letter;
        break;
      default:
        if (at < line.size()) line.erase(at, 1);
    }
  }

  const Choices kFronts = {"", "", "", "", "[", " ", "<[", "   ", "x ", "_"};
  const Choices kTails = {"", " mx1 sshd[1]: x", "]", ": a", "x", "1", "_"};
  const Choices kFractions = {"", "", ".5", ",123", ".123456", ".1234567", "."};
  const Choices kZones = {"",      "Z",      " UTC",   "GMT",    "+02",
                          "+0200", "-07:30", " +1959", "+2000",  "  -01:60",
                          " CET",  "+2",     " Zebra", "\t+01:0"};
  const Choices kMonths = {"Jan", "feb", "MAR", "Jun", "Dec", "Mai", "Nov"};

  std::mt19937 random_{17};
};

class DatePatternAgreementTest : public testing::TestWithParam<const char*> {};

TEST_P(DatePatternAgreementTest, OnAnyLine) {
  DatePattern by_hand = DatePattern::Compile({GetParam()}, Berlin()).value();
  DatePattern by_expressions = ByExpressions(GetParam());
  LineMaker maker;
  int found = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string line = maker.Next();
    // Now both have matched the same template last.
    by_hand.Find(kIsoStamp, kNow);
    by_expressions.Find(kIsoStamp, kNow);
    const auto stamp = by_hand.Find(line, kNow);
    found += stamp.has_value();
    ASSERT_EQ(Describe(stamp), Describe(by_expressions.Find(line, kNow)))
        << line;
  }
  EXPECT_GT(found, 10'000) << "else it shows little";
  EXPECT_LT(found, 55'000);
}

INSTANTIATE_TEST_SUITE_P(All, DatePatternAgreementTest,
                         testing::Values("{DEFAULT}", "{^LN-BEG}"));

}  // namespace
}  // namespace mxban
