#include "ctl/watch.h"

#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "ctl/ban_view.h"
#include "ctl/call.h"
#include "ctl/color.h"
#include "ctl/fleet_view.h"
#include "ctl/list.h"
#include "ctl/printable.h"
#include "ctl/records.h"
#include "ctl/table.h"
#include "ctl/terminal.h"
#include "grpcpp/client_context.h"

namespace mxban::ctl {
namespace {

constexpr char kClearLine[] = "\r\033[K";

// What a watch prints: changes, and on a terminal a last line that stays below
// them. Thread-safe.
class View {
 public:
  explicit View(const Session& session) : session_(session) {
    if (session.IsForPrograms()) {
      records_.emplace(session.format, *v1::WatchBansResponse::descriptor(),
                       session.out);
    }
  }

  absl::Status Begin(const v1::GetStatusResponse& status) {
    if (session_.IsForPrograms()) return absl::OkStatus();
    if (session_.IsLive()) return Show(status);
    absl::MutexLock lock(&mutex_);
    PrintLine(session_.out, absl::StrCat(DescribeBanCount(status.ban_count()),
                                         "; watching, Ctrl-C ends"));
    return Flush();
  }

  absl::Status Add(const v1::WatchBansResponse& change) {
    absl::MutexLock lock(&mutex_);
    if (records_) {
      RETURN_IF_ERROR(records_->Print(change));
      return Flush();
    }
    if (!last_line_.empty()) session_.out << kClearLine;
    PrintChange(change, session_.zone, session_.out);
    session_.out << Painted{last_line_, Color::kHeading};
    return Flush();
  }

  // REQUIRES: the session is live.
  absl::Status Show(const v1::GetStatusResponse& status) {
    absl::MutexLock lock(&mutex_);
    last_line_ = ShortenEnd(
        absl::StrCat(absl::FormatTime("%H:%M:%S", session_.clock.TimeNow(),
                                      session_.zone),
                     " ", SumUp(status)),
        WidthOf(session_.out) - 1);  // The last column may wrap.
    session_.out << kClearLine << Painted{last_line_, Color::kHeading};
    return Flush();
  }

 private:
  absl::Status Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    session_.out.flush();
    return CheckOutput(session_.out);
  }

  const Session& session_;
  absl::Mutex mutex_;  // Held while `out` is written to.
  std::optional<RecordPrinter> records_;
  std::string last_line_ ABSL_GUARDED_BY(mutex_);
};

// Shows the state of the cluster every `interval`, until it is destroyed.
class Ticker {
 public:
  // All must outlive the ticker. `context` is cancelled when `view` fails.
  Ticker(const Session& session, absl::Duration interval, View& view,
         grpc::ClientContext& context)
      : thread_([this, &session, interval, &view, &context] {
          while (!over_.WaitForNotificationWithTimeout(interval)) {
            // Of a coordinator that is gone the stream tells.
            const auto status = GetStatus(session);
            if (status.ok() && !view.Show(*status).ok()) context.TryCancel();
          }
        }) {}
  ~Ticker() {
    over_.Notify();
    thread_.join();
  }

 private:
  absl::Notification over_;
  std::thread thread_;
};

}  // namespace

absl::Status WatchBans(const Session& session, absl::Duration interval) {
  // A stream may rightly be silent for days; this tells whether anyone is
  // there.
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, GetStatus(session));
  View view(session);
  RETURN_IF_ERROR(view.Begin(status));
  grpc::ClientContext context;
  const auto changes = session.stub.WatchBans(&context, v1::WatchBansRequest());
  absl::Status printed;
  {
    std::optional<Ticker> ticker;
    if (session.IsLive()) {
      ticker.emplace(session, interval, view, context);
    }
    v1::WatchBansResponse change;
    while (printed.ok() && changes->Read(&change)) printed = view.Add(change);
  }
  if (!printed.ok()) context.TryCancel();
  const absl::Status end = FromGrpcStatus(changes->Finish());
  RETURN_IF_ERROR(printed);
  RETURN_IF_ERROR(CheckOutput(session.out));
  RETURN_IF_ERROR(end);
  return absl::AbortedError("the coordinator ended the stream; watch again");
}

}  // namespace mxban::ctl
