#include "common/expiry_watch.h"

#include "common/certificate.h"
#include "common/small_file.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr absl::Duration kNotice = absl::Hours(30 * 24);
constexpr absl::Duration kWarnInterval = absl::Hours(24);
constexpr absl::Duration kReadInterval = absl::Minutes(1);

std::vector<std::string> Those(const std::vector<std::string>& files) {
  std::vector<std::string> there;
  for (const std::string& file : files) {
    if (!file.empty()) there.push_back(file);
  }
  return there;
}

}  // namespace

ExpiryWatch::ExpiryWatch(const TlsFiles& files)
    : files_(Those({files.cert, files.ca})), key_(files.key) {}

void ExpiryWatch::Step(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (now < next_read_) return;
  next_read_ = now + kReadInterval;
  expiries_.clear();
  for (const std::string& file : files_) Read(file, now);
  if (key_.empty() || now < next_key_warning_) return;
  const absl::Status status = CheckOnlyOwnerReads(key_);
  if (status.ok()) return;
  next_key_warning_ = now + kWarnInterval;
  spdlog::warn("--tls_key: {}", std::string(status.message()));
}

void ExpiryWatch::Read(const std::string& file, absl::Time now) {
  const absl::StatusOr<std::string> text = ReadSmallFile(file);
  if (!text.ok()) return;  // Told by whoever uses it.
  const absl::StatusOr<absl::Time> expiry = EarliestExpiry(*text);
  if (!expiry.ok()) return;
  expiries_[file] = *expiry;
  const auto warned = next_warnings_.find(file);
  if (*expiry - now > kNotice ||
      (warned != next_warnings_.end() && now < warned->second)) {
    return;
  }
  next_warnings_[file] = now + kWarnInterval;
  spdlog::warn(
      "the certificate in '{}' {} on {}", file,
      *expiry <= now ? "has expired" : "expires",
      absl::FormatTime("%Y-%m-%d %H:%M UTC", *expiry, absl::UTCTimeZone()));
}

std::map<std::string, absl::Time> ExpiryWatch::expiries() const {
  absl::MutexLock lock(&mutex_);
  return expiries_;
}

void ExpiryWatch::AddTo(MetricsBuilder& metrics) const {
  metrics.Family("mxban_certificate_expiry_timestamp_seconds",
                 "When the first certificate in a file expires.",
                 prometheus::MetricType::Gauge);
  for (const auto& [file, expiry] : expiries()) {
    metrics.Sample({{"file", file}},
                   absl::ToDoubleSeconds(expiry - absl::UnixEpoch()));
  }
}

}  // namespace mxban
