#ifndef MXBAN_TESTS_FAKES_FAKE_LOCAL_COUNTER_H_
#define MXBAN_TESTS_FAKES_FAKE_LOCAL_COUNTER_H_

// A local counter that only remembers what it was told.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/local_counter.h"

namespace mxban {

// Thread-compatible.
class FakeLocalCounter final : public LocalCounter {
 public:
  using Log = std::pair<std::string, std::string>;  // Jail and log id.

  void Count(const Jail& jail, const std::string& log_id,
             const std::vector<Finding>& findings) override {
    if (findings.empty()) return;
    uint64_t& counted = counted_[{jail.name, log_id}];
    if (EndOffsetOf(findings[0]) <= counted) {
      ++repeated_lines_;
      return;
    }
    counted = EndOffsetOf(findings[0]);
    for (const Finding& finding : findings) {
      if (const auto* failure = std::get_if<Failure>(&finding)) {
        failures_.push_back(
            absl::StrCat(jail.name, " ", failure->source.ToString()));
      } else {
        const auto& login = std::get<RightLogin>(finding);
        right_logins_.push_back(absl::StrCat(
            jail.name, " ", login.source.ToString(), " ", login.user));
      }
    }
  }

  void ForgetLog(const std::string& jail, const std::string& log_id) override {
    counted_.erase({jail, log_id});
    forgotten_.emplace_back(jail, log_id);
  }

  // `JAIL SOURCE` of each failure, of a line that comes again but once.
  const std::vector<std::string>& failures() const { return failures_; }

  // `JAIL SOURCE USER` of each right login, likewise.
  const std::vector<std::string>& right_logins() const { return right_logins_; }

  int repeated_lines() const { return repeated_lines_; }
  const std::vector<Log>& forgotten() const { return forgotten_; }

 private:
  std::map<Log, uint64_t> counted_;
  std::vector<std::string> failures_;
  std::vector<std::string> right_logins_;
  std::vector<Log> forgotten_;
  int repeated_lines_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_FAKES_FAKE_LOCAL_COUNTER_H_
