#ifndef MXBAN_AGENT_FIREWALL_TABLE_IMAGE_H_
#define MXBAN_AGENT_FIREWALL_TABLE_IMAGE_H_

// A legacy `filter` table as the kernel has it, byte for byte, but for the
// counters: while its image is the same, nobody has changed a table. Costs one
// system call; what the rules say, IptablesTable reads.
//
// Thread-compatible. Belongs to the network namespace of the thread that takes
// the first image.

#include <cstdint>
#include <string>

#include "agent/firewall/descriptor.h"
#include "agent/firewall/family.h"

namespace mxban {

class TableImage {
 public:
  explicit TableImage(Family family) : family_(family) {}

  // Empty if the kernel does not tell: then nothing is known.
  std::string Take();

 private:
  Family family_;
  Descriptor socket_;
  uint32_t size_ = 0;  // Of the rules, when they were read last.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_TABLE_IMAGE_H_
