// No shipped filter of sendmail's log, in no mode, blames anybody but the
// client of the very connection, whatever that client had logged.

#include <cctype>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/filter/sendmail_corpus.h"

namespace mxban {
namespace {

struct ShippedFilter {
  std::string name;
  std::string mode;
};

std::string Normal(absl::string_view address) {
  return IpNetwork::ParseOrDie(address).ToString();
}

// The text between `begin` and `end`, from the last `begin` on.
std::string LastBetween(absl::string_view text, absl::string_view begin,
                        absl::string_view end) {
  const size_t from = text.rfind(begin);
  if (from == text.npos) return "";
  text.remove_prefix(from + begin.size());
  return std::string(text.substr(0, text.find(end)));
}

// Who is at the other end of each process of a server, by the line that
// LogLevel 10 begins each connection with: "NOQUEUE: connect from NAME [A]".
class Connections {
 public:
  void Read(const std::string& line) {
    if (!absl::StrContains(line, "]: NOQUEUE: connect from ")) return;
    const std::string address = LastBetween(line, "[", "]");
    clients_[ProcessOf(line)] = Normal(absl::StripPrefix(address, "IPv6:"));
  }

  std::optional<std::string> ClientOf(const std::string& line) const {
    const auto found = clients_.find(ProcessOf(line));
    if (found == clients_.end()) return std::nullopt;
    return found->second;
  }

 private:
  // What is in the first brackets of a line.
  static std::string ProcessOf(const std::string& line) {
    const size_t begin = line.find('[');
    return line.substr(begin, line.find(']') - begin);
  }

  std::map<std::string, std::string> clients_;
};

class SendmailInnocenceTest
    : public testing::TestWithParam<std::tuple<ShippedFilter, std::string>> {
 protected:
  const std::string& server() const { return std::get<1>(GetParam()); }

  FailureMatcher Load() const {
    const auto& [name, mode] = std::get<0>(GetParam());
    return LoadSendmailFilter(name, {{"mode", mode}});
  }
};

TEST_P(SendmailInnocenceTest, OnlyTheClientOfALineIsBlamed) {
  FailureMatcher matcher = Load();
  Connections connections;
  std::set<std::string> blamed;
  std::ifstream log(CorpusPath(server() + "/mail.log"));
  for (std::string line; std::getline(log, line);) {
    connections.Read(line);
    FailureCounts counts;
    CountLine(matcher, line, counts);
    for (const auto& [address, count] : counts) {
      blamed.insert(address);
      if (server() == "mx1") continue;  // LogLevel 9.
      EXPECT_EQ(connections.ClientOf(line), address) << line;
    }
  }
  EXPECT_FALSE(blamed.empty());
  const FailureCounts clients =
      TrueCounts(server(), [](const auto&) { return 1; });
  for (const std::string& address : blamed) {
    EXPECT_TRUE(clients.contains(address)) << address;
  }
}

// The corpus under the eyes of the truth: who occurs only in what attackers
// wrote.
TEST_P(SendmailInnocenceTest, NobodyIsBlamedForBeingNamed) {
  const FailureCounts counts =
      CountFailures(Load(), server() + "/mail.iso.log");
  for (const std::string address : Truth()["named_only_in_injected_text"]) {
    EXPECT_FALSE(counts.contains(address)) << address;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, SendmailInnocenceTest,
    testing::Combine(
        testing::Values(ShippedFilter{"sendmail", ""},
                        ShippedFilter{"sendmail-auth", ""},
                        ShippedFilter{"sendmail-reject", "aggressive"},
                        ShippedFilter{"sendmail-flood", "aggressive"}),
        testing::Values("mx1", "mx2", "mx3")));

}  // namespace
}  // namespace mxban
