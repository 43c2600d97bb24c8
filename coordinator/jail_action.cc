#include "coordinator/jail_action.h"

#include <iterator>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "coordinator/action_file.h"
#include "coordinator/port_list.h"
#include "filter/option_list.h"

namespace mxban {
namespace {

// Reads the actions of one jail, one after the other.
class Reader {
 public:
  explicit Reader(const ActionContext& context) : context_(context) {}

  absl::Status Add(const OptionItem& action) {
    switch (KindOfAction(action.name)) {
      case ActionKind::kPorts:
      case ActionKind::kAllPorts:
        return AddFirewall(action);
      case ActionKind::kReport:
        LeaveOut(action, "mxban sends no reports");
        return absl::OkStatus();
      case ActionKind::kElsewhere:
        LeaveOut(action, "mxban closes ports on its servers, nothing else");
        return absl::OkStatus();
      case ActionKind::kUnknown:
        break;
    }
    if (!HasActionFile(context_.action_dir, action.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("action ", action.name, ": there is no such action"));
    }
    LeaveOut(action, "mxban runs no commands");
    return absl::OkStatus();
  }

  absl::StatusOr<ActionReading> Finish() {
    if (!enforcement_) {
      std::vector<std::string> reasons = {"no action closes any TCP port"};
      absl::c_copy(left_out_, std::back_inserter(reasons));
      absl::c_copy(notes_, std::back_inserter(reasons));
      return absl::InvalidArgumentError(absl::StrJoin(reasons, "; "));
    }
    RETURN_IF_ERROR(CheckPortSlots(enforcement_->ports));
    return ActionReading{*std::move(enforcement_), std::move(left_out_),
                         std::move(notes_)};
  }

 private:
  void LeaveOut(const OptionItem& action, absl::string_view why) {
    left_out_.push_back(
        absl::StrCat("action ", action.name, " is left out: ", why));
  }

  absl::Status AddFirewall(const OptionItem& action) {
    ASSIGN_OR_RETURN(FirewallReading reading,
                     ReadFirewallAction(action, context_));
    for (std::string& note : reading.notes) notes_.push_back(std::move(note));
    if (!reading.enforcement) return absl::OkStatus();
    if (!enforcement_) {
      enforcement_ = std::move(reading.enforcement);
      return absl::OkStatus();
    }
    return Merge(action, *reading.enforcement);
  }

  // A jail has one chain, so a second action can only add ports to it.
  absl::Status Merge(const OptionItem& action, const Enforcement& second) {
    if (second.rejection != enforcement_->rejection) {
      return absl::InvalidArgumentError(
          absl::StrCat("action ", action.name,
                       ": turns packets away in another way than the one "
                       "before; a jail has one blocktype"));
    }
    if (second.name != enforcement_->name) {
      notes_.push_back(absl::StrCat("action ", action.name,
                                    ": name=", second.name,
                                    " is not used: its ports are "
                                    "closed with those of ",
                                    enforcement_->name));
    }
    std::vector<PortRange>& ports = enforcement_->ports;
    for (const PortRange& range : second.ports) {
      if (!absl::c_linear_search(ports, range)) ports.push_back(range);
    }
    if (absl::c_linear_search(ports, kAllPorts)) ports = {kAllPorts};
    return absl::OkStatus();
  }

  const ActionContext& context_;
  std::optional<Enforcement> enforcement_;
  std::vector<std::string> left_out_, notes_;
};

}  // namespace

absl::StatusOr<ActionReading> ReadActions(absl::string_view actions,
                                          const ActionContext& context) {
  ASSIGN_OR_RETURN(const std::vector<OptionItem> items,
                   ParseOptionList(actions));
  Reader reader(context);
  for (const OptionItem& item : items) RETURN_IF_ERROR(reader.Add(item));
  return reader.Finish();
}

}  // namespace mxban
