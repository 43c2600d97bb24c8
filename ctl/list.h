#ifndef MXBAN_CTL_LIST_H_
#define MXBAN_CTL_LIST_H_

// Fetches a list page by page and prints it as it comes.

#include <cstdint>
#include <optional>
#include <ostream>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status_macros.h"
#include "ctl/call.h"
#include "ctl/records.h"
#include "ctl/session.h"
#include "ctl/table.h"
#include "google/protobuf/repeated_field.h"

namespace mxban::ctl {

inline absl::Status CheckOutput(const std::ostream& out) {
  if (out.good()) return absl::OkStatus();
  return absl::DataLossError("the output cannot be written");
}

// For programs: one answer, or all of them.
template <typename Message>
absl::Status PrintRecord(const Session& session, const Message& message) {
  RETURN_IF_ERROR(
      RecordPrinter(session.format, *Message::descriptor(), session.out)
          .Print(message));
  return CheckOutput(session.out);
}

template <typename Message>
absl::Status PrintRecords(
    const Session& session,
    const google::protobuf::RepeatedPtrField<Message>& messages) {
  RecordPrinter printer(session.format, *Message::descriptor(), session.out);
  for (const Message& message : messages) {
    RETURN_IF_ERROR(printer.Print(message));
  }
  return CheckOutput(session.out);
}

inline const auto& Messages(const v1::ListBansResponse& page) {
  return page.bans();
}
inline const auto& Messages(const v1::ListAgentsResponse& page) {
  return page.agents();
}
inline const auto& Messages(const v1::ListJailsResponse& page) {
  return page.jails();
}
inline const auto& Messages(const v1::ListAllowedSourcesResponse& page) {
  return page.allowed();
}
inline const auto& Messages(const v1::ListAuditRecordsResponse& page) {
  return page.records();
}
inline const auto& Messages(const v1::ListHeldBansResponse& page) {
  return page.held_bans();
}

// A list to be fetched and shown.
template <typename Request, typename Response>
struct List {
  Method<Request, Response> method;
  Request request;
  Table table;
};

// Prints page by page and returns how many rows there were. `add_row` puts a
// message into the table, for people.
template <typename Request, typename Response, typename AddRow>
absl::StatusOr<uint64_t> PrintList(const Session& session,
                                   List<Request, Response> list,
                                   AddRow add_row) {
  using Message =
      typename std::decay_t<decltype(Messages(Response()))>::value_type;
  std::optional<RecordPrinter> printer;
  if (session.IsForPrograms()) {
    printer.emplace(session.format, *Message::descriptor(), session.out);
  }
  uint64_t count = 0;
  const auto print_page = [&](const Response& page) -> absl::Status {
    for (const Message& message : Messages(page)) {
      ++count;
      if (printer) {
        RETURN_IF_ERROR(printer->Print(message));
      } else {
        add_row(message, list.table);
      }
    }
    list.table.Print(session.out);
    return CheckOutput(session.out);
  };
  RETURN_IF_ERROR(
      ForEachPage(session, list.method, std::move(list.request), print_page));
  return count;
}

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_LIST_H_
