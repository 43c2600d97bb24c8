#include "ctl/json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace mxban::ctl {

absl::Status PrintJsonLine(const google::protobuf::Message& message,
                           std::ostream& out) {
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
  out << json << '\n';
  return absl::OkStatus();
}

}  // namespace mxban::ctl
