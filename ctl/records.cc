#include "ctl/records.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/csv.h"
#include "google/protobuf/util/json_util.h"

namespace mxban::ctl {

RecordPrinter::RecordPrinter(OutputFormat format,
                             const google::protobuf::Descriptor& type,
                             std::ostream& out)
    : format_(format), out_(out) {
  if (format_ == OutputFormat::kCsv) out_ << CsvLine(CsvNames(type));
}

absl::Status RecordPrinter::Print(const google::protobuf::Message& message) {
  if (format_ == OutputFormat::kJson) return PrintJson(message);
  out_ << CsvLine(CsvCells(message));
  return absl::OkStatus();
}

absl::Status RecordPrinter::PrintJson(
    const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat("the coordinator's answer cannot be written as JSON: ",
                     status.ToString()));
  }
  out_ << json << '\n';
  return absl::OkStatus();
}

}  // namespace mxban::ctl
