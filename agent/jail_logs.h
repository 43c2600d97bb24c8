#ifndef MXBAN_AGENT_JAIL_LOGS_H_
#define MXBAN_AGENT_JAIL_LOGS_H_

// Which logs a jail reads on this server, and how they are read.
//
// A log's name is the path of a file, `-` for standard input, or what of the
// journal the jail wants. Jails that name the same read it together.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "agent/line_source.h"
#include "agent/log_tailer.h"
#include "common/jail.h"

namespace mxban {

class JailLogs {
 public:
  // What replaces a jail's own logs: paths, globs, `-`; by jail.
  using Replacements = absl::btree_map<std::string, std::vector<std::string>>;

  explicit JailLogs(Replacements replacements)
      : replacements_(std::move(replacements)) {}

  // The logs of `jail` now: files that match its patterns, plain paths
  // whether they are there or not.
  std::vector<std::string> NamesOf(const Jail& jail) const;

  // Opens one of them; `guide` must outlive what is returned.
  std::unique_ptr<LineSource> Open(const std::string& name, const Jail& jail,
                                   LogTailer::Guide& guide) const;

 private:
  bool ReadsJournal(const Jail& jail) const;

  Replacements replacements_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_JAIL_LOGS_H_
