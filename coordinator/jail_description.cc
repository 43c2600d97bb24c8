#include "coordinator/jail_description.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/count_text.h"
#include "common/escalation.h"
#include "coordinator/firewall_action.h"
#include "coordinator/good_share.h"

namespace mxban {
namespace {

constexpr char kHowCounted[] =
    "Failures are counted exactly, over all servers: so many within any such "
    "time.\nFail2Ban estimates a rate instead.\n";

// `2d`, `1h30m`, `for ever`.
std::string Length(absl::Duration length) {
  if (length == absl::InfiniteDuration()) return "for ever";
  absl::Duration rest;
  const int64_t days = absl::IDivDuration(length, absl::Hours(24), &rest);
  if (days == 0) return absl::FormatDuration(length);
  if (rest == absl::ZeroDuration()) return absl::StrCat(days, "d");
  return absl::StrCat(days, "d", absl::FormatDuration(rest));
}

std::string Limit(const Jail& jail) {
  if (jail.max_retry == 1) return "the first failure";
  return absl::StrCat(jail.max_retry, " failures within ",
                      Length(jail.find_time));
}

// What makes the second ban of a source longer than the first.
std::string Growth(const Jail& jail) {
  const Escalation& escalation = *jail.escalation;
  std::string text =
      escalation.multipliers.empty()
          ? "twice as long each time"
          : absl::StrCat("times ", absl::StrJoin(escalation.multipliers, " "));
  if (escalation.factor != 1) {
    absl::StrAppend(&text, ", times ", escalation.factor);
  }
  if (escalation.max_time != absl::InfiniteDuration()) {
    absl::StrAppend(&text, ", at most ", Length(escalation.max_time));
  }
  if (escalation.random_time > absl::ZeroDuration()) {
    absl::StrAppend(&text, ", up to ", Length(escalation.random_time),
                    " more at random");
  }
  return text;
}

// How much more the failures of a known offender count; empty if they do not.
std::string Weights(const Jail& jail) {
  constexpr uint32_t kShown = 4;
  std::vector<uint32_t> weights;
  uint32_t last = 1;
  for (uint32_t bans = 1; bans <= kShown + 1; ++bans) {
    const uint32_t weight = FailureWeight(jail, bans);
    if (weight == last) break;
    weights.push_back(last = weight);
  }
  if (weights.empty()) return "";
  const bool goes_on = weights.size() > kShown;
  if (goes_on) weights.pop_back();
  return absl::StrCat("a failure counts as ", absl::StrJoin(weights, ", "),
                      goes_on ? ", ..." : "");
}

// What meets a known offender; empty if nothing else does.
std::string Again(const Jail& jail) {
  std::vector<std::string> parts;
  if (jail.ban_time != absl::InfiniteDuration()) parts.push_back(Growth(jail));
  if (std::string weights = Weights(jail); !weights.empty()) {
    parts.push_back(std::move(weights));
  }
  if (parts.empty()) return "";
  parts.push_back(absl::StrCat(
      "bans of ", jail.escalation->over_all_jails ? "all jails" : "this jail",
      " are remembered for three times their length and ",
      Length(jail.ban_memory)));
  return absl::StrJoin(parts, "; ");
}

std::string Ports(const std::vector<PortRange>& ports) {
  const auto is_all = [](PortRange range) {
    return range.first <= kAllPorts.first && range.last == kAllPorts.last;
  };
  if (absl::c_any_of(ports, is_all)) return "all tcp ports";
  return "tcp ports " +
         absl::StrJoin(ports, ",", [](std::string* out, PortRange range) {
           absl::StrAppend(out, range.first);
           if (range.last != range.first) {
             absl::StrAppend(out, ":", range.last);
           }
         });
}

absl::string_view Answer(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTcpReset:
      return "answered with a TCP reset";
    case Rejection::kIcmpPortUnreachable:
      return "answered with ICMP port unreachable";
    case Rejection::kDrop:
      return "dropped";
  }
  return "";
}

std::string Ignored(const Jail& jail, const IgnoreList& list) {
  std::vector<std::string> words;
  for (const IpNetwork& network : list.networks) {
    words.push_back(network.ToString());
  }
  for (const std::string& name : list.names) {
    words.push_back(absl::StrCat("name:", name));
  }
  for (const std::string& path : list.files) {
    words.push_back(absl::StrCat("file:", path));
  }
  if (jail.ignore_self) words.push_back("each server's own addresses");
  return words.empty() ? "nobody" : absl::StrJoin(words, " ");
}

// The lines of one jail, each with a label.
class Lines {
 public:
  void Add(absl::string_view label, absl::string_view text) {
    absl::StrAppendFormat(&text_, "  %-10s%s\n", label, text);
  }

  // One line for each, the label before the first.
  void AddAll(absl::string_view label, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      Add(std::exchange(label, ""), text);
    }
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void DescribeJournal(const Jail& jail, Lines& lines) {
  const Journal& journal = *jail.journal;
  lines.Add("journal",
            absl::StrCat(journal.directory.empty() ? "of each server"
                                                   : journal.directory,
                         ", flags ", journal.flags));
  lines.AddAll("matches", jail.journal_matches.empty()
                              ? std::vector<std::string>{"every message"}
                              : jail.journal_matches);
}

void DescribeFilter(const Filter& filter, const std::string& name,
                    Lines& lines) {
  std::string text = absl::StrCat(name, name.empty() ? "" : ": ",
                                  filter.fail_regexes.size(), " failregex, ",
                                  filter.ignore_regexes.size(), " ignoreregex");
  if (!filter.success_regexes.empty()) {
    absl::StrAppend(&text, ", ", filter.success_regexes.size(),
                    " successregex");
  }
  if (!filter.prefix_regex.empty()) absl::StrAppend(&text, ", prefregex");
  if (filter.max_lines > 1) {
    absl::StrAppend(&text, ", ", CountText(filter.max_lines, "line"),
                    " at once");
  }
  if (!filter.use_names) absl::StrAppend(&text, ", no host names");
  if (filter.pending_limit > 1) {
    absl::StrAppend(&text, ", up to ", filter.pending_limit,
                    " failures wait for their address");
  }
  if (filter.join_time != Filter().join_time) {
    absl::StrAppend(&text, ", lines belong together for ",
                    Length(filter.join_time));
  }
  lines.Add("filter", text);
  lines.AddAll("dates", filter.date_patterns);
  if (!filter.time_zone.empty()) lines.Add("zone", filter.time_zone);
}

// Whom right logins save.
void DescribeGoodSenders(const Jail& jail, Lines& lines) {
  if (jail.filter.success_regexes.empty()) return;
  lines.Add(
      "forgiven",
      absl::StrCat("users who log in rightly from the same source, up to ",
                   Length(jail.good_time), " before or later"));
  if (jail.max_good_share == 0) return;
  lines.Add("good",
            absl::StrCat("at most ", 100 * jail.max_good_share,
                         "% of the sources with a right login are banned "
                         "within ",
                         Length(GoodShare::kWindow), ", and always ",
                         GoodShare::kAlways));
}

// What holds back bans; empty if nothing does.
std::string Rails(const Jail& jail) {
  std::vector<std::string> rails;
  if (jail.dry_run) rails.push_back("dry run, nothing is enforced");
  if (jail.min_servers > 1) {
    rails.push_back(
        absl::StrCat("seen by ", CountText(jail.min_servers, "server")));
  }
  if (jail.max_ban_rate > 0) {
    rails.push_back(absl::StrCat("at most ",
                                 CountText(jail.max_ban_rate, "ban"),
                                 " a minute, others are held"));
  }
  return absl::StrJoin(rails, "; ");
}

std::string DescribeJail(const Jail& jail, const std::string& filter,
                         const IgnoreList& ignored) {
  Lines lines;
  lines.AddAll("logs", jail.log_paths);
  if (jail.journal) DescribeJournal(jail, lines);
  DescribeFilter(jail.filter, filter, lines);
  lines.Add("ban",
            absl::StrCat("at ", Limit(jail), ", ", Length(jail.ban_time)));
  if (jail.escalation) {
    const std::string again = Again(jail);
    if (!again.empty()) lines.Add("again", again);
  }
  DescribeGoodSenders(jail, lines);
  if (std::string rails = Rails(jail); !rails.empty()) {
    lines.Add("rails", rails);
  }
  lines.Add("ipv6", absl::StrCat("by /", jail.ipv6_prefix));
  lines.Add("ignored", Ignored(jail, ignored));
  lines.Add("closed", absl::StrCat(Ports(jail.enforcement.ports),
                                   " in chain mxban-", jail.enforcement.name,
                                   ", ", Answer(jail.enforcement.rejection)));
  return absl::StrCat("[", jail.name, "]\n", lines.text(), "\n");
}

}  // namespace

std::string DescribeJails(const JailConfig& config) {
  std::string text;
  for (const Jail& jail : config.jails) {
    absl::StrAppend(&text, DescribeJail(jail, config.filters.at(jail.name),
                                        config.ignore_lists.at(jail.name)));
  }
  if (!config.jails.empty()) absl::StrAppend(&text, kHowCounted);
  if (!config.notes.empty()) {
    absl::StrAppend(&text, config.jails.empty() ? "" : "\n",
                    "Not honoured:\n  ", absl::StrJoin(config.notes, "\n  "),
                    "\n");
  }
  return text;
}

}  // namespace mxban
