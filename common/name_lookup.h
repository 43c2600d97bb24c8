#ifndef MXBAN_COMMON_NAME_LOOKUP_H_
#define MXBAN_COMMON_NAME_LOOKUP_H_

// Addresses as the C library knows them: those of host names, those of this
// host.

#include <string>
#include <vector>

#include "common/ip_network.h"

namespace mxban {

// The addresses that `name` resolves to now, by getaddrinfo(); none if it does
// not. May block for as long as the system's resolver does.
std::vector<IpNetwork> LookUpName(const std::string& name);

// The addresses of this host's network interfaces.
std::vector<IpNetwork> OwnAddresses();

}  // namespace mxban

#endif  // MXBAN_COMMON_NAME_LOOKUP_H_
