#ifndef MXBAN_COMMON_EXPIRY_WATCH_H_
#define MXBAN_COMMON_EXPIRY_WATCH_H_

// Warns before a certificate expires: once a day, from 30 days before.
//
// Thread-safe.

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/metrics.h"
#include "common/tls.h"

namespace mxban {

class ExpiryWatch {
 public:
  // Watches --tls_cert and --tls_ca, those that are there, and warns of a
  // --tls_key that others may read.
  explicit ExpiryWatch(const TlsFiles& files);

  // Warns of what is due at `now`. Call it about once a second; files are read
  // once a minute.
  void Step(absl::Time now);

  // Each file, and when the first certificate in it expires, as of the last
  // Step(). What cannot be read is left out.
  std::map<std::string, absl::Time> expiries() const;

  // Adds mxban_certificate_expiry_timestamp_seconds.
  void AddTo(MetricsBuilder& metrics) const;

 private:
  void Read(const std::string& file, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::vector<std::string> files_;
  const std::string key_;

  mutable absl::Mutex mutex_;
  absl::Time next_read_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time next_key_warning_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::map<std::string, absl::Time> expiries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> next_warnings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COMMON_EXPIRY_WATCH_H_
