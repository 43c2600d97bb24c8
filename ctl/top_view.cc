#include "ctl/top_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/format.h"
#include "ctl/table.h"

namespace mxban::ctl {
namespace {

Table SourceTable() {
  return Table(
      {{.heading = "SOURCE", .yield = Column::Yield::kMiddle, .min_width = 15},
       {.heading = "FAILURES"},
       {.heading = "SERVERS"},
       {.heading = "LAST"},
       {.heading = "JAILS", .yield = Column::Yield::kEnd, .min_width = 8},
       {.heading = "STATE"}});
}

void AddSourceRow(const v1::FailingSource& source, absl::Time now,
                  Table& table) {
  table.AddRow({source.source(), SayNumber(source.failure_count()),
                SayNumber(source.server_count()),
                SayAgo(FromProto(source.newest_time()), now),
                absl::StrJoin(source.jails(), ","),
                source.is_banned() ? Cell("banned", Color::kGood)
                                   : Cell("not banned", Color::kWarning)});
}

Table ServerTable() {
  return Table(
      {{.heading = "SERVER", .yield = Column::Yield::kEnd, .min_width = 16},
       {.heading = "FAILURES"},
       {.heading = "SOURCES"}});
}

}  // namespace

void PrintTop(const v1::SummarizeFailuresResponse& summary, absl::Time now,
              std::ostream& out) {
  PrintLine(out,
            absl::StrCat(SayCount(summary.failure_count(), "failure"), " of ",
                         SayCount(summary.source_count(), "source"), " in ",
                         SayDuration(now - FromProto(summary.start_time()))));
  if (summary.failure_count() == 0) return;
  Table sources = SourceTable();
  for (const v1::FailingSource& source : summary.sources()) {
    AddSourceRow(source, now, sources);
  }
  out << '\n';
  sources.Print(out);
  Table servers = ServerTable();
  for (const v1::FailingServer& server : summary.servers()) {
    servers.AddRow({server.server_name(), SayNumber(server.failure_count()),
                    SayNumber(server.source_count())});
  }
  out << '\n';
  servers.Print(out);
}

}  // namespace mxban::ctl
