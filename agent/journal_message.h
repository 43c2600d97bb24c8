#ifndef MXBAN_AGENT_JOURNAL_MESSAGE_H_
#define MXBAN_AGENT_JOURNAL_MESSAGE_H_

// A message of the journal, and the line that Fail2Ban makes of one: filters
// are written for that.
//
// Thread-compatible.

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

class JournalMessage {
 public:
  // No more is kept of a field, nor of all that are called MESSAGE.
  static constexpr size_t kMaxFieldBytes = 64 * 1024 + 1;

  // Forgets all fields.
  void Clear();

  // Takes a field as the journal has it, `NAME=value`, any bytes.
  void Add(absl::string_view field);

  // Makes `line` what the fields say: `HOST NAME[PID]: TEXT`, without what is
  // missing. Newlines become `\n`, so nothing that was logged can be taken for
  // another line. The kernel's lines have seconds since the boot before their
  // text: their own, else `since_boot`.
  void Format(absl::Duration since_boot, std::string& line) const;

  // When it was sent, if the journal knows more than when it was received.
  std::optional<absl::Time> time() const;

 private:
  enum Field {
    kHost,
    kIdentifier,
    kCommand,
    kSyslogPid,
    kPid,
    kSinceBoot,
    kTime,
    kText,
    kFields
  };

  // The first that is not empty; empty if both are.
  const std::string& Either(Field first, Field second) const;

  static constexpr absl::string_view kNames[kFields] = {
      "_HOSTNAME",
      "SYSLOG_IDENTIFIER",
      "_COMM",
      "SYSLOG_PID",
      "_PID",
      "_SOURCE_MONOTONIC_TIMESTAMP",
      "_SOURCE_REALTIME_TIMESTAMP",
      "MESSAGE"};

  std::array<std::string, kFields> values_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_JOURNAL_MESSAGE_H_
