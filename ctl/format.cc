#include "ctl/format.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mxban::ctl {
namespace {

struct Unit {
  absl::string_view name;
  int64_t seconds;
};

// Each divides the one before.
constexpr std::array<Unit, 4> kUnits = {
    {{"d", 86'400}, {"h", 3'600}, {"min", 60}, {"s", 1}}};

// As good as without end; also keeps the arithmetic within 64 bits.
constexpr absl::Duration kEver = absl::Hours(24'000'000);

int64_t Rounded(absl::Duration duration, absl::Duration unit) {
  return absl::IDivDuration(duration + unit / 2, unit, &duration);
}

// REQUIRES: less than ten seconds.
std::string SayShort(absl::Duration duration) {
  const int64_t milliseconds = Rounded(duration, absl::Milliseconds(1));
  if (milliseconds < 1) return "under 1 ms";
  if (milliseconds < 1'000) return absl::StrCat(milliseconds, " ms");
  const int64_t tenths = Rounded(duration, absl::Milliseconds(100));
  if (tenths % 10 == 0) return absl::StrCat(tenths / 10, " s");
  return absl::StrFormat("%d.%d s", tenths / 10, tenths % 10);
}

// The first of kUnits of which `seconds` has at least one. REQUIRES: positive.
size_t LargestUnit(int64_t seconds) {
  size_t i = 0;
  while (kUnits[i].seconds > seconds) ++i;
  return i;
}

}  // namespace

std::string SayNumber(uint64_t number) {
  std::string text = absl::StrCat(number);
  for (size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, ",");
  return text;
}

std::string SayCount(uint64_t count, absl::string_view noun) {
  if (count == 0) return absl::StrCat("no ", noun, "s");
  return absl::StrCat(SayNumber(count), " ", noun, count == 1 ? "" : "s");
}

std::string SayDuration(absl::Duration duration) {
  if (duration >= kEver) return "ever";
  if (duration < absl::Milliseconds(9'950)) return SayShort(duration);
  int64_t seconds = Rounded(duration, absl::Seconds(1));
  size_t unit = LargestUnit(seconds);
  if (unit + 1 == kUnits.size()) return absl::StrCat(seconds, " s");

  // Rounding to the second unit may make one more of the first: 59 min 59.7 s.
  const int64_t step = kUnits[unit + 1].seconds;
  seconds = Rounded(duration, absl::Seconds(step)) * step;
  unit = LargestUnit(seconds);
  const Unit& first = kUnits[unit];
  const Unit& second = kUnits[unit + 1];
  std::string text = absl::StrCat(seconds / first.seconds, " ", first.name);
  const int64_t rest = seconds % first.seconds / second.seconds;
  if (rest > 0) absl::StrAppend(&text, " ", rest, " ", second.name);
  return text;
}

std::string SayAgo(absl::Time time, absl::Time now) {
  const int64_t seconds = absl::ToInt64Seconds(now - time);
  if (seconds < 1) return "just now";
  const Unit& unit = kUnits[LargestUnit(seconds)];
  return absl::StrCat(seconds / unit.seconds, " ", unit.name, " ago");
}

std::string SayIn(absl::Time time, absl::Time now) {
  if (time - now >= kEver) return "never";
  if (time - now < absl::Milliseconds(500)) return "any moment";
  return absl::StrCat("in ", SayDuration(time - now));
}

std::string SayEnd(absl::Time time, absl::Time now) {
  if (time == absl::InfiniteFuture()) return "for ever";
  return absl::StrCat("ends ", SayIn(time, now));
}

std::string SayTime(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, zone);
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace mxban::ctl
