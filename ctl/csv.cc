#include "ctl/csv.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ctl/format.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"

namespace mxban::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::string_view kFormulaStarts = "=+-@\t\r";

std::string Quoted(absl::string_view cell) {
  const bool is_formula =
      !cell.empty() && absl::StrContains(kFormulaStarts, cell.front());
  if (!is_formula && cell.find_first_of(",\"\r\n") == cell.npos) {
    return std::string(cell);
  }
  return absl::StrCat("\"", is_formula ? "'" : "",
                      absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

bool IsTime(const Descriptor& type) {
  return &type == google::protobuf::Timestamp::descriptor();
}

bool IsDuration(const Descriptor& type) {
  return &type == google::protobuf::Duration::descriptor();
}

// Whether the cells of `field` are those of the message in it.
bool IsNested(const FieldDescriptor& field) {
  return !field.is_repeated() && field.message_type() != nullptr &&
         !IsTime(*field.message_type()) && !IsDuration(*field.message_type());
}

std::string MessageText(const Message& message) {
  if (IsTime(*message.GetDescriptor())) {
    return absl::FormatTime(
        "%Y-%m-%dT%H:%M:%E*SZ",
        FromProto(static_cast<const google::protobuf::Timestamp&>(message)),
        absl::UTCTimeZone());
  }
  if (IsDuration(*message.GetDescriptor())) {
    return absl::StrCat(absl::ToDoubleSeconds(
        FromProto(static_cast<const google::protobuf::Duration&>(message))));
  }
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  return google::protobuf::util::MessageToJsonString(message, &json, options)
                 .ok()
             ? json
             : "";
}

// The value of a field that is no message; the `index`th of a repeated one.
std::string ScalarText(const Message& message, const FieldDescriptor& field,
                       int index) {
  const auto& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return field.is_repeated()
               ? reflection.GetRepeatedString(message, &field, index)
               : reflection.GetString(message, &field);
  }
  std::string text;
  google::protobuf::TextFormat::PrintFieldValueToString(
      message, &field, field.is_repeated() ? index : -1, &text);
  return text;
}

std::string CellText(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const bool is_message = field.message_type() != nullptr;
  if (!field.is_repeated()) {
    if (!is_message) return ScalarText(message, field, 0);
    return reflection.HasField(message, &field)
               ? MessageText(reflection.GetMessage(message, &field))
               : "";
  }
  std::vector<std::string> texts;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    texts.push_back(is_message ? MessageText(reflection.GetRepeatedMessage(
                                     message, &field, i))
                               : ScalarText(message, field, i));
  }
  if (!is_message) return absl::StrJoin(texts, "; ");
  return texts.empty() ? "" : absl::StrCat("[", absl::StrJoin(texts, ","), "]");
}

void AddNames(const Descriptor& type, const std::string& prefix,
              std::vector<std::string>& names) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string name = absl::StrCat(prefix, field.name());
    if (IsNested(field)) {
      AddNames(*field.message_type(), absl::StrCat(name, "."), names);
    } else {
      names.push_back(name);
    }
  }
}

void AddCells(const Message& message, std::vector<std::string>& cells) {
  const Descriptor& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsNested(field)) {
      cells.push_back(CellText(message, field));
    } else if (reflection.HasField(message, &field)) {
      AddCells(reflection.GetMessage(message, &field), cells);
    } else {
      std::vector<std::string> names;
      AddNames(*field.message_type(), "", names);
      cells.resize(cells.size() + names.size());
    }
  }
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& cells) {
  return absl::StrCat(
      absl::StrJoin(cells, ",",
                    [](std::string* line, const std::string& cell) {
                      line->append(Quoted(cell));
                    }),
      "\n");
}

std::vector<std::string> CsvNames(const Descriptor& type) {
  std::vector<std::string> names;
  AddNames(type, "", names);
  return names;
}

std::vector<std::string> CsvCells(const Message& message) {
  std::vector<std::string> cells;
  AddCells(message, cells);
  return cells;
}

}  // namespace mxban::ctl
