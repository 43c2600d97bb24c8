#ifndef MXBAN_TESTS_SUPPORT_JOURNAL_MAKER_H_
#define MXBAN_TESTS_SUPPORT_JOURNAL_MAKER_H_

// Real files of systemd's journal, written by systemd-journal-remote: with any
// times and fields, and without a journald.

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/support/run_program.h"

namespace mxban {

struct JournalRecord {
  absl::Time received;
  std::vector<std::pair<std::string, std::string>> fields;  // Any bytes.
};

// A message as sendmail's have it.
inline JournalRecord SendmailRecord(absl::Time received,
                                    const std::string& text) {
  return {received,
          {{"_HOSTNAME", "mx1"},
           {"SYSLOG_IDENTIFIER", "sm-mta"},
           {"_PID", "1195"},
           {"MESSAGE", text}}};
}

// Adds `records`, in the order of their times, to the file at `path`, which is
// made if it is not there, and then has a sequence of its own.
inline void AppendToJournal(const std::string& path,
                            const std::vector<JournalRecord>& records) {
  std::string text;
  for (const JournalRecord& record : records) {
    const int64_t micros = absl::ToUnixMicros(record.received);
    absl::StrAppend(&text, "__REALTIME_TIMESTAMP=", micros,
                    "\n__MONOTONIC_TIMESTAMP=", micros % 1'000'000'000'000,
                    "\n_BOOT_ID=0123456789abcdef0123456789abcdef\n");
    for (const auto& [name, value] : record.fields) {
      const uint64_t size = value.size();
      char bytes[sizeof(size)];  // Little endian, as on every Debian server.
      std::memcpy(bytes, &size, sizeof(size));
      absl::StrAppend(&text, name, "\n", std::string(bytes, sizeof(bytes)),
                      value, "\n");
    }
    text += '\n';
  }
  const std::string exported = path + ".export";
  std::ofstream(exported, std::ios::binary) << text;
  const ProgramOutput output = RunProgram(absl::StrCat(
      "/lib/systemd/systemd-journal-remote --output=", path, " - <", exported));
  ASSERT_EQ(output.exit_code, 0) << output.text;
}

}  // namespace mxban

#endif  // MXBAN_TESTS_SUPPORT_JOURNAL_MAKER_H_
