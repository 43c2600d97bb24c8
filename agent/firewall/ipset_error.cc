#include "agent/firewall/ipset_error.h"

#include <linux/netfilter/ipset/ip_set.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"

namespace mxban {
namespace {

// The first of the numbers that each type of set gives its own meaning; for
// hash sets it is this one.
constexpr int kHashFull = IPSET_ERR_TYPE_SPECIFIC;

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return absl::StatusCode::kPermissionDenied;
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EEXIST:
    case IPSET_ERR_EXIST:
      return absl::StatusCode::kAlreadyExists;
    case kHashFull:
      return absl::StatusCode::kResourceExhausted;
    case IPSET_ERR_BUSY:
    case IPSET_ERR_REFERENCED:
      return absl::StatusCode::kUnavailable;
    case EPROTONOSUPPORT:
    case EOPNOTSUPP:
    case IPSET_ERR_PROTOCOL:
    case IPSET_ERR_FIND_TYPE:
      return absl::StatusCode::kUnimplemented;
    default:
      return absl::StatusCode::kInternal;
  }
}

std::string ReasonOf(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return "not permitted; it takes CAP_NET_ADMIN";
    case ENOENT:
      return "no such set";
    case EEXIST:
    case IPSET_ERR_EXIST:
      return "it exists with other parameters";
    case EPROTONOSUPPORT:
    case EOPNOTSUPP:
      return "this kernel has no ipset";
    case IPSET_ERR_PROTOCOL:
      return "the kernel speaks another ipset protocol";
    case IPSET_ERR_FIND_TYPE:
      return "the kernel has no sets of type hash:net";
    case IPSET_ERR_MAX_SETS:
      return "the kernel holds no more sets";
    case IPSET_ERR_BUSY:
      return "the set is in use";
    case IPSET_ERR_REFERENCED:
      return "other rules use the set";
    case IPSET_ERR_TYPE_MISMATCH:
      return "the sets are of different types";
    case IPSET_ERR_INVALID_CIDR:
      return "no such prefix length";
    case IPSET_ERR_TIMEOUT:
      return "the set knows no timeouts";
    case IPSET_ERR_INVALID_FAMILY:
    case IPSET_ERR_IPADDR_IPV4:
    case IPSET_ERR_IPADDR_IPV6:
      return "the address is of another family";
    case kHashFull:
      return "the set is full";
    default:
      if (error >= IPSET_ERR_PRIVATE)
        return absl::StrCat("ipset error ", error);
      return ErrnoText(error);
  }
}

}  // namespace

absl::Status IpsetError(int error, absl::string_view action) {
  return absl::Status(CodeOf(error),
                      absl::StrCat("cannot ", action, ": ", ReasonOf(error)));
}

}  // namespace mxban
