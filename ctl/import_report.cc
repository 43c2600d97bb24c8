#include "ctl/import_report.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "ctl/csv.h"
#include "ctl/format.h"
#include "ctl/list.h"
#include "ctl/paragraph.h"
#include "ctl/table.h"
#include "nlohmann/json.hpp"

namespace mxban::ctl {

ImportReport::ImportReport(const Session& session, bool is_dry_run)
    : session_(session), is_dry_run_(is_dry_run) {
  if (session_.format == OutputFormat::kCsv) {
    session_.out << CsvLine({"source", "jail", "outcome", "reason"});
  }
}

const char* ImportReport::NameOf(Outcome outcome) const {
  switch (outcome) {
    case Outcome::kBanned:
      return is_dry_run_ ? "would ban" : "banned";
    case Outcome::kStands:
      return "stands";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kLeftOut:
    case Outcome::kHomeless:
      return "left out";
  }
  return "";
}

void ImportReport::Add(Outcome outcome, absl::string_view source,
                       const std::string& jail, absl::string_view reason) {
  ++counts_[outcome];
  if (outcome == Outcome::kHomeless) ++homeless_[jail];
  if (session_.IsForPrograms()) {
    TellPrograms(outcome, source, jail, reason);
  } else if (outcome == Outcome::kRefused ||
             (outcome == Outcome::kBanned && is_dry_run_)) {
    lines_.push_back(absl::StrCat(NameOf(outcome), " ", source, " in ", jail,
                                  reason.empty() ? "" : ": ", reason));
  }
}

void ImportReport::TellPrograms(Outcome outcome, absl::string_view source,
                                const std::string& jail,
                                absl::string_view reason) {
  if (session_.format == OutputFormat::kCsv) {
    session_.out << CsvLine(
        {std::string(source), jail, NameOf(outcome), std::string(reason)});
    return;
  }
  const nlohmann::ordered_json record = {{"source", std::string(source)},
                                         {"jail", jail},
                                         {"outcome", NameOf(outcome)},
                                         {"reason", std::string(reason)}};
  // What is no UTF-8 is replaced.
  session_.out << record.dump(-1, ' ', /*ensure_ascii=*/true,
                              nlohmann::ordered_json::error_handler_t::replace)
               << '\n';
}

uint64_t ImportReport::CountOf(Outcome outcome) const {
  const auto found = counts_.find(outcome);
  return found == counts_.end() ? 0 : found->second;
}

absl::Status ImportReport::Conclude(
    absl::FunctionRef<std::string(const std::string& jail)> what_to_do) {
  const uint64_t refused = CountOf(Outcome::kRefused);
  if (!session_.IsForPrograms()) {
    for (const std::string& line : lines_) {
      PrintParagraph(session_.out, "", line);
    }
    for (const auto& [jail, count] : homeless_) {
      PrintParagraph(session_.out, "",
                     absl::StrCat("left out ", SayCount(count, "ban"), " of ",
                                  jail, ": ", what_to_do(jail)));
    }
    PrintLine(session_.out,
              absl::StrCat(NameOf(Outcome::kBanned), " ",
                           SayCount(CountOf(Outcome::kBanned), "source"), ", ",
                           SayNumber(CountOf(Outcome::kStands)),
                           " stood already, ", SayNumber(refused), " refused"));
  }
  RETURN_IF_ERROR(CheckOutput(session_.out));
  if (refused == 0 && homeless_.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "not everything came over; see what was refused or left out");
}

}  // namespace mxban::ctl
