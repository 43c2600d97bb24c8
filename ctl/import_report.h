#ifndef MXBAN_CTL_IMPORT_REPORT_H_
#define MXBAN_CTL_IMPORT_REPORT_H_

// Tells what became of each ban of an import.
//
// Programs are told at once, a record for each: `source`, `jail`, `outcome`
// (`banned`, `would ban`, `stands`, `refused`, `left out`) and `reason`, which
// may be empty. People are told in the end, of what they must see to, and in a
// dry run of everything that would be done.
//
// Thread-compatible.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ctl/session.h"

namespace mxban::ctl {

class ImportReport {
 public:
  enum class Outcome {
    kBanned,    // Or would be, in a dry run.
    kStands,    // A ban that lasts long enough.
    kRefused,   // By a rail, or because it is none.
    kLeftOut,   // As the operator wants.
    kHomeless,  // There is no such jail.
  };

  // `session` must outlive the report.
  ImportReport(const Session& session, bool is_dry_run);

  void Add(Outcome outcome, absl::string_view source, const std::string& jail,
           absl::string_view reason = "");

  uint64_t CountOf(Outcome outcome) const;

  // Tells people; `what_to_do` says what about a jail that is not there.
  // FAILED_PRECONDITION if something was refused or is homeless.
  absl::Status Conclude(
      absl::FunctionRef<std::string(const std::string& jail)> what_to_do);

 private:
  const char* NameOf(Outcome outcome) const;
  void TellPrograms(Outcome outcome, absl::string_view source,
                    const std::string& jail, absl::string_view reason);

  const Session& session_;
  const bool is_dry_run_;
  std::map<Outcome, uint64_t> counts_;
  std::map<std::string, uint64_t> homeless_;  // By jail.
  std::vector<std::string> lines_;            // For people.
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_IMPORT_REPORT_H_
