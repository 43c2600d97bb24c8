#include "filter/stamp_parser.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "filter/date_names.h"
#include "filter/utf8.h"

namespace mxban {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Walks along a text; every method either advances or says no.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : text_(text) {}

  size_t position() const { return position_; }
  void ReturnTo(size_t position) { position_ = position; }

  char Peek(size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }

  bool Consume(char wanted) {
    if (position_ == text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }

  bool Consume(absl::string_view wanted) {
    if (!absl::StartsWith(text_.substr(position_), wanted)) return false;
    position_ += wanted.size();
    return true;
  }

  // Reads at most `most` digits and returns how many.
  int Digits(int most, int& number) {
    int count = 0;
    number = 0;
    while (count < most && IsDigit(Peek())) {
      number = number * 10 + (text_[position_++] - '0');
      ++count;
    }
    return count;
  }

  // Exactly four digits within 2000 and `last_year`.
  bool Year(int last_year, int& year) {
    return Digits(4, year) == 4 && year >= 2000 && year <= last_year;
  }

  // One or two digits within the limits.
  bool Number(int least, int greatest, int& number) {
    return Digits(2, number) > 0 && number >= least && number <= greatest;
  }

  // A day of the month, which may be padded by a blank.
  bool Day(int& day) {
    if (Peek() == ' ') {
      ++position_;
      return Digits(1, day) == 1 && day >= 1;
    }
    return Number(1, 31, day);
  }

  // A month's name; 0 if there is none.
  int Month() {
    const int month = MonthOf(text_.substr(position_));
    if (month != 0) position_ += 3;
    return month;
  }

  bool Weekday() {
    if (WeekdayOf(text_.substr(position_)) < 0) return false;
    position_ += 3;
    return true;
  }

  // `[:MM:SS]` behind an hour.
  bool MinuteAndSecond(StampFields& fields) {
    return Consume(':') && Number(0, 59, fields.minute) && Consume(':') &&
           Number(0, 61, fields.second);
  }

  // What ends a template: the end of a word, of the text, or no word at all.
  bool AtBoundary() const {
    return position_ == text_.size() || !IsWordCharacter(Peek()) ||
           (position_ > 0 && !IsWordCharacter(text_[position_ - 1]));
  }

 private:
  const absl::string_view text_;
  size_t position_ = 0;
};

// Reads `.` or `,` and up to six digits if they are there and end well.
void SkipFraction(Scanner& scanner, bool comma_too) {
  const size_t before = scanner.position();
  int ignored;
  if (!scanner.Consume('.') && !(comma_too && scanner.Consume(','))) return;
  if (scanner.Digits(6, ignored) == 0) scanner.ReturnTo(before);
}

bool ReadOffset(Scanner& scanner, StampFields& fields) {
  const bool west = scanner.Peek() == '-';
  if (!scanner.Consume('-') && !scanner.Consume('+')) return false;
  int hours;
  int minutes = 0;
  if (scanner.Digits(2, hours) != 2) return false;
  const size_t after_hours = scanner.position();
  scanner.Consume(':');
  if (scanner.Digits(2, minutes) != 2 || minutes > 59 ||
      !scanner.AtBoundary()) {
    scanner.ReturnTo(after_hours);
    minutes = 0;
  }
  if (hours > 19) return false;
  fields.zone_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

// Reads blanks and a zone if they are there and end well.
void ReadZone(Scanner& scanner, StampFields& fields) {
  const size_t before = scanner.position();
  while (absl::ascii_isspace(scanner.Peek())) {
    scanner.ReturnTo(scanner.position() + 1);
  }
  const bool is_utc =
      scanner.Consume('Z') || scanner.Consume("UTC") || scanner.Consume("GMT");
  if ((is_utc || ReadOffset(scanner, fields)) && scanner.AtBoundary()) {
    fields.has_zone = true;
    return;
  }
  fields.zone_minutes = 0;
  scanner.ReturnTo(before);
}

// The year that may follow a syslog time: a blank and four digits.
void ReadTrailingYear(Scanner& scanner, int last_year, StampFields& fields) {
  const size_t before = scanner.position();
  int year;
  if (scanner.Consume(' ') && scanner.Year(last_year, year) &&
      scanner.AtBoundary()) {
    fields.year = year;
    return;
  }
  scanner.ReturnTo(before);
}

}  // namespace

size_t ParseIsoStamp(absl::string_view text, int last_year,
                     StampFields& fields) {
  fields = StampFields();
  Scanner scanner(text);
  if (!scanner.Year(last_year, fields.year)) return 0;
  const char separator = scanner.Peek();
  if (separator != '-' && separator != '/' && separator != '.') return 0;
  scanner.Consume(separator);
  if (!scanner.Number(1, 12, fields.month) || !scanner.Consume(separator) ||
      !scanner.Day(fields.day)) {
    return 0;
  }
  if (!scanner.Consume('T')) {
    if (!scanner.Consume(' ')) return 0;
    scanner.Consume(' ');
  }
  if (!scanner.Number(0, 23, fields.hour) || !scanner.MinuteAndSecond(fields)) {
    return 0;
  }
  const size_t whole_seconds = scanner.position();
  SkipFraction(scanner, /*comma_too=*/true);
  const size_t with_fraction = scanner.position();
  ReadZone(scanner, fields);
  if (scanner.AtBoundary()) return scanner.position();
  // As an expression would: with less behind the seconds, or not at all.
  for (const size_t shorter : {with_fraction, whole_seconds}) {
    scanner.ReturnTo(shorter);
    fields.has_zone = false;
    if (scanner.AtBoundary()) return shorter;
  }
  return 0;
}

size_t ParseSyslogStamp(absl::string_view text, int last_year,
                        StampFields& fields) {
  fields = StampFields();
  Scanner scanner(text);
  if (scanner.Weekday() && !scanner.Consume(' ')) return 0;
  fields.month = scanner.Month();
  if (fields.month == 0 || !scanner.Consume(' ') || !scanner.Day(fields.day) ||
      !scanner.Consume(' ')) {
    return 0;
  }
  scanner.Consume(' ');  // An hour may be padded by a blank.
  if (!scanner.Number(0, 29, fields.hour) || !scanner.MinuteAndSecond(fields)) {
    return 0;
  }
  const size_t whole_seconds = scanner.position();
  SkipFraction(scanner, /*comma_too=*/false);
  if (!scanner.AtBoundary()) scanner.ReturnTo(whole_seconds);
  ReadTrailingYear(scanner, last_year, fields);
  return scanner.AtBoundary() ? scanner.position() : 0;
}

size_t ParseEpochStamp(absl::string_view text, StampFields& fields) {
  size_t digits = 0;
  int64_t unix_seconds = 0;
  while (digits < text.size() && digits < 12 && IsDigit(text[digits])) {
    unix_seconds = unix_seconds * 10 + (text[digits++] - '0');
  }
  if (digits < 10 || digits > 11) return 0;
  if (digits < text.size() && IsWordCharacter(text[digits])) return 0;
  fields = StampFields();
  fields.unix_seconds = unix_seconds;
  size_t end = digits;
  if (end < text.size() && text[end] == '.') ++end;
  while (end < text.size() && end < digits + 7 && IsDigit(text[end])) ++end;
  const bool ends_well = end == text.size() || !IsWordCharacter(text[end]);
  return ends_well && end > digits + 3 ? end : digits;
}

}  // namespace mxban
