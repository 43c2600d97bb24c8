#ifndef MXBAN_TESTS_SYSTEM_LEDGER_H_
#define MXBAN_TESTS_SYSTEM_LEDGER_H_

// Every failure that a test wrote into the logs of a fleet, and what has to
// have come of it: each counted once, whoever reached the limit banned, and
// nobody else.
//
// Every line bears a mark, which the coordinator keeps as evidence: with the
// failures that count, or with the ban that they led to. So the store tells
// of each line by itself whether it was lost or counted twice.
//
// Thread-compatible.

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/ban_store.h"

namespace mxban {

class Ledger {
 public:
  // A ban keeps ten lines of evidence: so much at most can `max_retry` be.
  explicit Ledger(size_t max_retry) : max_retry_(max_retry) {}

  // Failures of `source` count for nothing.
  void Ignore(const std::string& source) { ignored_.insert(source); }

  // Writes the next failure down: the line, without its newline, as sendmail
  // would write it at `time`.
  //
  // REQUIRES: no source that is not ignored has more than `max_retry`.
  std::string Failure(const std::string& source, absl::Time time);

  // Sources that reached the limit.
  std::set<std::string> Guilty() const;

  size_t failures() const { return sources_.size(); }

  struct Verdict {
    size_t lost = 0;     // Failures that were not counted.
    size_t doubled = 0;  // Times that one was counted beyond the first.
    size_t ignored = 0;  // Failures counted that were to be ignored.
    std::set<std::string> missing_bans;
    std::set<std::string> wrong_bans;
    std::string text;  // The first of each kind, for people.

    bool ok() const {
      return lost + doubled + ignored == 0 && missing_bans.empty() &&
             wrong_bans.empty();
    }
  };
  Verdict Judge(const StoreContents& store) const;

 private:
  // How often the line with each mark was counted.
  std::vector<size_t> TimesCounted(const StoreContents& store) const;
  void JudgeBans(const StoreContents& store, Verdict& verdict) const;

  const size_t max_retry_;
  std::set<std::string> ignored_;
  std::vector<std::string> sources_;  // Of each failure; its mark is the index.
  std::map<std::string, size_t> failures_of_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_LEDGER_H_
