#ifndef MXBAN_TESTS_AGENT_LOG_READER_FIXTURE_H_
#define MXBAN_TESTS_AGENT_LOG_READER_FIXTURE_H_

// A reader of real files, polled by hand.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/log_reader.h"
#include "gtest/gtest.h"
#include "tests/agent/log_directory.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_local_counter.h"

namespace mxban {

class LogReaderTest : public testing::Test {
 protected:
  LogReaderTest() { Restart({}); }

  // Another reader, with the same outbox.
  void Restart(LogPositions positions) {
    LogReader::Options options;
    options.positions = std::move(positions);
    options.time_zone = absl::UTCTimeZone();
    options.log_paths = overrides_;
    options.own_addresses = {IpNetwork::ParseOrDie("198.51.100.1")};
    options.look_up_name = [](const std::string&) {
      return std::vector<IpNetwork>{};
    };
    reader_.emplace(*outbox_, local_counter_, clock_, std::move(options));
  }

  // What a start after kill -9 knows: positions, and no more.
  void RestartAll(std::vector<Jail> jails) {
    const LogPositions positions = reader_->SafePositions();
    reader_.reset();
    outbox_.emplace(capacity_);
    Restart(positions);
    reader_->SetJails(std::move(jails));
  }

  void SetCapacity(size_t capacity) {
    reader_.reset();
    capacity_ = capacity;
    outbox_.emplace(capacity);
    Restart({});
  }

  Jail SomeJail(const char* name, const char* fail_regex) {
    Jail jail;
    jail.name = name;
    jail.filter.fail_regexes = {fail_regex};
    jail.log_paths = {logs_.path() + "/mail*.log"};
    jail.find_time = absl::Minutes(10);
    return jail;
  }

  Jail AttackJail(const char* name = "sendmail") {
    return SomeJail(name, "\\[<HOST>\\]: possible SMTP attack");
  }

  void WatchAttacks() { reader_->SetJails({AttackJail()}); }

  void Append(const std::string& text) { logs_.Append(text); }

  // A line that a jail of WatchAttacks() takes for a failure of `host`.
  std::string Attack(const std::string& host,
                     absl::Duration age = absl::ZeroDuration()) {
    return Stamped(absl::StrCat("mx1 sm-mta[1195]: o0LNaCc5001195: [", host,
                                "]: possible SMTP attack: command=AUTH"),
                   age);
  }

  std::string Stamped(const std::string& text,
                      absl::Duration age = absl::ZeroDuration()) {
    return absl::StrCat(
        absl::FormatTime("%b %e %H:%M:%S ", clock_.TimeNow() - age,
                         absl::UTCTimeZone()),
        text, "\n");
  }

  // `JAIL SOURCE` of what is new in the outbox after another look.
  std::vector<std::string> Reported() {
    reader_->Poll();
    std::vector<std::string> sources;
    while (const auto batch = outbox_->Take(100)) {
      for (const Failure& failure : batch->failures) {
        sources.push_back(
            absl::StrCat(batch->jail, " ", failure.source.ToString()));
        last_offset_ = failure.end_offset;
        reported_to_[{batch->jail, batch->log_id}] = failure.end_offset;
      }
    }
    return sources;
  }

  // The coordinator has recorded what was reported.
  void AcknowledgeAll() {
    for (const auto& [log, offset] : reported_to_) {
      outbox_->Acknowledge(log.first, log.second, offset);
    }
    reported_to_.clear();
  }

  FakeClock clock_;
  LogDirectory logs_{clock_};
  absl::btree_map<std::string, std::vector<std::string>> overrides_;
  FakeLocalCounter local_counter_;
  size_t capacity_ = 100;
  std::optional<FailureOutbox> outbox_{std::in_place, capacity_};
  uint64_t last_offset_ = 0;  // Of the last failure reported.
  std::map<FailureOutbox::Key, uint64_t> reported_to_;
  std::optional<LogReader> reader_;
};

// Names the sender in one line and his host in another, as `1 joe` and
// `1 from 203.0.113.1`.
inline constexpr char kUserLine[] = "^\\s*<F-MLFID>\\d</F-MLFID> \\w+$";
inline constexpr char kHostLine[] =
    "^\\s*<F-MLFID>\\d</F-MLFID> <F-NOFAIL>from</F-NOFAIL> <HOST>$";

}  // namespace mxban

#endif  // MXBAN_TESTS_AGENT_LOG_READER_FIXTURE_H_
