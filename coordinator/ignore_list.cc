#include "coordinator/ignore_list.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "filter/error_list.h"

namespace mxban {
namespace {

constexpr size_t kMaxName = 253;

absl::Status Malformed(absl::string_view word, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", absl::Utf8SafeCHexEscape(word.substr(0, 80)), "' ", what));
}

// `192.0.2.0/255.255.255.0` in the form with a length.
absl::StatusOr<std::string> WithLength(absl::string_view word) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(word, absl::MaxSplits('/', 1));
  in_addr mask;
  if (inet_pton(AF_INET, parts.second.c_str(), &mask) != 1) {
    return std::string(word);
  }
  const uint32_t bits = ntohl(mask.s_addr);
  const int length = std::countl_one(bits);
  if (std::popcount(bits) != length) {
    return Malformed(word, "has a mask with holes");
  }
  return absl::StrCat(parts.first, "/", length);
}

// Whether `word` can be a host's name. A last part of digits only is what is
// left of a mistyped address.
bool IsHostName(absl::string_view word) {
  absl::ConsumeSuffix(&word, ".");
  if (word.empty() || word.size() > kMaxName) return false;
  bool has_letter = false;
  for (const absl::string_view label : absl::StrSplit(word, '.')) {
    if (label.empty() || label.size() > 63 || absl::StartsWith(label, "-")) {
      return false;
    }
    for (const char c : label) {
      if (!absl::ascii_isalnum(c) && c != '-' && c != '_') return false;
    }
    has_letter = absl::c_any_of(label, absl::ascii_isalpha);
  }
  return has_letter;
}

absl::Status AddWord(absl::string_view word, IgnoreList& list) {
  absl::string_view path = word;
  if (absl::ConsumePrefix(&path, "file:")) {
    if (!absl::StartsWith(path, "/")) {
      return Malformed(word, "names no absolute path");
    }
    list.files.push_back(std::string(path));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string text, WithLength(word));
  const absl::StatusOr<IpNetwork> network = IpNetwork::Parse(text);
  if (network.ok()) {
    list.networks.push_back(*network);
  } else if (IsHostName(word)) {
    list.names.push_back(absl::AsciiStrToLower(word));
  } else {
    return Malformed(word, "is no address, network, host name or file:PATH");
  }
  return absl::OkStatus();
}

absl::Status AddWords(absl::string_view text, IgnoreList& list) {
  for (absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(" \t\r\n,"), absl::SkipEmpty())) {
    RETURN_IF_ERROR(AddWord(word, list));
  }
  if (list.size() <= kMaxIgnoredWords) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("holds more than ", kMaxIgnoredWords, " words"));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  const auto refuse = [&](absl::string_view what) {
    return MistakeAt({.file = path}, what);
  };
  struct stat about;
  if (stat(path.c_str(), &about) != 0) {
    return refuse(absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  if (!S_ISREG(about.st_mode)) return refuse("is no file");
  std::ifstream stream(path, std::ios::binary);
  std::string text(kMaxIgnoreFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return refuse(absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() > kMaxIgnoreFileBytes) return refuse("is above 1 MiB");
  return text;
}

}  // namespace

absl::StatusOr<IgnoreList> ParseIgnoreList(absl::string_view text) {
  IgnoreList list;
  RETURN_IF_ERROR(AddWords(text, list));
  return list;
}

absl::StatusOr<IgnoreList> ReadIgnoreFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  IgnoreList list;
  SourcePlace place{.file = path};
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++place.line;
    const absl::Status added =
        AddWords(line.substr(0, line.find_first_of("#;")), list);
    if (!added.ok()) return MistakeAt(place, added.message());
    if (!list.files.empty()) {
      return MistakeAt(place, "a file cannot name another one");
    }
  }
  return list;
}

}  // namespace mxban
