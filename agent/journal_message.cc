#include "agent/journal_message.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace mxban {
namespace {

// A number of microseconds.
std::optional<absl::Duration> Microseconds(absl::string_view text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < 0) return std::nullopt;
  return absl::Microseconds(number);
}

}  // namespace

void JournalMessage::Clear() {
  for (std::string& value : values_) value.clear();
}

void JournalMessage::Add(absl::string_view field) {
  const size_t equals = field.find('=');
  if (equals == absl::string_view::npos) return;
  const absl::string_view name = field.substr(0, equals);
  for (int i = 0; i < kFields; ++i) {
    if (name != kNames[i]) continue;
    std::string& value = values_[i];
    const bool is_another = !value.empty();
    if (is_another && i != kText) return;
    if (is_another && value.size() < kMaxFieldBytes) value += ' ';
    absl::StrAppend(&value,
                    field.substr(equals + 1, kMaxFieldBytes - value.size()));
    return;
  }
}

void JournalMessage::Format(absl::Duration since_boot,
                            std::string& line) const {
  line.clear();
  if (!values_[kHost].empty()) absl::StrAppend(&line, values_[kHost], " ");
  const std::string& name = Either(kIdentifier, kCommand);
  const std::string& pid = Either(kSyslogPid, kPid);
  if (!name.empty()) {
    absl::StrAppend(&line, name);
    if (!pid.empty()) absl::StrAppend(&line, "[", pid, "]");
    absl::StrAppend(&line, ": ");
    if (name == "kernel" && pid.empty()) {
      const auto own = Microseconds(values_[kSinceBoot]);
      absl::StrAppendFormat(&line, "[%12.6f] ",
                            absl::ToDoubleSeconds(own.value_or(since_boot)));
    }
  }
  absl::StrAppend(&line, values_[kText]);
  if (line.find('\n') != std::string::npos) {
    absl::StrReplaceAll({{"\n", "\\n"}}, &line);
  }
}

std::optional<absl::Time> JournalMessage::time() const {
  const auto since_epoch = Microseconds(values_[kTime]);
  if (!since_epoch) return std::nullopt;
  return absl::UnixEpoch() + *since_epoch;
}

const std::string& JournalMessage::Either(Field first, Field second) const {
  return values_[first].empty() ? values_[second] : values_[first];
}

}  // namespace mxban
