#ifndef MXBAN_TESTS_FILTER_SENDMAIL_CORPUS_H_
#define MXBAN_TESTS_FILTER_SENDMAIL_CORPUS_H_

// What the tests of the shipped sendmail filters share: the filters, the
// corpus, its truth.

#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/ip_network.h"
#include "filter/failure_matcher.h"
#include "filter/filter_definition.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace mxban {

using FailureCounts = std::map<std::string, int>;  // By address.

// After every line of the corpus.
inline const absl::Time kCorpusNow = absl::FromCivil(
    absl::CivilSecond(2026, 11, 23, 9, 30, 0), absl::UTCTimeZone());

inline FailureMatcher LoadSendmailFilter(
    const std::string& name, const GivenValues& options = {},
    const std::string& directory = "deploy/config/filter.d") {
  const auto values = LoadFilterValues(directory, name, options);
  EXPECT_TRUE(values.ok()) << values.status();
  const auto reading = ReadFilter(*values);
  EXPECT_TRUE(reading.ok()) << reading.status();
  EXPECT_TRUE(reading->notes.empty()) << reading->notes[0];
  auto matcher = FailureMatcher::Compile(reading->filter,
                                         {.time_zone = absl::UTCTimeZone()});
  EXPECT_TRUE(matcher.ok()) << matcher.status();
  return *std::move(matcher);
}

inline std::string CorpusPath(const std::string& name) {
  return "tests/corpus/" + name;
}

// How often each user logged in rightly, by what a log of the corpus tells.
inline FailureCounts CountRightLogins(FailureMatcher matcher,
                                      const std::string& name) {
  FailureCounts counts;
  std::ifstream log(CorpusPath(name));
  EXPECT_TRUE(log.is_open()) << name;
  for (std::string line; std::getline(log, line);) {
    const auto result = matcher.Match(line, kCorpusNow);
    if (result.outcome != FailureMatcher::Outcome::kRightLogin) continue;
    ++counts[IpNetwork::ParseOrDie(result.host).ToString()];
  }
  return counts;
}

// Reads `line` and adds what it tells to `counts`.
inline void CountLine(FailureMatcher& matcher, const std::string& line,
                      FailureCounts& counts) {
  const auto result = matcher.Match(line, kCorpusNow);
  EXPECT_NE(result.outcome, FailureMatcher::Outcome::kLimitHit) << line;
  if (result.outcome != FailureMatcher::Outcome::kFailure) return;
  EXPECT_FALSE(result.times.empty()) << line;
  counts[IpNetwork::ParseOrDie(result.host).ToString()] += result.times.size();
}

// The failures that a log of the corpus tells.
inline FailureCounts CountFailures(FailureMatcher matcher,
                                   const std::string& name) {
  FailureCounts counts;
  std::ifstream log(CorpusPath(name));
  EXPECT_TRUE(log.is_open()) << name;
  for (std::string line; std::getline(log, line);) {
    CountLine(matcher, line, counts);
  }
  return counts;
}

inline int Total(const FailureCounts& counts) {
  int total = 0;
  for (const auto& [address, count] : counts) total += count;
  return total;
}

inline const nlohmann::json& Truth() {
  static const auto& truth = *new nlohmann::json(
      nlohmann::json::parse(std::ifstream(CorpusPath("truth.json"))));
  return truth;
}

// What `count` makes of what each client did to `server`, without the zeros.
template <typename Count>
FailureCounts TrueCounts(const std::string& server, Count count) {
  FailureCounts counts;
  for (const auto& [address, facts] : Truth()["addresses"].items()) {
    if (!facts["servers"].contains(server)) continue;
    const int number = count(facts["servers"][server]);
    if (number > 0) counts[IpNetwork::ParseOrDie(address).ToString()] = number;
  }
  return counts;
}

// How often a client did `kind` to a server, by truth.json's `other_abuse`.
inline int Abuse(const nlohmann::json& server, const std::string& kind) {
  return server["other_abuse"].value(kind, 0);
}

// One line under the head of a log, and the address it must blame.
struct SendmailLine {
  const char* what;
  std::string message;
  std::string host;  // Empty: no failure.
};

// The address that `message` blames, in a log of its own; empty if none.
inline std::string BlamedBy(FailureMatcher matcher,
                            const std::string& message) {
  const std::string line =
      absl::StrCat("Nov 23 08:40:11 mx1 sm-mta[1668]: ", message);
  const auto result = matcher.Match(line, kCorpusNow);
  return result.outcome == FailureMatcher::Outcome::kFailure
             ? std::string(result.host)
             : "";
}

// How sendmail begins what it says of a session.
inline constexpr char kSessionId[] = "6AN8eB0v001668: ";

// `text` as part of a session.
inline SendmailLine Behind(const char* what, const std::string& text,
                           const char* host = "") {
  return {what, absl::StrCat(kSessionId, text), host};
}

// A login that failed, but for who it was.
inline constexpr char kFailedLogin[] =
    "6AN8eB0v001668: AUTH failure (LOGIN): authentication failure (-13) "
    "SASL(-13): authentication failure: checkpass failed";

// Bytes of a name that leaves sendmail no room for an address, or the start of
// one.
inline std::string CutName(const std::string& end) {
  return std::string(100 - end.size(), 'n') + end;
}

}  // namespace mxban

#endif  // MXBAN_TESTS_FILTER_SENDMAIL_CORPUS_H_
