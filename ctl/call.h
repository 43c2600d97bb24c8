#ifndef MXBAN_CTL_CALL_H_
#define MXBAN_CTL_CALL_H_

// Calls the coordinator: one call with a deadline, or one for each page.

#include <type_traits>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "ctl/session.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace mxban::ctl {

template <typename Request, typename Response>
using Method = grpc::Status (v1::AdminService::StubInterface::*)(
    grpc::ClientContext*, const Request&, Response*);

template <typename Request, typename Response>
absl::StatusOr<Response> Call(const Session& session,
                              Method<Request, Response> method,
                              const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + session.timeout));
  Response response;
  const grpc::Status status =
      (session.stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

inline absl::StatusOr<v1::GetStatusResponse> GetStatus(const Session& session) {
  return Call(session, &v1::AdminService::StubInterface::GetStatus,
              v1::GetStatusRequest());
}

// Hands every page to `use`, until one has no next or `use` fails. INTERNAL if
// the pages would go round in circles.
template <typename Request, typename Response>
absl::Status ForEachPage(
    const Session& session, Method<Request, Response> method, Request request,
    absl::FunctionRef<absl::Status(const std::type_identity_t<Response>&)>
        use) {
  request.set_page_size(1'000);
  do {
    ASSIGN_OR_RETURN(const Response page, Call(session, method, request));
    RETURN_IF_ERROR(use(page));
    if (!page.next_page_token().empty() &&
        page.next_page_token() == request.page_token()) {
      return absl::InternalError("the coordinator sends the same page twice");
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_CALL_H_
