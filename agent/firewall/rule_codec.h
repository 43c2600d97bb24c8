#ifndef MXBAN_AGENT_FIREWALL_RULE_CODEC_H_
#define MXBAN_AGENT_FIREWALL_RULE_CODEC_H_

// Between a TableRule and the bytes that libiptc exchanges for it: a struct
// ipt_entry or ip6t_entry, its matches, its target.
//
// Decoding is exact. A rule that would not be encoded to the very same bytes
// is opaque, so equal rules do the same to a packet. Counters are not part of
// a rule.

#include <string>

#include "absl/strings/string_view.h"
#include "agent/firewall/family.h"
#include "agent/firewall/table_rule.h"

namespace mxban {

// Returns the entry, with the target by name, as libiptc wants it.
//
// REQUIRES: at most kMaxPortSlots slots of ports, and a source of `family`.
std::string EncodeRule(Family family, const TableRule& rule);

// Reads an entry as libiptc returns it; `target` is what iptc_get_target()
// says.
TableRule DecodeRule(Family family, absl::string_view entry,
                     absl::string_view target);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_RULE_CODEC_H_
