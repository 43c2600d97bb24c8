#include "filter/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "filter/utf8.h"

namespace mxban {
namespace {

constexpr uint32_t kDepthLimit = 20'000;
constexpr uint32_t kHeapLimitKib = 8 * 1024;
constexpr size_t kJitStackStart = 32 * 1024;
constexpr size_t kJitStackLimit = 1024 * 1024;
constexpr size_t kMaxPatternBytes = 64 * 1024;

// Of a filter for bytes; no pattern may switch that off.
constexpr uint32_t kBytes =
    PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;

// Of the same for text.
constexpr uint32_t kText = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;

// Python's `^` matches behind a final newline, too.
constexpr uint32_t kLineAnchors = PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX;

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Code = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using MatchData =
    std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using CompileContext =
    std::unique_ptr<pcre2_compile_context, Freer<pcre2_compile_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;

PCRE2_SPTR Bytes(absl::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

absl::Status CompileError(int code, size_t offset, absl::string_view pattern) {
  char message[256];
  pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(message),
                          sizeof(message));
  const size_t begin = offset > 20 ? offset - 20 : 0;
  return absl::InvalidArgumentError(absl::StrCat(
      message, " at character ", offset, ", behind '",
      absl::Utf8SafeCHexEscape(pattern.substr(begin, offset - begin)), "'"));
}

absl::StatusOr<Code> CompileCode(const std::string& pattern, uint32_t options) {
  const CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_max_pattern_length(context.get(), kMaxPatternBytes);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(Bytes(pattern), pattern.size(), options, &error,
                          &offset, context.get()));
  if (code == nullptr) return CompileError(error, offset, pattern);
  // Without JIT, matching is slower and no less right.
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  return code;
}

// One for each thread: a search never begins another.
pcre2_jit_stack* ThreadsJitStack(void*) {
  thread_local const JitStack stack(
      pcre2_jit_stack_create(kJitStackStart, kJitStackLimit, nullptr));
  return stack.get();
}

// What bounds every search.
pcre2_match_context* Limits() {
  static pcre2_match_context* const limits = [] {
    pcre2_match_context* context = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(context, Regex::kMatchLimit);
    pcre2_set_depth_limit(context, kDepthLimit);
    pcre2_set_heap_limit(context, kHeapLimitKib);
    pcre2_jit_stack_assign(context, ThreadsJitStack, nullptr);
    return context;
  }();
  return limits;
}

// Copies `pattern` and tells the parts apart in which Python differs.
class Translator {
 public:
  explicit Translator(absl::string_view pattern) : rest_(pattern) {}

  std::string Translate() {
    while (!rest_.empty()) Step();
    return std::move(result_);
  }

 private:
  void Copy(size_t length) {
    absl::StrAppend(&result_, rest_.substr(0, length));
    rest_.remove_prefix(std::min(length, rest_.size()));
  }

  void Step() {
    if (rest_.front() == '\\') {
      if (absl::StartsWith(rest_, "\\Z")) {
        result_ += "\\z";
        rest_.remove_prefix(2);
      } else {
        Copy(2);
      }
    } else if (rest_.front() == '[') {
      CopyClass();
    } else if (absl::StartsWith(rest_, "{,")) {
      CopyOpenRange();
    } else if (absl::StartsWith(rest_, "(?")) {
      CopyFlags();
    } else {
      Copy(1);
    }
  }

  void CopyClass() {
    Copy(absl::StartsWith(rest_, "[^") ? 2 : 1);
    if (absl::StartsWith(rest_, "]")) Copy(1);
    while (!rest_.empty() && rest_.front() != ']') {
      // To PCRE2, `[:` in a class begins a name.
      if (rest_.front() == '[') result_ += '\\';
      Copy(rest_.front() == '\\' ? 2 : 1);
    }
    Copy(1);
  }

  // `{,n}` is literal text to PCRE2 before 10.43.
  void CopyOpenRange() {
    const size_t end = rest_.find_first_not_of("0123456789", 2);
    const bool is_range = end != absl::string_view::npos && rest_[end] == '}';
    result_ += is_range ? "{0," : "{,";
    rest_.remove_prefix(2);
  }

  // `(?iu)` or `(?iu:`: bytes know no `u`.
  void CopyFlags() {
    const size_t end = rest_.find_first_not_of("aiLmsux-", 2);
    if (end == absl::string_view::npos ||
        (rest_[end] != ')' && rest_[end] != ':')) {
      return Copy(2);
    }
    std::string flags(rest_.substr(2, end - 2));
    std::erase_if(flags,
                  [](char c) { return c == 'u' || c == 'a' || c == 'L'; });
    const bool is_empty = flags.empty() && rest_[end] == ')';
    if (!is_empty) absl::StrAppend(&result_, "(?", flags, rest_.substr(end, 1));
    rest_.remove_prefix(end + 1);
  }

  absl::string_view rest_;
  std::string result_;
};

}  // namespace

struct Regex::Compiled {
  // The expression for text, compiled when it is first needed; null where it is
  // none.
  const pcre2_code* ForText() {
    if (!is_text_tried) {
      is_text_tried = true;
      absl::StatusOr<Code> text = CompileCode(pattern, kText | options);
      if (text.ok()) text_code = *std::move(text);
    }
    return text_code.get();
  }

  std::string pattern;  // As PCRE2 is told it.
  uint32_t options = 0;
  Code code;
  Code text_code;
  bool is_text_tried = false;
  bool is_beyond_ascii = false;  // Letters of the pattern have several bytes.
  MatchData data;
  // Of `data`: where each group begins and ends.
  const PCRE2_SIZE* offsets = nullptr;
  uint32_t group_count = 0;
};

absl::StatusOr<Regex> Regex::Compile(absl::string_view pattern,
                                     Anchors anchors) {
  auto compiled = std::make_unique<Compiled>();
  compiled->pattern = TranslateFromPython(pattern);
  compiled->is_beyond_ascii = !IsAscii(compiled->pattern);
  compiled->options = anchors == Anchors::kLines ? kLineAnchors : 0;
  absl::StatusOr<Code> code =
      CompileCode(compiled->pattern, kBytes | compiled->options);
  if (!code.ok()) return code.status();
  compiled->code = *std::move(code);
  compiled->data.reset(
      pcre2_match_data_create_from_pattern(compiled->code.get(), nullptr));
  compiled->offsets = pcre2_get_ovector_pointer(compiled->data.get());
  compiled->group_count = pcre2_get_ovector_count(compiled->data.get());
  return Regex(std::move(compiled));
}

Regex::Regex(std::unique_ptr<Compiled> compiled)
    : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

int Regex::GroupNumber(absl::string_view name) const {
  const std::string terminated(name);
  const int number = pcre2_substring_number_from_name(compiled_->code.get(),
                                                      Bytes(terminated));
  return number > 0 ? number : -1;
}

std::vector<std::string> Regex::GroupNames() const {
  uint32_t count = 0;
  uint32_t entry_size = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_NAMEENTRYSIZE,
                     &entry_size);
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_NAMETABLE, &table);
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count; ++i) {
    // Two bytes of group number, then the terminated name.
    names.emplace_back(
        reinterpret_cast<const char*>(table + i * entry_size + 2));
  }
  return names;
}

std::vector<Literal> Regex::literals() const {
  return RequiredLiterals(compiled_->pattern);
}

Regex::Verdict Regex::Search(absl::string_view subject) {
  const pcre2_code* code = nullptr;
  if ((compiled_->is_beyond_ascii || !IsAscii(subject)) && IsUtf8(subject)) {
    code = compiled_->ForText();
  }
  if (code == nullptr) code = compiled_->code.get();
  const int found =
      pcre2_match(code, Bytes(subject), subject.size(), 0, PCRE2_NO_UTF_CHECK,
                  compiled_->data.get(), Limits());
  if (found > 0) return Verdict::kMatch;
  return found == PCRE2_ERROR_NOMATCH ? Verdict::kNoMatch : Verdict::kLimitHit;
}

Regex::Span Regex::Group(int number) const {
  if (number < 0 || static_cast<uint32_t>(number) >= compiled_->group_count) {
    return {};
  }
  const PCRE2_SIZE* offsets = compiled_->offsets + 2 * number;
  if (offsets[0] == PCRE2_UNSET) return {};
  return {.begin = offsets[0], .end = offsets[1]};
}

std::string TranslateFromPython(absl::string_view pattern) {
  return Translator(pattern).Translate();
}

}  // namespace mxban
