#include "filter/ini_text.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "filter/utf8.h"

namespace mxban {
namespace {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(text.substr(0, 80)), "'");
}

// What is left of a line when its comment is taken away.
struct Uncommented {
  absl::string_view text;  // Stripped.
  bool had_comment = false;
};

Uncommented WithoutComment(absl::string_view line) {
  const absl::string_view stripped = absl::StripAsciiWhitespace(line);
  if (absl::StartsWith(stripped, "#") || absl::StartsWith(stripped, ";")) {
    return {.text = "", .had_comment = true};
  }
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == ';' && absl::ascii_isspace(line[i - 1])) {
      return {.text = absl::StripAsciiWhitespace(line.substr(0, i)),
              .had_comment = true};
    }
  }
  return {.text = stripped, .had_comment = false};
}

size_t Indentation(absl::string_view line) {
  size_t width = 0;
  while (width < line.size() && absl::ascii_isspace(line[width])) ++width;
  return width;
}

class Parser {
 public:
  explicit Parser(absl::string_view file) { place_.file = std::string(file); }

  void Read(absl::string_view line) {
    ++place_.line;
    if (!IsUtf8(line)) return Refuse("this line is not UTF-8");
    const Uncommented content = WithoutComment(line);
    if (content.text.empty()) {
      if (!content.had_comment && option_ != nullptr) option_->value += '\n';
      return;
    }
    const size_t indentation = Indentation(line);
    if (option_ != nullptr && indentation > indentation_) {
      absl::StrAppend(&option_->value, "\n", content.text);
      return;
    }
    indentation_ = indentation;
    FinishOption();
    if (content.text.front() == '[') return ReadHeader(content.text);
    ReadOption(content.text);
  }

  absl::StatusOr<std::vector<IniSection>> Finish() {
    FinishOption();
    if (!errors_.empty()) return errors_.ToStatus();
    return std::move(sections_);
  }

 private:
  void Refuse(absl::string_view what) { errors_.Add(MistakeAt(place_, what)); }

  void FinishOption() {
    if (option_ == nullptr) return;
    absl::StripTrailingAsciiWhitespace(&option_->value);
    option_ = nullptr;
  }

  void ReadHeader(absl::string_view text) {
    const size_t end = text.rfind(']');
    if (end == absl::string_view::npos || end == 1) {
      return Refuse(absl::StrCat(Quoted(text), " is no section header"));
    }
    if (end + 1 != text.size()) {
      return Refuse(absl::StrCat(Quoted(text.substr(end + 1)),
                                 " follows the section header"));
    }
    IniSection section{.name = std::string(text.substr(1, end - 1)),
                       .place = place_};
    const auto [first, is_new] = seen_.try_emplace(section.name, place_.line);
    if (!is_new) {
      Refuse(absl::StrCat("section [", section.name,
                          "] is there twice, first at line ", first->second));
    }
    option_lines_.clear();
    sections_.push_back(std::move(section));
  }

  void ReadOption(absl::string_view text) {
    const size_t separator = text.find_first_of("=:");
    if (sections_.empty()) {
      return Refuse(absl::StrCat(Quoted(text), " stands before any section"));
    }
    const absl::string_view key =
        absl::StripAsciiWhitespace(text.substr(0, separator));
    if (separator == absl::string_view::npos || key.empty()) {
      return Refuse(absl::StrCat(Quoted(text), " is not 'key = value'"));
    }
    IniOption option{.key = absl::AsciiStrToLower(key), .place = place_};
    option.value =
        std::string(absl::StripAsciiWhitespace(text.substr(separator + 1)));
    const auto [first, is_new] =
        option_lines_.try_emplace(option.key, place_.line);
    if (!is_new) {
      Refuse(absl::StrCat("option '", option.key,
                          "' is there twice, first at line ", first->second));
    }
    sections_.back().options.push_back(std::move(option));
    option_ = &sections_.back().options.back();
  }

  SourcePlace place_;
  ErrorList errors_;
  std::vector<IniSection> sections_;
  IniOption* option_ = nullptr;  // That a deeper line would continue.
  size_t indentation_ = 0;       // Of the last line that continued nothing.
  absl::flat_hash_map<std::string, int> seen_;          // Section to line.
  absl::flat_hash_map<std::string, int> option_lines_;  // Of this section.
};

}  // namespace

absl::StatusOr<std::vector<IniSection>> ParseIniText(absl::string_view text,
                                                     absl::string_view file) {
  Parser parser(file);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    parser.Read(absl::StripSuffix(line, "\r"));
  }
  return parser.Finish();
}

}  // namespace mxban
