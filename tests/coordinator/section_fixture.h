#ifndef MXBAN_TESTS_COORDINATOR_SECTION_FIXTURE_H_
#define MXBAN_TESTS_COORDINATOR_SECTION_FIXTURE_H_

// The section of a jail, [j], and what is said of it.

#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "coordinator/section_reader.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {

class SectionTest : public testing::Test {
 protected:
  // Has `read` read a section with `options`.
  void ReadSection(const std::string& options,
                   absl::FunctionRef<void(SectionReader&)> read) {
    directory_.Write("jail.local", absl::StrCat("[j]\n", options));
    const auto file = IniFile::Load(directory_.In("jail"));
    ASSERT_TRUE(file.ok()) << file.status();
    notes_.clear();
    ErrorList errors;
    std::set<std::string> sound_files;
    const JailSource source = {.file = *file,
                               .config_dir = directory_.path(),
                               .sound_files = sound_files,
                               .errors = errors,
                               .notes = notes_};
    SectionReader section(source, "j");
    read(section);
    error_ = std::string(errors.ToStatus().message());
  }

  ConfigDirectory directory_;
  std::vector<std::string> notes_;
  std::string error_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_COORDINATOR_SECTION_FIXTURE_H_
