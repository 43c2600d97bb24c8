#include "common/expiry_watch.h"

#include <sys/stat.h>

#include <sstream>
#include <string>

#include "absl/time/clock.h"
#include "common/certificate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"
#include "tests/support/certificates.h"

namespace mxban {
namespace {

using testing::HasSubstr;

class ExpiryWatchTest : public testing::Test {
 protected:
  ExpiryWatchTest() {
    pki_.Make("agent", "mx1");
    expiry_ = ParseCertificate(pki_.Read("mx1.pem"))->not_after;
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
  }
  ~ExpiryWatchTest() override {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
  }

  // What was logged since the last call.
  std::string TakeLog() {
    std::string text = log_.str();
    log_.str("");
    return text;
  }

  Certificates pki_;
  absl::Time expiry_;
  std::ostringstream log_;
};

TEST_F(ExpiryWatchTest, TheMetricIsThereForEachFile) {
  ExpiryWatch watch(pki_.Files("mx1"));
  watch.Step(absl::Now());
  MetricsBuilder builder;
  watch.AddTo(builder);
  const auto families = std::move(builder).Build();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].name, "mxban_certificate_expiry_timestamp_seconds");
  ASSERT_EQ(families[0].metric.size(), 2u);  // ca.pem comes first.
  EXPECT_EQ(families[0].metric[1].label[0].value, pki_.Path("mx1.pem"));
  EXPECT_EQ(families[0].metric[1].gauge.value,
            static_cast<double>(absl::ToUnixSeconds(expiry_)));
}

TEST_F(ExpiryWatchTest, ThirtyDaysBeforeItWarnsOnceADay) {
  ExpiryWatch watch(pki_.Files("mx1"));
  absl::Time now = expiry_ - absl::Hours(31 * 24);
  watch.Step(now);
  EXPECT_EQ(TakeLog(), "");
  now += absl::Hours(24) + absl::Minutes(1);
  watch.Step(now);
  EXPECT_THAT(TakeLog(), HasSubstr(pki_.Path("mx1.pem") + "' expires on "));
  watch.Step(now + absl::Hours(23));
  EXPECT_EQ(TakeLog(), "");
  watch.Step(now + absl::Hours(25));
  EXPECT_THAT(TakeLog(), HasSubstr("' expires on "));
  watch.Step(expiry_ + absl::Hours(1));
  EXPECT_THAT(TakeLog(), HasSubstr("' has expired on "));
}

TEST_F(ExpiryWatchTest, AKeyThatOthersMayReadIsNamed) {
  chmod(pki_.Path("mx1.key").c_str(), 0644);
  ExpiryWatch watch(pki_.Files("mx1"));
  watch.Step(absl::Now());
  EXPECT_THAT(TakeLog(), HasSubstr(pki_.Path("mx1.key")));
}

TEST_F(ExpiryWatchTest, WithoutTlsThereIsNothingToWatch) {
  ExpiryWatch watch({});
  watch.Step(absl::Now());
  EXPECT_TRUE(watch.expiries().empty());
  EXPECT_EQ(TakeLog(), "");
}

}  // namespace
}  // namespace mxban
