#include "tests/cluster/simulation/world.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/proto_convert.h"

namespace mxban::simulation {
namespace {

// More than there are suspects.
constexpr size_t kMostBans = 1000;

const char kIgnored[] = "192.0.2.0/24";

// So many of them that each fails often enough to be banned.
std::vector<Suspect> Suspects() {
  const auto suspect = [](const char* address, const char* source) {
    return Suspect{address, IpNetwork::ParseOrDie(source)};
  };
  std::vector<Suspect> suspects = {
      suspect("203.0.113.1", "203.0.113.1"),
      suspect("203.0.113.2", "203.0.113.2"),
      suspect("198.51.100.9", "198.51.100.9"),
      suspect("2001:db8:bad:1::a", "2001:db8:bad:1::/64"),
      suspect("2001:db8:bad:1::b", "2001:db8:bad:1::/64"),
      suspect("192.0.2.77", "192.0.2.77"),
  };
  suspects.back().is_ignored = true;
  return suspects;
}

// Some failures are his, and all right logins; the others name nobody.
const char kUser[] = "ann";

// Spared by the first server.
const char kSpared[] = "198.51.100.9";

absl::Time SomeDay(Random& random) {
  return absl::FromUnixSeconds(1'790'000'000 + random.Below(366 * 86'400));
}

std::string StampOf(absl::Time time) {
  return absl::FormatTime("%b %e %H:%M:%S", time, absl::UTCTimeZone());
}

}  // namespace

World::World(uint64_t seed, const Limits& limits, const std::string& directory,
             bool saves_names)
    : random_(seed),
      agenda_(SomeDay(random_)),
      suspects_(Suspects()),
      coordinator_(agenda_, random_, truth_, directory) {
  truth_.SetLimits(limits);
  coordinator_.SetTurnCallback([this] {
    for (const auto& server : servers_) server->link().OnTurn();
  });
  coordinator_.Start(JailsWith(limits, 25));
  const int count = 3 + static_cast<int>(random_.Below(3));
  for (int i = 0; i < count; ++i) {
    Server::Options options;
    options.number = i;
    options.directory = absl::StrCat(directory, "/mx", i);
    if (i == 0) options.never_ban = {IpNetwork::ParseOrDie(kSpared)};
    options.outbox_capacity = 1 + random_.Below(20);
    options.small_journal = random_.Below(20'000);
    options.saves_names = saves_names;
    options.complain = [this](const std::string& what) { Complain(what); };
    std::filesystem::create_directories(options.directory);
    servers_.push_back(std::make_unique<Server>(agenda_, random_, coordinator_,
                                                std::move(options)));
    servers_.back()->Start();
  }
}

JailSet World::JailsWith(const Limits& limits, uint16_t port) const {
  Jail jail;
  jail.filter.fail_regexes = {
      "\\[<HOST>\\]: possible SMTP attack, user=<F-USER>\\w*</F-USER>$"};
  jail.filter.date_patterns = {"^%b %d %H:%M:%S"};
  jail.filter.time_zone = "UTC";
  jail.filter.use_names = false;
  jail.ignored_networks = {IpNetwork::ParseOrDie(kIgnored)};
  jail.ignore_self = false;
  jail.ban_memory = absl::Hours(24 * 1000);
  jail.enforcement.ports = {{port, port}};
  Jail tally = jail;
  tally.name = tally.enforcement.name = kTally;
  tally.max_retry = 1'000'000;
  tally.find_time = tally.good_time = absl::Hours(24 * 30);
  // Each right login is somebody else's, so that none hides another.
  tally.filter.success_regexes = {
      "AUTH=server, <F-USER>#\\d+</F-USER>, \\[<ADDR>\\], authid="};
  Jail login = jail;
  login.name = login.enforcement.name = kLogin;
  login.max_retry = static_cast<uint32_t>(limits.max_retry);
  login.find_time = limits.find_time;
  login.ban_time = limits.ban_time;
  login.good_time = Truth::GoodTime(limits);
  login.filter.success_regexes = {
      "AUTH=server, #\\d+, \\[<ADDR>\\], authid=<F-USER>\\w+</F-USER>$"};
  return {{kTally, tally}, {kLogin, login}};
}

void World::Attack(int server, bool is_torn) {
  const Suspect& suspect = suspects_[random_.Below(suspects_.size())];
  const std::string user = random_.OneIn(2) ? kUser : "";
  const uint64_t number = truth_.Write(server, suspect, user);
  const std::string line = absl::StrCat(
      StampOf(servers_[server]->clock().TimeNow()), " mx", server,
      " sm-mta[1195]: ", Truth::Serial(number), ": [", suspect.address,
      "]: possible SMTP attack, user=", user, "\n");
  ServerLog& log = servers_[server]->log();
  if (is_torn) {
    log.Tear(line, 1 + random_.Below(line.size() - 1));
  } else {
    log.Write(line);
  }
  agenda_.Note(absl::StrCat("mx", server, is_torn ? " tears " : " logs ",
                            Truth::Serial(number), " ", suspect.address));
  servers_[server]->OnLogWritten();
}

void World::LogIn(int server) {
  const Suspect& suspect = suspects_[random_.Below(suspects_.size())];
  const uint64_t number = truth_.WriteLogin(server, suspect);
  servers_[server]->log().Write(
      absl::StrCat(StampOf(servers_[server]->clock().TimeNow()), " mx", server,
                   " sm-mta[1195]: AUTH=server, ", Truth::Serial(number), ", [",
                   suspect.address, "], authid=", kUser, "\n"));
  agenda_.Note(absl::StrCat("mx", server, " logs right login ",
                            Truth::Serial(number), " ", suspect.address));
  servers_[server]->OnLogWritten();
}

void World::Chat(int server) {
  servers_[server]->log().Write(
      absl::StrCat(StampOf(servers_[server]->clock().TimeNow()), " mx", server,
                   " sm-mta[1195]: STARTTLS=server, relay=[198.51.100.",
                   random_.Below(250), "], version=TLSv1.3\n"));
  servers_[server]->OnLogWritten();
}

void World::Impose() {
  if (!coordinator_.is_up()) return;
  const Suspect& suspect = suspects_[random_.Below(suspects_.size())];
  const absl::Duration duration =
      random_.OneIn(4) ? absl::InfiniteDuration()
                       : random_.Between(absl::Minutes(1), absl::Hours(48));
  agenda_.Note(absl::StrCat("operator bans ", suspect.address));
  coordinator_.Impose(suspect.source, duration);
}

void World::Pardon() {
  if (!coordinator_.is_up()) return;
  const Suspect& suspect = suspects_[random_.Below(suspects_.size())];
  agenda_.Note(absl::StrCat("operator pardons ", suspect.address));
  coordinator_.Pardon(suspect.source);
}

void World::Reload(const Limits& limits) {
  if (!coordinator_.is_up()) return;
  agenda_.Note(absl::StrCat("reload, maxretry ", limits.max_retry));
  const uint16_t port = static_cast<uint16_t>(25 + random_.Below(3));
  coordinator_.Reload(JailsWith(limits, port), limits);
}

void World::KillCoordinator() {
  if (!coordinator_.is_up()) return;
  agenda_.Note("coordinator dies");
  for (const auto& server : servers_) server->link().TakeCoordinator();
  coordinator_.Die();
}

void World::Heal() {
  coordinator_.SetDiskFull(false);
  if (!coordinator_.is_up()) coordinator_.Start();
  for (const auto& server : servers_) {
    server->SetClock(absl::ZeroDuration());
    server->link().Heal();
    server->log().Mend();
    if (server->log().must_reopen()) server->log().Reopen();
    if (!server->is_up()) server->Start();
  }
  // A log that has none yet may keep others waiting; none is silent for long.
  for (int i = 0; i < server_count(); ++i) Chat(i);
}

void World::Settle() {
  Heal();
  // For longer than anything stays under way that nobody waits for.
  constexpr absl::Duration kQuiet = absl::Seconds(60);
  constexpr int kMaxRounds = 100;
  std::string under_way = "nothing tried";
  for (int i = 0; i < kMaxRounds && !under_way.empty(); ++i) {
    agenda_.RunUntil(agenda_.TimeNow() + kQuiet);
    under_way = UnderWay();
  }
  if (!under_way.empty()) Complain("does not settle: " + under_way);
}

std::string World::UnderWay() {
  if (!coordinator_.is_up()) return "the coordinator is down";
  if (truth_.MissingOf(-1) > 0) {
    return absl::StrCat(truth_.MissingOf(-1),
                        " failures are not recorded, the first ",
                        truth_.FirstMissing());
  }
  for (const auto& server : servers_) {
    if (!server->is_settled()) return "an agent has something to do";
  }
  const AgentRegistry::Totals totals = coordinator_.registry().GetTotals();
  if (totals.current != servers_.size()) {
    return absl::StrCat(totals.current, " of ", servers_.size(),
                        " servers are current");
  }
  if (coordinator_.table().NextExpiry() <= agenda_.TimeNow()) {
    return "a ban is over";
  }
  return "";
}

void World::Compare() {
  if (!complaints_.empty()) return;
  CompareFailures();
  CompareLogins();
  CompareBans();
  for (int i = 0; i < server_count(); ++i) CompareKernel(i);
  CompareRegistry();
}

void World::CompareFailures() {
  std::multiset<uint64_t> tally;
  std::map<IpNetwork, std::multiset<absl::Time>> login;
  // What is older, or forgiven, may be forgotten already.
  const absl::Time now = agenda_.TimeNow();
  const absl::Time oldest = now - truth_.limits().find_time;
  for (const StoredFailure& failure : coordinator_.Stored().failures) {
    if (failure.key.jail == kLogin) {
      if (failure.time <= oldest ||
          truth_.IsForgiven(failure.key.source, {failure.time, failure.user})) {
        continue;
      }
      login[failure.key.source].insert(failure.time);
    } else {
      tally.insert(Truth::NumberIn(failure.evidence).value_or(0));
    }
  }
  const std::set<uint64_t> expected = truth_.Counting();
  for (const uint64_t number : expected) {
    const size_t count = tally.count(number);
    if (count == 1) continue;
    Complain(absl::StrCat("failure ", Truth::Serial(number), " is stored ",
                          count, " times"));
  }
  if (tally.size() != expected.size()) {
    Complain(absl::StrCat(tally.size(), " failures are stored, not ",
                          expected.size()));
  }
  if (login != truth_.CountingTowardsBans(now)) {
    Complain("other failures count towards bans");
  }
}

void World::CompareLogins() {
  std::set<uint64_t> tally;
  Truth::Logins login;
  for (const StoredLogin& stored : coordinator_.Stored().right_logins) {
    if (stored.key.jail == kLogin) {
      login[{stored.key.source, stored.user}] = stored.time;
    } else {
      tally.insert(Truth::NumberIn(stored.user).value_or(0));
    }
  }
  if (tally != truth_.RightLogins()) {
    Complain(absl::StrCat(tally.size(), " right logins are stored, not ",
                          truth_.RightLogins().size()));
  }
  if (login != truth_.newest_logins()) {
    Complain("other right logins are the newest");
  }
}

void World::CompareBans() {
  const auto expected = truth_.StandingAt(agenda_.TimeNow());
  const std::vector<Ban> bans = coordinator_.table().List({}, kMostBans, "");
  for (const Ban& ban : bans) {
    const std::string source = ban.key.source.ToString();
    const auto found = expected.find(ban.key.source);
    if (ban.key.jail != kLogin || found == expected.end()) {
      Complain(source + " is banned without a reason");
      continue;
    }
    const Truth::Standing& standing = found->second;
    if (ban.expire_time != standing.expire_time ||
        ban.failure_count != standing.failure_count ||
        ban.previous_ban_count != standing.previous_ban_count ||
        (ban.origin == BanOrigin::kOperator) != standing.is_operators) {
      Complain(absl::StrCat(
          source, " is banned until ", absl::FormatTime(ban.expire_time),
          " for ", ban.failure_count, " failures after ",
          ban.previous_ban_count, " bans; should be until ",
          absl::FormatTime(standing.expire_time), " for ",
          standing.failure_count, " after ", standing.previous_ban_count));
    }
    if (IpNetwork::ParseOrDie(kIgnored).Overlaps(ban.key.source)) {
      Complain(source + " is banned, though it is ignored");
    }
  }
  if (bans.size() < expected.size()) {
    Complain(absl::StrCat(bans.size(), " bans stand, not ", expected.size()));
  }
}

void World::CompareKernel(int server) {
  // What ends at this moment may be there or not.
  const absl::Time soon = agenda_.TimeNow() + absl::Seconds(3);
  const auto& never_ban = servers_[server]->never_ban();
  std::set<std::string> expected;
  for (const Ban& ban : coordinator_.table().List({}, kMostBans, "")) {
    const bool is_spared = std::any_of(
        never_ban.begin(), never_ban.end(),
        [&](const IpNetwork& n) { return n.Contains(ban.key.source); });
    if (is_spared || ban.expire_time < soon) continue;
    expected.insert(ban.key.jail + " " + ban.key.source.ToString());
  }
  std::set<std::string> actual;
  FirewallState state = servers_[server]->StateOfKernel();
  const auto jails = coordinator_.table().jails();
  for (const auto& [name, jail] : *jails) {
    const JailState& chain = state[name];
    if (chain.rules.ports != jail.enforcement.ports) {
      Complain(absl::StrCat("mx", server, " has no such chain: ", name));
    }
    for (const auto& [source, end] : chain.bans) {
      if (end.value_or(absl::InfiniteFuture()) < soon) continue;
      actual.insert(name + " " + source.ToString());
    }
  }
  if (actual == expected) return;
  Complain(absl::StrCat("mx", server, " refuses [", absl::StrJoin(actual, ", "),
                        "] and not [", absl::StrJoin(expected, ", "), "]"));
}

void World::CompareRegistry() {
  for (const AgentInfo& agent : coordinator_.registry().List("", 100)) {
    if (agent.enforced_revision == coordinator_.table().revision()) continue;
    Complain(agent.server_name + " is said to enforce another revision");
  }
}

void World::Complain(const std::string& what) {
  agenda_.Note("WRONG: " + what);
  complaints_.push_back(what);
}

}  // namespace mxban::simulation
