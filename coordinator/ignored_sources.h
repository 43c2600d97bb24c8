#ifndef MXBAN_COORDINATOR_IGNORED_SOURCES_H_
#define MXBAN_COORDINATOR_IGNORED_SOURCES_H_

// What the names and files of `ignoreip` come to, kept fresh.
//
// A name is looked up every five minutes. One that does not resolve keeps the
// addresses it had, and so does a file that cannot be read, is malformed, or
// has become empty: an allow list never shrinks by an accident. Refresh() waits
// for the network, so it belongs on a thread that may.
//
// Thread-compatible.

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/clock.h"
#include "common/ip_network.h"
#include "common/name_lookup.h"
#include "coordinator/ignore_list.h"

namespace mxban {

class IgnoredSources {
 public:
  // How long an answer holds, and how long one Refresh() goes on asking.
  static constexpr absl::Duration kAnswerHolds = absl::Minutes(5);
  static constexpr absl::Duration kPatience = absl::Seconds(10);

  // All addresses of a host; none if its name does not resolve.
  using Lookup = std::function<std::vector<IpNetwork>(const std::string& name)>;

  // `clock` must outlive the object.
  explicit IgnoredSources(const Clock& clock, Lookup lookup = LookUpName)
      : clock_(clock), lookup_(std::move(lookup)) {}

  struct Refreshed {
    bool has_changed = false;  // What some list comes to.
    // What went wrong, one line each, when it begins to or does so differently.
    std::vector<std::string> warnings;
  };

  // Reads the files of `lists` that have changed, looks up the names that are
  // due, forgets what none of `lists` asks for. Names not reached within
  // kPatience wait for the next time, and are first then.
  Refreshed Refresh(const std::vector<IgnoreList>& lists);

  // All networks of `list`, as far as they are known; sorted, none within
  // another.
  std::vector<IpNetwork> NetworksOf(const IgnoreList& list) const;

 private:
  // Changes whenever a file does: device, inode, size, time of change.
  using FileMark = std::tuple<dev_t, ino_t, off_t, int64_t>;

  struct File {
    std::optional<FileMark> mark;  // Of the newest sound reading.
    IgnoreList list;
    std::string mistake;  // Of the newest reading; empty if there was none.
    bool is_wanted = true;
  };
  struct Name {
    std::vector<IpNetwork> networks;
    absl::Time next_lookup = absl::InfinitePast();
    bool is_unknown = false;  // By the newest look-up.
    bool is_late = false;     // Had to wait for its first one.
    bool is_wanted = true;
  };

  void RefreshFile(const std::string& path, Refreshed& refreshed);
  void RefreshNames(Refreshed& refreshed);
  void RefreshName(const std::string& text, Name& name, Refreshed& refreshed);
  void Want(const std::vector<std::string>& names);

  const Clock& clock_;
  const Lookup lookup_;
  std::map<std::string, File> files_;  // By path.
  std::map<std::string, Name> names_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_IGNORED_SOURCES_H_
