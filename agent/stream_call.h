#ifndef MXBAN_AGENT_STREAM_CALL_H_
#define MXBAN_AGENT_STREAM_CALL_H_

// A call with a stream of messages each way, on a CallQueue: the base of
// WatchStream and ReportStream, which are called back as gRPC's reactors are.
//
// At most one write is under way at a time, and the start of the call is one.
// Reading goes on by itself until it fails; then the call ends, and OnDone() is
// called once no operation is under way any more.
//
// The callbacks come from the queue's thread, one at a time. StartWrite() may
// be called from any thread until OnReadDone(false) has returned.

#include <atomic>
#include <memory>
#include <utility>

#include "agent/call_queue.h"
#include "grpcpp/support/async_stream.h"
#include "grpcpp/support/status.h"

namespace mxban {

template <typename Request, typename Response>
class StreamCall {
 public:
  using Stream = grpc::ClientAsyncReaderWriterInterface<Request, Response>;

  // Must outlive its OnDone().
  virtual ~StreamCall() = default;

 protected:
  // Begins the call, which is not started yet, and reads. OnWriteDone() tells
  // when the first write may begin.
  void StartCall(std::unique_ptr<Stream> stream) {
    stream_ = std::move(stream);
    stream_->StartCall(&write_tag_);
    stream_->Read(&response_, &read_tag_);
  }

  // `request` may change as soon as this has returned.
  void StartWrite(const Request& request) {
    ++under_way_;
    stream_->Write(request, &write_tag_);
  }

  // `response` holds until the callback returns; without `ok` nothing follows,
  // and nothing more may be written. To give up, cancel the call's context.
  virtual void OnReadDone(bool ok, const Response& response) = 0;
  virtual void OnWriteDone(bool ok) = 0;
  virtual void OnDone(const grpc::Status& status) = 0;

 private:
  void Read(bool ok) {
    OnReadDone(ok, response_);
    if (ok) return stream_->Read(&response_, &read_tag_);
    stream_->Finish(&status_, &finish_tag_);
  }
  void Written(bool ok) {
    OnWriteDone(ok);
    Ended();
  }
  void Finished(bool /*ok*/) { Ended(); }

  void Ended() {
    if (--under_way_ == 0) OnDone(status_);
  }

  std::unique_ptr<Stream> stream_;
  Response response_;
  grpc::Status status_;

  // The start, and the reads with the end that follows them.
  std::atomic<int> under_way_ = 2;

  CallQueue::Tag read_tag_ = CallQueue::TagOf<&StreamCall::Read>(this);
  CallQueue::Tag write_tag_ = CallQueue::TagOf<&StreamCall::Written>(this);
  CallQueue::Tag finish_tag_ = CallQueue::TagOf<&StreamCall::Finished>(this);
};

}  // namespace mxban

#endif  // MXBAN_AGENT_STREAM_CALL_H_
