#include "agent/journal_tailer.h"

#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/errno_text.h"
#include "common/journal_match.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// No message is as new: what is sought from there is found by its number alone.
constexpr uint64_t kNever = uint64_t{1} << 62;

absl::Status Failed(int result) {
  return absl::UnavailableError(ErrnoText(-result));
}

uint64_t Micros(absl::Time time) {
  return static_cast<uint64_t>(std::max<int64_t>(absl::ToUnixMicros(time), 0));
}

// Seeks the message `number` of `log_id`, or what is next to it there; of all
// other ids, what was received at `micros` or later.
int SeekNumber(sd_journal* journal, absl::string_view log_id, uint64_t number,
               uint64_t micros) {
  const std::string cursor = absl::StrFormat(
      "s=%s;i=%x;t=%x", log_id.substr(JournalTailer::kLogIdPrefix.size()),
      number, micros);
  return sd_journal_seek_cursor(journal, cursor.c_str());
}

}  // namespace

void JournalTailer::CloseJournal::operator()(sd_journal* journal) const {
  sd_journal_close(journal);
}

JournalTailer::JournalTailer(Options options, Guide& guide)
    : options_(std::move(options)), guide_(guide) {}

JournalTailer::~JournalTailer() = default;

bool JournalTailer::Poll(Sink sink, BlockSink) {
  bool is_done = true;
  if (journal_ != nullptr && FindRoots() != roots_) {
    // The library does not notice a directory that comes later, as that of the
    // disk when journald is told to write there.
    journal_.reset();
    is_waiting_ = false;
    was_reopened_ = true;
  }
  absl::Status status = journal_ == nullptr ? Open() : absl::OkStatus();
  if (status.ok()) status = Drain(sink, is_done);
  if (!status.ok()) {
    Complain(status);
    Restart();
  } else if (std::exchange(has_complained_, false)) {
    spdlog::info("the journal is read again");
  }
  return is_done;
}

void JournalTailer::Restart() {
  journal_.reset();
  log_id_.clear();
  last_cursor_.clear();
  is_waiting_ = was_reopened_ = false;
}

JournalTailer::Roots JournalTailer::FindRoots() const {
  std::vector<std::string> paths = {"/run/log/journal", "/var/log/journal"};
  if (!options_.directory.empty()) paths = {options_.directory};
  Roots roots;
  for (const std::string& path : paths) {
    struct stat status = {};
    if (stat(path.c_str(), &status) != 0) continue;
    roots.emplace_back(status.st_dev, status.st_ino);
  }
  return roots;
}

absl::Status JournalTailer::Open() {
  roots_ = FindRoots();
  Journal journal;
  RETURN_IF_ERROR(OpenFiles(journal));
  // Before anything is read: what comes from now on is noticed.
  const int fd = sd_journal_get_fd(journal.get());
  if (fd < 0) return Failed(fd);
  uint64_t bytes = 0;
  sd_journal_get_usage(journal.get(), &bytes);
  if (bytes == 0) {
    return absl::UnavailableError(
        "there is none, or not for this user: is it in the group "
        "systemd-journal?");
  }
  sd_journal_set_data_threshold(journal.get(), kMaxLineBytes + 64);
  RETURN_IF_ERROR(Seek(journal.get()));
  journal_ = std::move(journal);
  fd_ = fd;
  return absl::OkStatus();
}

absl::Status JournalTailer::OpenFiles(Journal& journal) const {
  sd_journal* opened = nullptr;
  const int flags = static_cast<int>(options_.flags);
  const int result = options_.directory.empty()
                         ? sd_journal_open(&opened, flags)
                         : sd_journal_open_directory(
                               &opened, options_.directory.c_str(), flags);
  if (result < 0) return Failed(result);
  journal.reset(opened);
  return absl::OkStatus();
}

absl::Status JournalTailer::AddMatches(sd_journal* journal) const {
  for (const std::string& line : options_.matches) {
    ASSIGN_OR_RETURN(const JournalMatch match, ParseJournalMatch(line));
    for (const std::vector<std::string>& alternative : match) {
      for (const std::string& field : alternative) {
        const int result =
            sd_journal_add_match(journal, field.data(), field.size());
        if (result < 0) return Failed(result);
      }
      const int result = sd_journal_add_disjunction(journal);
      if (result < 0) return Failed(result);
    }
  }
  return absl::OkStatus();
}

// Goes on behind the last message, if there was one.
absl::Status JournalTailer::Seek(sd_journal* journal) {
  if (last_cursor_.empty()) return SeekBegin(journal);
  RETURN_IF_ERROR(AddMatches(journal));
  const int result = sd_journal_seek_cursor(journal, last_cursor_.c_str());
  return result < 0 ? Failed(result) : absl::OkStatus();
}

// Finds the message `number` of `log_id`, or what is next to it there.
bool JournalTailer::Find(sd_journal* journal, const std::string& log_id,
                         uint64_t number, Place& found) {
  return SeekNumber(journal, log_id, std::max<uint64_t>(number, 1), kNever) >=
             0 &&
         sd_journal_next(journal) > 0 && ReadPlace(journal, found).ok() &&
         found.log_id == log_id;
}

// Of the ids that are known, goes on with the one that was read last; what else
// there is begins by its time. What is done already comes again, if clocks went
// back or ids are mixed, and is passed over.
absl::Status JournalTailer::SeekBegin(sd_journal* journal) {
  const uint64_t oldest = Micros(guide_.Oldest());
  std::optional<Place> last;
  logs_found_.clear();
  has_looked_ = true;
  for (const std::string& log_id : guide_.KnownLogs()) {
    const uint64_t number = guide_.PositionIn(log_id);
    Place found;
    if (!absl::StartsWith(log_id, kLogIdPrefix) ||
        !Find(journal, log_id, number, found)) {
      continue;
    }
    logs_found_.insert(log_id);
    if (number == 0) continue;
    if (found.number > number + 1) {
      spdlog::warn(
          "messages of the journal are gone that were not read: {} to {} of {}",
          number + 1, found.number - 1, log_id);
    }
    if (last && last->received >= found.received) continue;
    last = Place{log_id, number, found.received};
  }
  RETURN_IF_ERROR(AddMatches(journal));
  const int result =
      last ? SeekNumber(journal, last->log_id, last->number, oldest)
           : sd_journal_seek_realtime_usec(journal, oldest);
  return result < 0 ? Failed(result) : absl::OkStatus();
}

absl::Status JournalTailer::Drain(Sink sink, bool& is_done) {
  const int changed = sd_journal_process(journal_.get());
  if (changed < 0) return Failed(changed);
  while (true) {
    if (is_waiting_ && !Deliver(sink)) {
      is_done = false;
      return absl::OkStatus();
    }
    const int found = sd_journal_next(journal_.get());
    if (found < 0) return Failed(found);
    if (found == 0) return absl::OkStatus();
    RETURN_IF_ERROR(ReadPlace(journal_.get(), place_));
    if (!IsCopyOfLast()) RETURN_IF_ERROR(Take());
  }
}

// Makes the present message wait, unless it is dealt with already.
absl::Status JournalTailer::Take() {
  if (place_.log_id != log_id_) {
    log_id_ = place_.log_id;
    done_ = guide_.PositionIn(log_id_);
    logs_found_.insert(log_id_);
    guide_.TurnTo(log_id_);
  }
  if (place_.number > done_) {
    RETURN_IF_ERROR(ReadLine());
    is_waiting_ = line_.size() <= kMaxLineBytes;
    if (is_waiting_) return absl::OkStatus();
    ++overlong_lines_;
  }
  last_cursor_ = place_.cursor;
  return absl::OkStatus();
}

// What journald moves to another directory keeps all of its cursor but for the
// number: `s=ID;i=HEX;b=...`.
bool JournalTailer::IsCopyOfLast() {
  if (!was_reopened_) return false;
  const size_t end = place_.cursor.find(";b=");
  const size_t last_end = last_cursor_.find(";b=");
  was_reopened_ = end != std::string::npos && last_end != std::string::npos &&
                  place_.cursor.substr(end) == last_cursor_.substr(last_end);
  return was_reopened_;
}

bool JournalTailer::Deliver(Sink sink) {
  if (!sink({.text = line_,
             .begin = place_.number - 1,
             .end = place_.number,
             .time = time_})) {
    return false;
  }
  is_waiting_ = false;
  last_cursor_ = place_.cursor;
  return true;
}

// A cursor is the only thing that tells the number before systemd 254:
// `s=ID;i=HEX;...`.
absl::Status JournalTailer::ReadPlace(sd_journal* journal, Place& place) {
  char* text = nullptr;
  uint64_t received = 0;
  int result = sd_journal_get_realtime_usec(journal, &received);
  if (result >= 0) result = sd_journal_get_cursor(journal, &text);
  if (result < 0) return Failed(result);
  place.cursor = text;
  std::free(text);
  place.log_id.clear();
  place.number = 0;
  for (const absl::string_view part : absl::StrSplit(place.cursor, ';')) {
    if (absl::StartsWith(part, "s=")) {
      place.log_id = absl::StrCat(kLogIdPrefix, part.substr(2));
    } else if (absl::StartsWith(part, "i=") &&
               !absl::SimpleHexAtoi(part.substr(2), &place.number)) {
      place.number = 0;
    }
  }
  if (place.log_id.empty() || place.number == 0) {
    return absl::UnavailableError("a message has no number");
  }
  place.received = absl::FromUnixMicros(static_cast<int64_t>(received));
  return absl::OkStatus();
}

absl::Status JournalTailer::ReadLine() {
  message_.Clear();
  const void* data = nullptr;
  size_t size = 0;
  int result = 0;
  sd_journal_restart_data(journal_.get());
  while ((result = sd_journal_enumerate_available_data(journal_.get(), &data,
                                                       &size)) > 0) {
    message_.Add({static_cast<const char*>(data), size});
  }
  // A damaged message tells what can be read of it.
  if (result < 0 && result != -EBADMSG) return Failed(result);
  uint64_t since_boot = 0;
  sd_id128_t boot;
  sd_journal_get_monotonic_usec(journal_.get(), &since_boot, &boot);
  message_.Format(absl::Microseconds(static_cast<int64_t>(since_boot)), line_);
  time_ = message_.time().value_or(place_.received);
  return absl::OkStatus();
}

void JournalTailer::Complain(const absl::Status& status) {
  if (std::exchange(has_complained_, true)) return;
  spdlog::error("cannot read the journal{}{}: {}",
                options_.directory.empty() ? "" : " in ", options_.directory,
                std::string(status.message()));
}

}  // namespace mxban
