#include "common/http_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What a prober on loopback reads from `path`.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string reply;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
      0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n");
    (void)!write(fd, request.data(), request.size());
    char buffer[4096];
    ssize_t size;
    while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
      reply.append(buffer, size);
    }
  }
  close(fd);
  return reply;
}

class SomeMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    MetricsBuilder metrics;
    metrics.Counter("mxban_test_total", "How often.", 3);
    metrics.Family("mxban_bans", "Bans, by jail.",
                   prometheus::MetricType::Gauge);
    metrics.Sample({{"jail", "sendmail"}}, 2);
    return std::move(metrics).Build();
  }
};

TEST(HttpServerTest, ServesMetricsHealthAndReadiness) {
  SomeMetrics metrics;
  absl::Status readiness = absl::UnavailableError("not yet");
  absl::Mutex mutex;
  const auto server = HttpServer::Start("127.0.0.1:0", metrics, [&] {
    absl::MutexLock lock(&mutex);
    return readiness;
  });
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->port();

  EXPECT_THAT(Get(port, "/metrics"), HasSubstr("\nmxban_test_total 3\n"));
  EXPECT_THAT(Get(port, "/metrics"),
              HasSubstr("\nmxban_bans{jail=\"sendmail\"} 2\n"));
  EXPECT_THAT(Get(port, "/healthz"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(Get(port, "/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get(port, "/readyz"), HasSubstr("not yet"));
  {
    absl::MutexLock lock(&mutex);
    readiness = absl::OkStatus();
  }
  EXPECT_THAT(Get(port, "/readyz"), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpServerTest, AnAddressInUseIsAnError) {
  SomeMetrics metrics;
  const auto ready = [] { return absl::OkStatus(); };
  const auto first = HttpServer::Start("127.0.0.1:0", metrics, ready);
  ASSERT_TRUE(first.ok());
  const auto second = HttpServer::Start(
      absl::StrCat("127.0.0.1:", (*first)->port()), metrics, ready);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mxban
