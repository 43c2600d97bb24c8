#include "ctl/rail_view.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/ban_view.h"
#include "ctl/format.h"

namespace mxban::ctl {
namespace {

// Networks beyond these are only counted.
constexpr int kNamedNetworks = 3;

// `is 192.0.2.1, 192.0.2.2, 192.0.2.3 and more`; empty for a network, which
// says so itself.
std::string DescribeNetworks(const v1::AllowedSource& allowed) {
  const auto& networks = allowed.networks();
  if (networks.size() == 1 && networks[0] == allowed.source()) return "";
  if (networks.empty()) return "comes to nothing";
  const int named = std::min(networks.size(), kNamedNetworks);
  return absl::StrCat(
      "is ", absl::StrJoin(networks.begin(), networks.begin() + named, ", "),
      networks.size() > named ? " and more" : "");
}

}  // namespace

Table AllowedTable() {
  return Table(
      {{.heading = "SOURCE", .yield = Column::Yield::kMiddle, .min_width = 15},
       {.heading = "ENDS"},
       {.heading = "SINCE"},
       {.heading = "BY", .yield = Column::Yield::kEnd, .min_width = 8}});
}

void AddAllowedRow(const v1::AllowedSource& allowed, absl::Time now,
                   Table& table) {
  const std::string networks = DescribeNetworks(allowed);
  table.AddRow(
      {allowed.source(), SayIn(ExpireTime(allowed), now),
       SayAgo(FromProto(allowed.create_time()), now), allowed.who()},
      absl::StrCat(networks,
                   networks.empty() || allowed.reason().empty() ? "" : "; ",
                   allowed.reason()));
}

void PrintAllowed(const v1::AllowedSource& allowed, absl::Time now,
                  std::ostream& out) {
  const std::string networks = DescribeNetworks(allowed);
  PrintLine(out,
            {.before = "allowed ",
             .yielding = allowed.source(),
             .after = absl::StrCat(", ", SayEnd(ExpireTime(allowed), now)),
             .extra = networks.empty() ? "" : absl::StrCat("; ", networks)});
}

Table HeldTable() {
  return Table(
      {{.heading = "SOURCE", .yield = Column::Yield::kMiddle, .min_width = 15},
       {.heading = "JAIL", .yield = Column::Yield::kEnd, .min_width = 8},
       {.heading = "HELD"},
       {.heading = "GOES"}});
}

void AddHeldRow(const v1::HeldBan& held, absl::Time now, Table& table) {
  const v1::Ban& ban = held.ban();
  table.AddRow(
      {ban.source(), ban.jail(), SayAgo(FromProto(ban.create_time()), now),
       SayIn(ExpireTime(ban), now)},
      absl::StrCat(DescribeCause(ban), "; ", held.hold_reason()));
}

}  // namespace mxban::ctl
