#ifndef MXBAN_CTL_FORMAT_H_
#define MXBAN_CTL_FORMAT_H_

// Says counts and times in words an operator reads without thinking.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace mxban::ctl {

// `1,234,567`.
std::string SayNumber(uint64_t number);

// `no bans`, `1 ban`, `1,234 bans`. The plural is made with an `s`.
std::string SayCount(uint64_t count, absl::string_view noun);

// The two largest units, rounded: `4 ms`, `1.5 s`, `12 s`, `1 min 30 s`, `10
// min`, `7 h 58 min`, `3 d 4 h`. `under 1 ms` below that, also for what is
// negative; `ever` beyond a million days, so that it goes after "for".
std::string SayDuration(absl::Duration duration);

// `2 min ago`: the largest unit only. `just now` below a second, also for a
// `time` after `now`, which another host's clock may well show.
std::string SayAgo(absl::Time time, absl::Time now);

// `in 7 h 58 min`; `any moment` from half a second on, and when it should have
// happened already; `never` beyond a million days.
std::string SayIn(absl::Time time, absl::Time now);

// `ends in 7 h 58 min`; `for ever` if it never does.
std::string SayEnd(absl::Time time, absl::Time now);

// `2026-11-26 16:12:43`.
std::string SayTime(absl::Time time, absl::TimeZone zone);

// The values of the wire, which are sane or else far away, never undefined.
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);
absl::Duration FromProto(const google::protobuf::Duration& duration);

// When a ban, or whatever else has an `expire_time`, is over: without one
// never.
template <typename Message>
absl::Time ExpireTime(const Message& message) {
  return message.has_expire_time() ? FromProto(message.expire_time())
                                   : absl::InfiniteFuture();
}

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_FORMAT_H_
