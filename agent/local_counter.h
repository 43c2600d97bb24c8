#ifndef MXBAN_AGENT_LOCAL_COUNTER_H_
#define MXBAN_AGENT_LOCAL_COUNTER_H_

// Is told of every failure and every right login that a server finds, whether
// there is room in the outbox or not.
//
// Implementation: LocalBans.

#include <string>
#include <vector>

#include "common/ban.h"
#include "common/jail.h"

namespace mxban {

class LocalCounter {
 public:
  virtual ~LocalCounter() = default;

  // Counts what one line tells, unless it did before. REQUIRES: lines come in
  // their order, but for those that come again.
  virtual void Count(const Jail& jail, const std::string& log_id,
                     const std::vector<Finding>& findings) = 0;

  // Nothing comes from this log again.
  virtual void ForgetLog(const std::string& jail,
                         const std::string& log_id) = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOCAL_COUNTER_H_
