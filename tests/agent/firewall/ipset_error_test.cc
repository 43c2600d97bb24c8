#include "agent/firewall/ipset_error.h"

#include <cerrno>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::HasSubstr;

struct Case {
  int error;
  absl::StatusCode code;
  const char* words;
};

TEST(IpsetErrorTest, SaysInWordsWhatTheKernelMeans) {
  for (const Case& c : {
           Case{EPERM, absl::StatusCode::kPermissionDenied, "CAP_NET_ADMIN"},
           Case{ENOENT, absl::StatusCode::kNotFound, "no such set"},
           Case{EEXIST, absl::StatusCode::kAlreadyExists, "other parameters"},
           Case{4103, absl::StatusCode::kAlreadyExists, "other parameters"},
           Case{4352, absl::StatusCode::kResourceExhausted, "full"},
           Case{4100, absl::StatusCode::kUnavailable, "in use"},
           Case{4098, absl::StatusCode::kUnimplemented, "hash:net"},
           Case{4107, absl::StatusCode::kInternal, "no timeouts"},
           Case{4999, absl::StatusCode::kInternal, "ipset error 4999"},
           Case{ENOMEM, absl::StatusCode::kInternal, "memory"},
       }) {
    const absl::Status status = IpsetError(c.error, "use set x");
    EXPECT_EQ(status.code(), c.code) << c.error;
    EXPECT_THAT(
        std::string(status.message()),
        testing::AllOf(HasSubstr("cannot use set x: "), HasSubstr(c.words)));
  }
}

}  // namespace
}  // namespace mxban
