#ifndef MXBAN_TESTS_CTL_SAMPLES_H_
#define MXBAN_TESTS_CTL_SAMPLES_H_

// Messages as a coordinator sends them, and what tests say about output.

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "ctl/printable.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// The time of every sample is told against this one.
inline constexpr int64_t kNowSeconds = 1'700'000'000;  // 22:13:20 UTC.

class StoppedClock final : public Clock {
 public:
  absl::Time TimeNow() const override {
    return absl::FromUnixSeconds(kNowSeconds);
  }
};

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

template <typename Message>
Message FromJson(const std::string& json) {
  Message message;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &message).ok())
      << json;
  return message;
}

// Two minutes old, with almost eight hours to go.
inline v1::BanStatus CountedBan() {
  return FromText<v1::BanStatus>(R"pb(
    ban {
      jail: "sendmail-auth"
      source: "192.0.2.1"
      create_time { seconds: 1699999880 }
      expire_time { seconds: 1700028680 }
      origin: BAN_ORIGIN_COUNTED
      reason: "5 failures in 10 min"
      failure_count: 5
      servers: "mx1"
      servers: "mx2"
      evidence: "Aug  7 sendmail[1]: \\x1b[2J"
      revision: 41
    }
    progress {
      enforcing_server_count: 3
      server_count: 3
      slowest { nanos: 4000000 }
    })pb");
}

inline v1::BanStatus OperatorBan() {
  return FromText<v1::BanStatus>(R"pb(
    ban {
      jail: "ssh"
      source: "2001:db8:1234:5678::/64"
      create_time { seconds: 1699913600 }
      origin: BAN_ORIGIN_OPERATOR
      reason: "spam wave"
      previous_ban_count: 2
      revision: 42
    }
    progress { enforcing_server_count: 2 server_count: 3 })pb");
}

// The widest that every part of a ban can reasonably be, and hostile.
inline v1::BanStatus MonstrousBan() {
  v1::BanStatus status = CountedBan();
  v1::Ban& ban = *status.mutable_ban();
  ban.set_jail("jail-" + std::string(100, 'j'));
  ban.set_source("2001:db8:1111:2222:3333:4444:5555:6666");
  ban.set_reason("\x1b]0;owned\x07\n" + std::string(300, 'r'));
  ban.add_servers("mx3");
  ban.add_servers("mx\x7f");
  status.mutable_progress()->set_server_count(10'000);
  status.mutable_progress()->set_enforcing_server_count(9'999);
  return status;
}

inline v1::AgentStatus ConnectedAgent() {
  return FromText<v1::AgentStatus>(R"pb(
    server_name: "mx1.example.org"
    connected: true
    peer: "ipv4:192.0.2.10:51234"
    agent_version: "0.1.0"
    firewall: "ipset"
    enforced_revision: 42
    contact_time { seconds: 1699999998 }
    failure_count: 1234)pb");
}

inline v1::AgentStatus TroubledAgent() {
  return FromText<v1::AgentStatus>(R"pb(
    server_name: "mx2.example.org"
    agent_version: "0.1.0"
    firewall: "iptables"
    enforced_revision: 40
    enforcement_problem: ENFORCEMENT_PROBLEM_LOCK_HELD
    enforcement_error: "xtables lock held by pid 411\x1b[2J"
    contact_time { seconds: 1699996400 })pb");
}

inline v1::JailStatus SendmailJail() {
  return FromText<v1::JailStatus>(R"pb(
    jail {
      name: "sendmail-auth"
      log_paths: "/var/log/maillog"
      max_retry: 5
      find_time { seconds: 600 }
      ban_time { seconds: 28800 }
      enforcement {
        name: "sendmail-auth"
        ports { first: 587 last: 587 }
        ports { first: 465 last: 465 }
        ports { first: 25 last: 25 }
      }
    }
    ban_count: 14
    failure_count: 1234)pb");
}

inline std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

// What every output for people promises.
inline void ExpectFitsTheTerminal(const std::string& output) {
  for (const std::string& line : Lines(output)) {
    EXPECT_LE(DisplayWidth(line), 80) << line;
    EXPECT_EQ(Printable(line), line) << "must be printable";
  }
}

}  // namespace mxban::ctl

#endif  // MXBAN_TESTS_CTL_SAMPLES_H_
