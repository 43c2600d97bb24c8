#include "ctl/mxban_regex_json.h"

#include <optional>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/ip_network.h"
#include "nlohmann/json.hpp"

namespace mxban::ctl {
namespace {

// What is counted: an address with its prefix length, where one was captured.
std::string FailureIdOf(const FailureMatcher::Result& result) {
  const std::string id(result.failure_id);
  if (result.prefix_length.empty() || result.failure_id != result.host) {
    return id;
  }
  const auto network =
      IpNetwork::Parse(absl::StrCat(id, "/", result.prefix_length));
  return network.ok() ? network->ToString() : id;
}

// `text` as a JSON string. Addresses and names, which are nearly all there is,
// need no escapes.
std::string Quoted(absl::string_view text) {
  const bool is_plain = absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == ':' || c == '-' ||
           c == '/';
  });
  if (is_plain) return absl::StrCat("\"", text, "\"");
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', /*ensure_ascii=*/false,
            nlohmann::json::error_handler_t::replace);
}

}  // namespace

void PrintFailures(uint64_t line_number, const FailureMatcher::Result& result,
                   std::ostream& out) {
  const std::string host = result.host.empty() ? "null" : Quoted(result.host);
  const std::string id = Quoted(FailureIdOf(result));
  for (const std::optional<absl::Time>& time : result.times) {
    out << absl::StrCat(
        "{\"line\":", line_number, ",\"host\":", host, ",\"time\":",
        time ? absl::StrCat(absl::ToUnixSeconds(*time), ".0") : "null",
        ",\"failid\":", id, "}\n");
  }
}

}  // namespace mxban::ctl
