#include "agent/name_resolver.h"

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const IpNetwork kAddress = IpNetwork::ParseOrDie("192.0.2.1");

// A name server that answers when it is told to.
class Server {
 public:
  NameResolver::Lookup lookup() {
    return [this](const std::string& name) {
      absl::MutexLock lock(&mutex_);
      ++questions_;
      mutex_.Await(absl::Condition(&answering_));
      if (name == "gone.example") return std::vector<IpNetwork>{};
      return std::vector<IpNetwork>{kAddress};
    };
  }

  std::function<void()> on_answer() {
    return [this] {
      absl::MutexLock lock(&mutex_);
      ++answers_;
    };
  }

  void Answer() {
    absl::MutexLock lock(&mutex_);
    answering_ = true;
  }

  void AwaitAnswers(int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count] { return answers_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }

  int questions() {
    absl::MutexLock lock(&mutex_);
    return questions_;
  }

 private:
  absl::Mutex mutex_;
  bool answering_ = false;
  int questions_ = 0;
  int answers_ = 0;
};

TEST(NameResolverTest, AnAnswerIsAwaitedAndKept) {
  Server server;
  NameResolver resolver(server.lookup(), server.on_answer());
  EXPECT_EQ(resolver.Find("mx.example", kNow), std::nullopt);
  EXPECT_EQ(resolver.Find("mx.example", kNow), std::nullopt);
  server.Answer();
  server.AwaitAnswers(1);
  EXPECT_THAT(resolver.Find("mx.example", kNow),
              Optional(ElementsAre(kAddress)));
  EXPECT_THAT(resolver.Find("mx.example", kNow + absl::Minutes(5)),
              Optional(ElementsAre(kAddress)));
  EXPECT_EQ(server.questions(), 1);
  EXPECT_EQ(resolver.Find("mx.example", kNow + absl::Minutes(6)), std::nullopt)
      << "asked anew";
}

TEST(NameResolverTest, ANameWithoutAddressesIsAnAnswer) {
  Server server;
  server.Answer();
  NameResolver resolver(server.lookup(), server.on_answer());
  resolver.Find("gone.example", kNow);
  server.AwaitAnswers(1);
  EXPECT_THAT(resolver.Find("gone.example", kNow), Optional(IsEmpty()));
}

TEST(NameResolverTest, PatienceAndBudgetEnd) {
  Server server;  // Never answers.
  NameResolver resolver(server.lookup(), server.on_answer());
  absl::Time now = kNow;
  int asked = 0;
  for (int i = 0; i < 10; ++i) {
    const std::string name(i + 1, 'x');
    if (resolver.Find(name, now)) continue;  // Not even asked.
    ++asked;
    now += NameResolver::kPatience;
    EXPECT_THAT(resolver.Find(name, now), Optional(IsEmpty()));
  }
  EXPECT_EQ(asked, 3) << "two seconds each, five in all";
  now += absl::Minutes(2);
  EXPECT_EQ(resolver.Find("another", now), std::nullopt);
  server.Answer();
  server.AwaitAnswers(4);  // Or some are asked when it is gone.
}

TEST(NameResolverTest, QuestionsAreBounded) {
  Server server;  // Never answers.
  NameResolver resolver(server.lookup(), server.on_answer());
  size_t asked = 0;
  for (size_t i = 0; i < 2 * NameResolver::kMaxQuestions; ++i) {
    if (!resolver.Find(std::to_string(i), kNow)) ++asked;
  }
  EXPECT_GE(asked, NameResolver::kMaxQuestions);
  EXPECT_LE(asked, NameResolver::kMaxQuestions + 1) << "one is being answered";
  server.Answer();
  server.AwaitAnswers(asked);
}

}  // namespace
}  // namespace mxban
