#include "tests/conformance/sample_file.h"

#include <deque>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "nlohmann/json.hpp"

namespace mxban {
namespace {

using Json = nlohmann::json;

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// One file while it is read.
class Reader {
 public:
  Reader(const std::string& directory, const std::string& name)
      : path_(absl::StrCat(directory, "/", name)), name_(name) {}

  absl::Status Read() {
    std::ifstream file(path_, std::ios::binary);
    if (!file) return absl::NotFoundError(absl::StrCat("no file ", path_));
    RETURN_IF_ERROR(BeginBlock(Json::object()));
    for (std::string line; std::getline(file, line);) {
      ++line_number_;
      RETURN_IF_ERROR(ReadLine(absl::StripSuffix(line, "\r")));
    }
    return absl::OkStatus();
  }

  std::vector<SampleBlock> TakeBlocks() { return std::move(blocks_); }
  const std::vector<std::string>& added_files() const { return added_files_; }

 private:
  std::string Place() const { return absl::StrCat(name_, ":", line_number_); }

  absl::Status ReadLine(absl::string_view line) {
    if (next_) {  // Whatever it looks like.
      next_->place = Place();
      next_->text = std::string(line);
      blocks_.back().lines.push_back(*std::exchange(next_, std::nullopt));
      return absl::OkStatus();
    }
    if (absl::ConsumePrefix(&line, "#")) return ReadComment(line);
    if (absl::StripAsciiWhitespace(line).empty()) return absl::OkStatus();
    blocks_.back().lines.push_back(
        {.place = Place(), .text = std::string(line)});
    return absl::OkStatus();
  }

  absl::Status ReadComment(absl::string_view comment) {
    while (absl::ConsumePrefix(&comment, "#")) {
    }
    absl::ConsumePrefix(&comment, " ");
    using Reading = absl::Status (Reader::*)(const Json&);
    constexpr std::pair<absl::string_view, Reading> kAnnotations[] = {
        {"failJSON:", &Reader::Expect},
        {"filterOptions:", &Reader::BeginBlock},
        {"fileOptions:", &Reader::SetFileOptions},
        {"addFILE:", &Reader::AddFile},
    };
    for (const auto& [word, reading] : kAnnotations) {
      if (!absl::ConsumePrefix(&comment, word)) continue;
      const Json json = Json::parse(comment.begin(), comment.end(),
                                    /*cb=*/nullptr, /*allow_exceptions=*/false);
      if (json.is_discarded()) return Refuse("is no JSON");
      return (this->*reading)(json);
    }
    return absl::OkStatus();
  }

  absl::Status Refuse(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(Place(), ": ", what));
  }

  absl::Status Expect(const Json& json) {
    next_.emplace();
    next_->matches = json.value("match", false);
    next_->constraint = json.value("constraint", "");
    for (const char* key : {"host", "ip4", "ip6"}) {
      if (json.contains(key)) next_->failure_id = TextOf(json[key]);
    }
    if (!json.contains("time")) return absl::OkStatus();
    next_->has_no_time = json["time"].is_null();
    if (next_->has_no_time) return absl::OkStatus();
    // Fractions of seconds are nothing to anybody.
    const std::string text = TextOf(json["time"]);
    absl::CivilSecond time;
    if (!absl::ParseCivilTime(text.substr(0, text.find('.')), &time)) {
      return Refuse("the time is none");
    }
    next_->time = time;
    return absl::OkStatus();
  }

  absl::Status BeginBlock(const Json& json) {
    const std::vector<Json> sets =
        json.is_array() ? json.get<std::vector<Json>>() : std::vector{json};
    SampleBlock block;
    for (const Json& set : sets) {
      Json merged = file_options_;
      merged.update(set);
      block.option_sets.push_back(OptionsOf(merged));
    }
    blocks_.push_back(std::move(block));
    return absl::OkStatus();
  }

  static SampleOptions OptionsOf(const Json& json) {
    SampleOptions options;
    for (const auto& [key, value] : json.items()) {
      if (key == "test.condition") {
        options.condition = TextOf(value);
      } else if (key == "test.prefix-line") {
        options.prefix_line = TextOf(value);
      } else if (!absl::StartsWith(key, "test.")) {
        options.options[absl::AsciiStrToLower(key)] = TextOf(value);
      }
    }
    return options;
  }

  absl::Status SetFileOptions(const Json& json) {
    file_options_ = json;
    return BeginBlock(Json::object());
  }

  absl::Status AddFile(const Json& json) {
    added_files_.push_back(TextOf(json));
    return absl::OkStatus();
  }

  const std::string path_;
  const std::string name_;
  int line_number_ = 0;
  Json file_options_ = Json::object();
  std::optional<SampleLine> next_;  // What the next line must give.
  std::vector<SampleBlock> blocks_;
  std::vector<std::string> added_files_;
};

}  // namespace

absl::StatusOr<std::vector<SampleBlock>> ReadSamples(
    const std::string& directory, const std::string& name) {
  std::vector<SampleBlock> blocks;
  std::deque<std::string> names = {name};
  for (; !names.empty(); names.pop_front()) {
    Reader reader(directory, names.front());
    RETURN_IF_ERROR(reader.Read());
    for (SampleBlock& block : reader.TakeBlocks()) {
      if (!block.lines.empty()) blocks.push_back(std::move(block));
    }
    for (const std::string& added : reader.added_files()) {
      names.push_back(added);
    }
  }
  return blocks;
}

}  // namespace mxban
