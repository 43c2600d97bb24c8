#ifndef MXBAN_TESTS_SYSTEM_EXACTLY_ONCE_H_
#define MXBAN_TESTS_SYSTEM_EXACTLY_ONCE_H_

// What every fault must leave behind, for the tests of fleets.

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {

// Waits until `fleet` has settled: then each failure has counted once, and
// every kernel refuses whom it should.
inline void ExpectExactlyOnce(FaultyFleet& fleet) {
  ASSERT_TRUE(fleet.AwaitSettled(absl::Seconds(60)));
  ASSERT_TRUE(fleet.AwaitCurrent(absl::Seconds(60)))
      << fleet.Ctl("agents").text;
  for (const std::string& server : fleet.servers()) {
    EXPECT_EQ(fleet.KernelBans(server), fleet.ledger().Guilty()) << server;
  }
  const Ledger::Verdict verdict = fleet.Judge();
  EXPECT_TRUE(verdict.ok())
      << "lost " << verdict.lost << ", doubled " << verdict.doubled << "\n"
      << verdict.text;
}

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_EXACTLY_ONCE_H_
