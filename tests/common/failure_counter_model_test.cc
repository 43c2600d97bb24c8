// FailureCounter beside a model that keeps every failure there ever was and
// counts by looking at all of them, on random traffic.

#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/failure_counter.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
constexpr int kWindow = 60;  // Seconds.

struct Told {
  int time = 0;  // In seconds after noon.
  std::string server;
  std::string user;
};

// What one source did.
class Model {
 public:
  struct Count {
    size_t failures = 0;
    size_t servers = 0;
  };

  // The best of all windows that hold `told`: the most failures, up to
  // `max_failures`, then the most servers.
  Count Record(const Told& told, size_t max_failures) {
    all_.push_back(told);
    Count best;
    for (int start = told.time - kWindow + 1; start <= told.time; ++start) {
      std::set<std::string> servers;
      size_t failures = 0;
      for (const Told& other : all_) {
        if (other.time < start || other.time >= start + kWindow) continue;
        ++failures;
        servers.insert(other.server);
      }
      failures = std::min(failures, max_failures);
      if (std::pair(failures, servers.size()) >
          std::pair(best.failures, best.servers)) {
        best = {failures, servers.size()};
      }
    }
    return best;
  }

  void Forgive(const std::string& user) {
    std::erase_if(all_, [&](const Told& told) { return told.user == user; });
  }

  void Forget() { all_.clear(); }

 private:
  std::vector<Told> all_;
};

class FailureCounterModelTest : public testing::TestWithParam<int> {
 protected:
  size_t Below(size_t end) { return random_() % end; }

  Told SomethingAt(int time) {
    return {time, absl::StrCat("mx", Below(4)), Below(2) ? "alice" : "bob"};
  }

  FailureCounter::Count Record(FailureCounter& counter, const Told& told) {
    return counter.Record(kAttacker, kNoon + absl::Seconds(told.time),
                          told.server, told.user);
  }

  FailureCounter::Limits SomeLimits(size_t min_servers) {
    return {.window = absl::Seconds(kWindow),
            .max_failures = 1 + Below(6),
            .max_sources = 1,
            .min_servers = min_servers};
  }

  std::mt19937 random_{static_cast<uint32_t>(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Seeds, FailureCounterModelTest,
                         testing::Range(0, 200));

TEST_P(FailureCounterModelTest, CountsExactlyInAnyOrder) {
  const FailureCounter::Limits limits = SomeLimits(1);
  FailureCounter counter(limits);
  Model model;
  int now = 0;
  for (int step = 0; step < 100; ++step) {
    now += Below(15);
    const Told told = SomethingAt(now - static_cast<int>(Below(kWindow)));
    ASSERT_EQ(Record(counter, told).failures,
              model.Record(told, limits.max_failures).failures)
        << "step " << step;
  }
}

TEST_P(FailureCounterModelTest, CountsExactlyWhateverIsForgiven) {
  const FailureCounter::Limits limits = SomeLimits(1);
  FailureCounter counter(limits);
  Model model;
  int now = 0;
  for (int step = 0; step < 200; ++step) {
    now += Below(15);
    if (Below(8) == 0) {
      const std::string user = Below(2) ? "alice" : "bob";
      counter.Forgive(kAttacker, user);
      model.Forgive(user);
    }
    const Told told = SomethingAt(now - static_cast<int>(Below(kWindow)));
    const size_t failures = model.Record(told, limits.max_failures).failures;
    ASSERT_EQ(Record(counter, told).failures, failures) << "step " << step;
    if (failures < limits.max_failures) continue;
    counter.Forget(kAttacker);  // It is banned.
    model.Forget();
  }
}

TEST_P(FailureCounterModelTest, FindsEveryWindowOfEnoughServersInOrder) {
  const FailureCounter::Limits limits = SomeLimits(2 + Below(3));
  FailureCounter counter(limits);
  Model model;
  int now = 0;
  const size_t rarity = 1 + Below(30);
  for (int step = 0; step < 200; ++step) {
    now += Below(15);
    Told told = SomethingAt(now);
    if (Below(rarity) > 0) told.server = "busy";
    const FailureCounter::Count count = Record(counter, told);
    const Model::Count truth = model.Record(told, limits.max_failures);
    ASSERT_EQ(count.failures, truth.failures) << "step " << step;
    ASSERT_EQ(std::min(count.servers, limits.min_servers),
              std::min(truth.servers, limits.min_servers))
        << "step " << step;
  }
}

TEST_P(FailureCounterModelTest, NeverTellsMoreThanHappened) {
  const FailureCounter::Limits limits = SomeLimits(2 + Below(3));
  FailureCounter counter(limits);
  Model model;
  int now = 0;
  for (int step = 0; step < 200; ++step) {
    now += Below(15);
    if (Below(8) == 0) {
      counter.Forgive(kAttacker, "bob");
      model.Forgive("bob");
    }
    const Told told = SomethingAt(now - static_cast<int>(Below(kWindow)));
    const FailureCounter::Count count = Record(counter, told);
    const Model::Count truth = model.Record(told, limits.max_failures);
    ASSERT_LE(count.failures, truth.failures);
    if (count.failures == truth.failures) {
      ASSERT_LE(count.servers, truth.servers);
    }
  }
}

// The sources of each server, those idle for longest first.
class RoomModel {
 public:
  explicit RoomModel(size_t room) : room_(room) {}

  // Returns who had to go, if anyone.
  std::vector<IpNetwork> Record(const IpNetwork& source,
                                const std::string& server) {
    for (auto& [owner, sources] : sources_) {
      const auto found = std::find(sources.begin(), sources.end(), source);
      if (found == sources.end()) continue;
      sources.splice(sources.end(), sources, found);
      return {};
    }
    std::vector<IpNetwork> displaced;
    if (Tracked() == room_) displaced = {Displace(server)};
    sources_[server].push_back(source);
    return displaced;
  }

  void Forget(const IpNetwork& source) {
    for (auto& [owner, sources] : sources_) sources.remove(source);
  }

  size_t Tracked() const {
    size_t tracked = 0;
    for (const auto& [owner, sources] : sources_) tracked += sources.size();
    return tracked;
  }

 private:
  IpNetwork Displace(const std::string& server) {
    size_t most = 0;
    for (const auto& [owner, sources] : sources_) {
      most = std::max(most, sources.size());
    }
    std::list<IpNetwork>* greediest = &sources_[server];
    for (auto& [owner, sources] : sources_) {
      // Where two have as many, tests leave open which of them it is.
      if (greediest->size() < most && sources.size() == most) {
        greediest = &sources;
      }
    }
    const IpNetwork idlest = greediest->front();
    greediest->pop_front();
    return idlest;
  }

  const size_t room_;
  std::map<std::string, std::list<IpNetwork>> sources_;
};

TEST_P(FailureCounterModelTest, SharesItsRoomAsTheModelDoes) {
  const size_t room = 1 + Below(20);
  FailureCounter counter({.max_failures = 3, .max_sources = room});
  RoomModel model(room);
  for (int step = 0; step < 2000; ++step) {
    const uint8_t bytes[] = {192, 0, 2, static_cast<uint8_t>(Below(40))};
    const IpNetwork source = IpNetwork::FromBytes(bytes, 32);
    if (Below(10) == 0) {
      counter.Forget(source);
      model.Forget(source);
      continue;
    }
    // Two servers: when they have as many, it is the one that wants more.
    const std::string server = Below(4) == 0 ? "modest" : "greedy";
    counter.Record(source, kNoon, server);
    ASSERT_EQ(counter.TakeEvicted(), model.Record(source, server))
        << "step " << step;
    ASSERT_EQ(counter.tracked_sources(), model.Tracked());
  }
}

}  // namespace
}  // namespace mxban
