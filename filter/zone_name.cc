#include "filter/zone_name.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

struct Abbreviation {
  absl::string_view name;
  int minutes;
};

constexpr int H(int hours, int minutes = 0) {
  return hours * 60 + (hours < 0 ? -minutes : minutes);
}

// Sorted by name.
constexpr Abbreviation kAbbreviations[] = {
    {"ACDT", H(10, 30)},  {"ACST", H(9, 30)},  {"ACT", H(-5)},
    {"ACWST", H(8, 45)},  {"ADT", H(-3)},      {"AEDT", H(11)},
    {"AEST", H(10)},      {"AFT", H(4, 30)},   {"AKDT", H(-8)},
    {"AKST", H(-9)},      {"ALMT", H(6)},      {"AMST", H(-3)},
    {"AMT", H(-4)},       {"ANAT", H(12)},     {"AQTT", H(5)},
    {"ART", H(-3)},       {"AST", H(-4)},      {"AWDT", H(9)},
    {"AWST", H(8)},       {"AZOST", H(0)},     {"AZOT", H(-1)},
    {"AZT", H(4)},        {"BDT", H(6)},       {"BNT", H(8)},
    {"BOT", H(-4)},       {"BRST", H(-2)},     {"BRT", H(-3)},
    {"BST", H(1)},        {"BTT", H(6)},       {"CAST", H(8)},
    {"CAT", H(2)},        {"CCT", H(6, 30)},   {"CDT", H(-5)},
    {"CEST", H(2)},       {"CET", H(1)},       {"CHADT", H(13, 45)},
    {"CHAST", H(12, 45)}, {"CHOT", H(8)},      {"CHST", H(10)},
    {"CHUT", H(10)},      {"CKT", H(-10)},     {"CLST", H(-3)},
    {"CLT", H(-4)},       {"COT", H(-5)},      {"CST", H(-6)},
    {"CVT", H(-1)},       {"CXT", H(7)},       {"DAVT", H(7)},
    {"DDUT", H(10)},      {"EASST", H(-5)},    {"EAST", H(-6)},
    {"EAT", H(3)},        {"ECT", H(-5)},      {"EDT", H(-4)},
    {"EEST", H(3)},       {"EET", H(2)},       {"EGST", H(0)},
    {"EGT", H(-1)},       {"EST", H(-5)},      {"FJST", H(13)},
    {"FJT", H(12)},       {"FKST", H(-3)},     {"FKT", H(-4)},
    {"FNT", H(-2)},       {"GALT", H(-6)},     {"GAMT", H(-9)},
    {"GET", H(4)},        {"GFT", H(-3)},      {"GILT", H(12)},
    {"GMT", H(0)},        {"GST", H(4)},       {"GYT", H(-4)},
    {"HADT", H(-9)},      {"HAST", H(-10)},    {"HDT", H(-9)},
    {"HKT", H(8)},        {"HOVT", H(7)},      {"HST", H(-10)},
    {"ICT", H(7)},        {"IDT", H(3)},       {"IOT", H(6)},
    {"IRDT", H(4, 30)},   {"IRKT", H(8)},      {"IRST", H(3, 30)},
    {"IST", H(5, 30)},    {"JST", H(9)},       {"KGT", H(6)},
    {"KOST", H(11)},      {"KRAT", H(7)},      {"KST", H(9)},
    {"LHDT", H(11)},      {"LHST", H(10, 30)}, {"LINT", H(14)},
    {"MAGT", H(11)},      {"MART", H(-9, 30)}, {"MAWT", H(5)},
    {"MDT", H(-6)},       {"MEST", H(2)},      {"MESZ", H(2)},
    {"MET", H(1)},        {"MEZ", H(1)},       {"MHT", H(12)},
    {"MMT", H(6, 30)},    {"MSD", H(4)},       {"MSK", H(3)},
    {"MST", H(-7)},       {"MUT", H(4)},       {"MVT", H(5)},
    {"MYT", H(8)},        {"NCT", H(11)},      {"NDT", H(-2, 30)},
    {"NFT", H(11)},       {"NOVT", H(7)},      {"NPT", H(5, 45)},
    {"NRT", H(12)},       {"NST", H(-3, 30)},  {"NUT", H(-11)},
    {"NZDT", H(13)},      {"NZST", H(12)},     {"OMST", H(6)},
    {"ORAT", H(5)},       {"PDT", H(-7)},      {"PET", H(-5)},
    {"PETT", H(12)},      {"PGT", H(10)},      {"PHOT", H(13)},
    {"PHT", H(8)},        {"PKT", H(5)},       {"PMDT", H(-2)},
    {"PMST", H(-3)},      {"PONT", H(11)},     {"PST", H(-8)},
    {"PWT", H(9)},        {"PYST", H(-3)},     {"PYT", H(-4)},
    {"QYZT", H(6)},       {"RET", H(4)},       {"ROTT", H(-3)},
    {"SAKT", H(11)},      {"SAMT", H(4)},      {"SAST", H(2)},
    {"SBT", H(11)},       {"SCT", H(4)},       {"SGT", H(8)},
    {"SRET", H(11)},      {"SRT", H(-3)},      {"SST", H(-11)},
    {"SYOT", H(3)},       {"TAHT", H(-10)},    {"TFT", H(5)},
    {"TJT", H(5)},        {"TKT", H(13)},      {"TLT", H(9)},
    {"TMT", H(5)},        {"TOT", H(13)},      {"TRT", H(3)},
    {"TVT", H(12)},       {"ULAT", H(8)},      {"UTC", H(0)},
    {"UYST", H(-2)},      {"UYT", H(-3)},      {"UZT", H(5)},
    {"VET", H(-4)},       {"VLAT", H(10)},     {"VOST", H(6)},
    {"VUT", H(11)},       {"WAKT", H(12)},     {"WAST", H(2)},
    {"WAT", H(1)},        {"WEST", H(1)},      {"WET", H(0)},
    {"WFT", H(12)},       {"WGST", H(-2)},     {"WGT", H(-3)},
    {"WIB", H(7)},        {"WIT", H(9)},       {"WITA", H(8)},
    {"WST", H(13)},       {"YAKT", H(9)},      {"YEKT", H(5)},
};

constexpr bool BeforeByName(const Abbreviation& a, const Abbreviation& b) {
  return a.name < b.name;
}
static_assert(std::is_sorted(std::begin(kAbbreviations),
                             std::end(kAbbreviations), BeforeByName));

// A to M are east but for J, N to Y west, Z is UTC.
std::optional<int> MilitaryZone(char letter) {
  if (!absl::ascii_isupper(letter) || letter == 'J') return std::nullopt;
  if (letter == 'Z') return 0;
  if (letter < 'J') return H(letter - 'A' + 1);
  if (letter <= 'M') return H(letter - 'A');
  return H(-(letter - 'N' + 1));
}

std::optional<int> AbbreviationOffset(absl::string_view name) {
  std::array<char, 5> upper;
  if (name.empty() || name.size() > upper.size()) return std::nullopt;
  std::transform(name.begin(), name.end(), upper.begin(), absl::ascii_toupper);
  const Abbreviation wanted{absl::string_view(upper.data(), name.size()), 0};
  if (name.size() == 1) return MilitaryZone(upper[0]);
  const auto* found =
      std::lower_bound(std::begin(kAbbreviations), std::end(kAbbreviations),
                       wanted, BeforeByName);
  if (found == std::end(kAbbreviations) || found->name != wanted.name) {
    return std::nullopt;
  }
  return found->minutes;
}

std::optional<int> TwoDigits(absl::string_view text, int greatest) {
  if (text.size() != 2 || !absl::ascii_isdigit(text[0]) ||
      !absl::ascii_isdigit(text[1])) {
    return std::nullopt;
  }
  const int number = (text[0] - '0') * 10 + (text[1] - '0');
  if (number > greatest) return std::nullopt;
  return number;
}

// `+hh`, `+hhmm`, `+hh:mm`.
std::optional<int> NumericOffset(absl::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const auto hours = TwoDigits(text.substr(1, 2), 23);
  absl::string_view rest = text.substr(3);
  if (absl::StartsWith(rest, ":")) rest.remove_prefix(1);
  const auto minutes = text.size() == 3 ? 0 : TwoDigits(rest, 59);
  if (!hours || !minutes) return std::nullopt;
  return (text.front() == '-' ? -1 : 1) * (*hours * 60 + *minutes);
}

// Whether `text` may be looked up among the machine's zones: those are files.
bool IsPlaceName(absl::string_view text) {
  return !text.empty() && absl::ascii_isalpha(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || absl::StrContains("/_+-", c);
         });
}

}  // namespace

std::optional<int> ParseZone(absl::string_view text) {
  const size_t sign = std::min(text.find_first_of("+-"), text.size());
  const absl::string_view offset = text.substr(sign);
  const auto name_minutes =
      sign == 0 ? 0 : AbbreviationOffset(text.substr(0, sign));
  const auto offset_minutes = offset.empty() ? 0 : NumericOffset(offset);
  if (text.empty() || !name_minutes || !offset_minutes) return std::nullopt;
  return *name_minutes + *offset_minutes;
}

absl::StatusOr<absl::TimeZone> ParseLogTimeZone(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const std::optional<int> minutes = ParseZone(text);
  if (minutes) return absl::FixedTimeZone(*minutes * 60);
  absl::TimeZone zone;
  if (IsPlaceName(text) && absl::LoadTimeZone(std::string(text), &zone)) {
    return zone;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", absl::Utf8SafeCHexEscape(text), "' is no time zone"));
}

}  // namespace mxban
