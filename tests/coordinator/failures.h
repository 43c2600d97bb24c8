#ifndef MXBAN_TESTS_COORDINATOR_FAILURES_H_
#define MXBAN_TESTS_COORDINATOR_FAILURES_H_

// Failures as tests tell them, on their way to a decision loop or a store.

#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "common/proto_convert.h"
#include "coordinator/failure_report.h"
#include "coordinator/stored_failure.h"

namespace mxban {

// `batch` of `server`, which has gone down the wire.
inline std::shared_ptr<FailureReport> ReportOf(std::string server,
                                               const FailureBatch& batch) {
  auto report = std::make_shared<FailureReport>(std::move(server));
  report->Append(FailureBatchToProto(batch).SerializeAsString());
  if (!report->Parse().ok()) std::abort();
  return report;
}

inline FailureBatch BatchOf(const FailureReport& report) {
  FailureBatch batch = {
      report.jail(), report.log_id(), {}, report.right_logins()};
  for (const ReportedFailure& failure : report.failures()) {
    batch.failures.push_back({failure.source, failure.time, failure.end_offset,
                              std::string(failure.evidence),
                              std::string(failure.user)});
  }
  return batch;
}

// A view of `failure`, which is kept to the end of the process.
inline FailureView Kept(StoredFailure failure) {
  static std::deque<StoredFailure>& kept = *new std::deque<StoredFailure>;
  return kept.emplace_back(std::move(failure));
}

}  // namespace mxban

#endif  // MXBAN_TESTS_COORDINATOR_FAILURES_H_
