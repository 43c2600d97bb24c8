#include "common/errno_text.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(ErrnoTextTest, SaysWhatAnErrorMeans) {
  EXPECT_EQ(ErrnoText(ENOENT), "No such file or directory");
  EXPECT_EQ(ErrnoText(EPERM), "Operation not permitted");
}

TEST(ErrnoTextTest, AnUnknownErrorHasATextToo) {
  EXPECT_FALSE(ErrnoText(-1).empty());
  EXPECT_FALSE(ErrnoText(99'999).empty());
}

}  // namespace
}  // namespace mxban
