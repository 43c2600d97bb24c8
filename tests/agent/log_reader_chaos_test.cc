// Writers, logrotate, a coordinator and restarts in any order: each line counts
// once.

#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/log_reader.h"
#include "gtest/gtest.h"
#include "tests/agent/log_reader_fixture.h"

namespace mxban {
namespace {

// Counts as a coordinator does: of each log only what lies behind what it
// knows.
class Coordinator {
 public:
  // Returns up to where the log is recorded now.
  uint64_t Record(const FailureBatch& batch) {
    uint64_t& recorded = recorded_[{batch.jail, batch.log_id}];
    for (const Failure& failure : batch.failures) {
      if (failure.end_offset <= recorded) continue;
      recorded = failure.end_offset;
      ++counts_[batch.jail + " " + failure.source.ToString()];
    }
    return recorded;
  }

  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  std::map<FailureOutbox::Key, uint64_t> recorded_;
  std::map<std::string, int> counts_;
};

class LogReaderChaosTest : public LogReaderTest {
 public:  // TEST_F() derives, and may not name actions that are protected.
  static constexpr int kSteps = 60;
  static constexpr int kMaxRotations = 8;

  using Action = void (LogReaderChaosTest::*)();
  struct Choice {
    Action action;
    int weight;
  };

  // Many short lives of a log, in which `choices` are made by chance.
  void Live(int rounds, const std::vector<Choice>& choices) {
    std::vector<Action> actions;
    for (const Choice& choice : choices) {
      actions.insert(actions.end(), choice.weight, choice.action);
    }
    for (int round = 0; round < rounds; ++round) {
      SCOPED_TRACE(absl::StrCat("round ", round));
      random_.seed(round);
      Begin();
      for (int step = 0; step < kSteps; ++step) {
        (this->*actions[Random(actions.size())])();
      }
      End();
      for (const std::string& failure : written_) {
        const auto found = coordinator_.counts().find(failure);
        const int count =
            found == coordinator_.counts().end() ? 0 : found->second;
        ASSERT_EQ(count, 1) << failure;
      }
    }
  }

  void Begin() {
    logs_.Clear();
    SetCapacity(8);
    reader_->SetJails(Jails());
    coordinator_ = {};
    local_counter_ = {};
    written_.clear();
    half_line_.clear();
    rotations_ = 0;
    is_writer_behind_ = is_alone_ = has_looked_ = false;
  }

  // The writer finishes, everybody answers.
  void End() {
    Reopen();
    Write();
    if (is_alone_) ToggleAlone();
    for (size_t i = 0; i < written_.size() + 5; ++i) {
      Poll();
      FindLogs();
      Report();
    }
  }

  void Write() {
    if (half_line_.empty()) half_line_ = NextLine();
    logs_.AppendTo(writers_file(), std::exchange(half_line_, ""));
  }

  void WriteHalf() {
    if (!half_line_.empty()) return Write();
    half_line_ = NextLine();
    const size_t size = 1 + Random(half_line_.size() - 1);
    logs_.AppendTo(writers_file(), half_line_.substr(0, size));
    half_line_.erase(0, size);
  }

  // The writer notices that its log was renamed.
  void Reopen() {
    if (!half_line_.empty()) Write();
    is_writer_behind_ = false;
  }

  void Rename() {
    if (!MayRotate()) return;
    logs_.Rename();
    is_writer_behind_ = true;
    if (Random(2) == 0) Append("");
  }

  void CopyAndTruncate() {
    if (!MayRotate()) return;
    logs_.Copy();
    if (Random(3) == 0) Poll();
    if (Random(5) == 0) Restart();
    if (Random(3) == 0) Poll();
    logs_.Truncate();
  }

  void Compress() {
    const int number = (is_writer_behind_ ? 2 : 1) + Random(3);
    if (std::filesystem::exists(logs_.Rotated(number))) logs_.Compress(number);
  }

  void Poll() {
    reader_->Poll();
    has_looked_ = true;
  }

  // As the reader's thread does it, not before it has looked once.
  void FindLogs() {
    if (has_looked_) reader_->FindLogs();
  }

  void Report() {
    if (is_alone_) return;
    while (const auto batch = outbox_->Take(3)) {
      outbox_->Acknowledge(batch->jail, batch->log_id,
                           coordinator_.Record(*batch));
    }
  }

  // The coordinator is heard no more when it has recorded some.
  void ReportInVain() {
    if (is_alone_) return;
    if (const auto batch = outbox_->Take(3)) coordinator_.Record(*batch);
    outbox_->Rewind();
  }

  void Restart() {
    RestartAll(Jails());
    has_looked_ = false;
    reader_->SetAlone(is_alone_);
  }

  void ToggleAlone() {
    is_alone_ = !is_alone_;
    reader_->SetAlone(is_alone_);
  }

 private:
  int Random(int end) { return static_cast<int>(random_() % end); }

  std::vector<Jail> Jails() {
    std::vector<Jail> jails = {AttackJail("a"), AttackJail("b")};
    for (Jail& jail : jails) jail.log_paths = {logs_.log()};
    return jails;
  }

  // The file that the writer holds.
  std::string writers_file() const {
    return is_writer_behind_ ? logs_.Rotated(1) : logs_.log();
  }

  // Of any length and end, or a log might grow again to just what it was.
  std::string NextLine() {
    const std::string host = absl::StrFormat("2001:db8::%x", ++last_host_);
    for (const char* jail : {"a ", "b "}) written_.insert(jail + host);
    std::string line = Attack(host);
    line.pop_back();
    for (int i = Random(200); i > 0; --i) line += 'a' + Random(26);
    return line + "\n";
  }

  // Whether logrotate finds something to do.
  bool MayRotate() {
    if (rotations_ == kMaxRotations) return false;
    Reopen();
    if (!std::filesystem::exists(logs_.log()) ||
        std::filesystem::file_size(logs_.log()) == 0) {
      return false;
    }
    ++rotations_;
    clock_.Advance(absl::Seconds(1));
    return true;
  }

  std::mt19937 random_;
  Coordinator coordinator_;
  std::set<std::string> written_;
  std::string half_line_;  // What is still to be written of it.
  int last_host_ = 0;
  int rotations_ = 0;
  bool is_writer_behind_ = false;  // It has not noticed a rename.
  bool is_alone_ = false;
  bool has_looked_ = false;  // The reader, since it was started.

 public:
  const std::vector<Choice> kCalm = {
      {&LogReaderChaosTest::Write, 12}, {&LogReaderChaosTest::WriteHalf, 3},
      {&LogReaderChaosTest::Poll, 5},   {&LogReaderChaosTest::Report, 3},
      {&LogReaderChaosTest::Reopen, 2}, {&LogReaderChaosTest::FindLogs, 1}};

  std::vector<Choice> With(std::vector<Choice> more) const {
    more.insert(more.end(), kCalm.begin(), kCalm.end());
    return more;
  }
};

TEST_F(LogReaderChaosTest, LogsAreRenamed) {
  Live(60, With({{&LogReaderChaosTest::Rename, 3},
                 {&LogReaderChaosTest::Compress, 1}}));
}

TEST_F(LogReaderChaosTest, LogsAreCopied) {
  Live(60, With({{&LogReaderChaosTest::CopyAndTruncate, 3},
                 {&LogReaderChaosTest::Compress, 1}}));
}

TEST_F(LogReaderChaosTest, TheAgentIsKilled) {
  Live(60, With({{&LogReaderChaosTest::Rename, 2},
                 {&LogReaderChaosTest::CopyAndTruncate, 2},
                 {&LogReaderChaosTest::Compress, 1},
                 {&LogReaderChaosTest::ReportInVain, 1},
                 {&LogReaderChaosTest::Restart, 2}}));
}

TEST_F(LogReaderChaosTest, TheCoordinatorComesAndGoes) {
  Live(60, With({{&LogReaderChaosTest::Rename, 2},
                 {&LogReaderChaosTest::CopyAndTruncate, 2},
                 {&LogReaderChaosTest::Compress, 1},
                 {&LogReaderChaosTest::ReportInVain, 1},
                 {&LogReaderChaosTest::ToggleAlone, 2},
                 {&LogReaderChaosTest::Restart, 1}}));
}

}  // namespace
}  // namespace mxban
