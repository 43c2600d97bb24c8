#include "ctl/audit_view.h"

#include "ctl/format.h"

namespace mxban::ctl {

Table AuditTable() {
  return Table(
      {{.heading = "TIME"},
       {.heading = "WHO", .yield = Column::Yield::kEnd, .min_width = 8},
       {.heading = "WHAT", .yield = Column::Yield::kEnd, .min_width = 9},
       {.heading = "SOURCE", .yield = Column::Yield::kMiddle, .min_width = 15},
       {.heading = "JAIL", .yield = Column::Yield::kEnd, .min_width = 8}});
}

void AddAuditRow(const v1::AuditRecord& record, absl::TimeZone zone,
                 Table& table) {
  table.AddRow({SayTime(FromProto(record.record_time()), zone), record.who(),
                record.action(), record.source(), record.jail()},
               record.reason());
}

}  // namespace mxban::ctl
