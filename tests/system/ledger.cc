#include "tests/system/ledger.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace mxban {
namespace {

constexpr absl::string_view kBeforeMark = "]: mark";
constexpr size_t kMarkDigits = 9;
constexpr size_t kMaxExamples = 5;

// The mark in a line; `none` if it has none.
size_t MarkIn(absl::string_view evidence, size_t none) {
  const size_t at = evidence.find(kBeforeMark);
  size_t mark = none;
  if (at == absl::string_view::npos ||
      !absl::SimpleAtoi(evidence.substr(at + kBeforeMark.size(), kMarkDigits),
                        &mark)) {
    return none;
  }
  return mark;
}

}  // namespace

std::string Ledger::Failure(const std::string& source, absl::Time time) {
  const size_t mark = sources_.size();
  sources_.push_back(source);
  ++failures_of_[source];
  return absl::StrCat(
      absl::FormatTime("%b %e %H:%M:%S", time, absl::LocalTimeZone()),
      " server sm-mta[1195", kBeforeMark,
      absl::StrFormat("%0*d: [", static_cast<int>(kMarkDigits), mark), source,
      "]: possible SMTP attack: command=AUTH, count=5");
}

std::set<std::string> Ledger::Guilty() const {
  std::set<std::string> guilty;
  for (const auto& [source, failures] : failures_of_) {
    if (failures >= max_retry_ && !ignored_.contains(source)) {
      guilty.insert(source);
    }
  }
  return guilty;
}

std::vector<size_t> Ledger::TimesCounted(const StoreContents& store) const {
  std::vector<size_t> times(sources_.size() + 1);  // The last: no mark of ours.
  const auto count = [&](const std::string& evidence) {
    ++times[std::min(MarkIn(evidence, sources_.size()), sources_.size())];
  };
  for (const StoredFailure& failure : store.failures) count(failure.evidence);
  for (const Ban& ban : store.bans) {
    for (const std::string& evidence : ban.evidence) count(evidence);
  }
  return times;
}

Ledger::Verdict Ledger::Judge(const StoreContents& store) const {
  Verdict verdict;
  const std::vector<size_t> times = TimesCounted(store);
  size_t examples = 0;
  for (size_t mark = 0; mark < sources_.size(); ++mark) {
    const size_t wanted = ignored_.contains(sources_[mark]) ? 0 : 1;
    if (times[mark] == wanted) continue;
    if (wanted == 0) verdict.ignored += times[mark];
    if (times[mark] < wanted) ++verdict.lost;
    if (wanted == 1 && times[mark] > 1) verdict.doubled += times[mark] - 1;
    if (++examples > kMaxExamples) continue;
    absl::StrAppend(&verdict.text, "mark ", mark, " of ", sources_[mark],
                    " was counted ", times[mark], " times\n");
  }
  JudgeBans(store, verdict);
  return verdict;
}

void Ledger::JudgeBans(const StoreContents& store, Verdict& verdict) const {
  const std::set<std::string> guilty = Guilty();
  std::set<std::string> banned;
  for (const Ban& ban : store.bans) banned.insert(ban.key.source.ToString());
  const auto differ = [](const auto& a, const auto& b, auto& result) {
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(result, result.end()));
  };
  differ(guilty, banned, verdict.missing_bans);
  differ(banned, guilty, verdict.wrong_bans);
  for (const std::string& source : verdict.missing_bans) {
    absl::StrAppend(&verdict.text, source, " is not banned\n");
  }
  for (const std::string& source : verdict.wrong_bans) {
    absl::StrAppend(&verdict.text, source, " is banned and should not\n");
  }
}

}  // namespace mxban
