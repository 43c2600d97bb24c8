#ifndef MXBAN_COORDINATOR_STORED_FAILURE_H_
#define MXBAN_COORDINATOR_STORED_FAILURE_H_

// A failure that counts, as the store keeps it.

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ban.h"

namespace mxban {

// A failure that counts towards a ban of `key`, unless a right login forgives
// it.
struct StoredFailure {
  BanKey key;
  absl::Time time;
  std::string server;
  std::string evidence;
  std::string user;  // May be empty.
};

// The same where its texts belong to somebody else, who must outlive it: so
// that a failure on its way from a message to the disk is copied once.
struct FailureView {
  FailureView() = default;
  FailureView(absl::string_view jail, const IpNetwork& source, absl::Time time,
              absl::string_view server, absl::string_view evidence,
              absl::string_view user)
      : jail(jail),
        source(source),
        time(time),
        server(server),
        evidence(evidence),
        user(user) {}
  // Implicit, since it means the same.
  FailureView(const StoredFailure& failure)
      : FailureView(failure.key.jail, failure.key.source, failure.time,
                    failure.server, failure.evidence, failure.user) {}

  bool IsOf(const BanKey& key) const {
    return source == key.source && jail == key.jail;
  }
  StoredFailure Copy() const {
    return {BanKey{std::string(jail), source}, time, std::string(server),
            std::string(evidence), std::string(user)};
  }

  absl::string_view jail;
  IpNetwork source;
  absl::Time time;
  absl::string_view server;
  absl::string_view evidence;
  absl::string_view user;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_STORED_FAILURE_H_
