#include "agent/firewall/ipset_message.h"

#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "agent/firewall/netlink_message.h"

namespace mxban {
namespace {

// hash:net as of Linux 3.18; any revision the kernel knows does for us.
constexpr uint8_t kTypeRevision = 6;

// Head, name and nesting of a request, and the most that one element takes.
constexpr size_t kRequestBytes = 256;
constexpr size_t kElementBytes = 64;

uint8_t KernelFamily(Family family) {
  return family == Family::kIpv4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

// A message as ipset wants it.
class Request : public NetlinkMessage {
 public:
  Request(uint32_t sequence, ipset_cmd command, uint16_t flags,
          size_t elements = 0)
      : NetlinkMessage((NFNL_SUBSYS_IPSET << 8) | command, flags, sequence,
                       nfgenmsg{NFPROTO_IPV4, NFNETLINK_V0, 0},
                       kRequestBytes + kElementBytes * elements) {
    PutByte(IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
  }

  void PutNumber(uint16_t type, uint32_t value) {
    PutWord(type | NLA_F_NET_BYTEORDER, value);
  }
};

// One element of a batch, whose address has `kBytes` bytes, as it goes out:
// there may be a million. Deleting looks at no timeout.
template <size_t kBytes>
struct WrittenElement {
  nlattr data = {sizeof(WrittenElement), NLA_F_NESTED | IPSET_ATTR_DATA};
  nlattr ip = {2 * sizeof(nlattr) + kBytes, NLA_F_NESTED | IPSET_ATTR_IP};
  nlattr address = {
      sizeof(nlattr) + kBytes,
      NLA_F_NET_BYTEORDER |
          (kBytes == 4 ? IPSET_ATTR_IPADDR_IPV4 : IPSET_ATTR_IPADDR_IPV6)};
  uint8_t address_bytes[kBytes];
  nlattr cidr = {sizeof(nlattr) + 1, IPSET_ATTR_CIDR};
  uint8_t cidr_byte[4] = {};  // And three to fill up.
  nlattr timeout = {sizeof(nlattr) + 4,
                    NLA_F_NET_BYTEORDER | IPSET_ATTR_TIMEOUT};
  uint32_t timeout_word = 0;
  nlattr line = {sizeof(nlattr) + 4, IPSET_ATTR_LINENO};
  uint32_t line_word = 0;
};
static_assert(sizeof(WrittenElement<4>) == 40);
static_assert(sizeof(WrittenElement<16>) == 52);

template <size_t kBytes>
void WriteElements(absl::Span<const IpsetElement> elements, Request& request) {
  WrittenElement<kBytes> written;
  for (const IpsetElement& element : elements) {
    std::memcpy(written.address_bytes, element.network.bytes().data(), kBytes);
    written.cidr_byte[0] =
        static_cast<uint8_t>(element.network.prefix_length());
    written.timeout_word = htobe32(element.timeout);
    ++written.line_word;
    request.PutWritten(written);
  }
}

// The kernel's answer repeats the request, with the line at fault filled in.
void ParseError(const NetlinkPart& part, IpsetReply& reply) {
  reply.finished = true;
  reply.error = ErrorIn(part);
  if (reply.error == 0) return;
  ForEachAttribute(AfterHead(part.payload, sizeof(nlmsgerr) + sizeof(nfgenmsg)),
                   [&](uint16_t type, absl::string_view value) {
                     if (type == IPSET_ATTR_LINENO) {
                       reply.line = HostInteger<uint32_t>(value);
                     }
                   });
}

void ParseParameters(absl::string_view data, IpsetHeader& set) {
  ForEachAttribute(data, [&](uint16_t type, absl::string_view value) {
    if (type == IPSET_ATTR_TIMEOUT) set.has_timeout = true;
    if (type == IPSET_ATTR_MAXELEM) set.max_elements = NetworkWord(value);
    if (type == IPSET_ATTR_ELEMENTS) set.element_count = NetworkWord(value);
  });
}

void ParseElement(absl::string_view data, IpsetReply& reply) {
  absl::string_view address;
  int prefix_length = -1;
  uint32_t timeout = 0;
  ForEachAttribute(data, [&](uint16_t type, absl::string_view value) {
    if (type == IPSET_ATTR_IP) {
      ForEachAttribute(
          value, [&](uint16_t, absl::string_view bytes) { address = bytes; });
    }
    if (type == IPSET_ATTR_CIDR) prefix_length = NetworkByte(value);
    if (type == IPSET_ATTR_TIMEOUT) timeout = NetworkWord(value);
  });
  if (address.size() != 4 && address.size() != 16) return;
  const int widest = static_cast<int>(address.size()) * 8;
  if (prefix_length < 0 || prefix_length > widest) prefix_length = widest;
  const auto* bytes = reinterpret_cast<const uint8_t*>(address.data());
  reply.elements.push_back(
      {IpNetwork::FromBytes(absl::MakeConstSpan(bytes, address.size()),
                            prefix_length),
       timeout});
}

// A set, or the continuation of one.
void ParseSet(absl::string_view attributes, IpsetReply& reply) {
  IpsetHeader set;
  ForEachAttribute(attributes, [&](uint16_t type, absl::string_view value) {
    switch (type) {
      case IPSET_ATTR_SETNAME:
        set.name = NetworkText(value);
        break;
      case IPSET_ATTR_TYPENAME:
        set.type = NetworkText(value);
        break;
      case IPSET_ATTR_FAMILY:
        set.family =
            NetworkByte(value) == NFPROTO_IPV6 ? Family::kIpv6 : Family::kIpv4;
        break;
      case IPSET_ATTR_INDEX:
        reply.index = set.index = NetworkShort(value);
        break;
      case IPSET_ATTR_DATA:
        ParseParameters(value, set);
        break;
      case IPSET_ATTR_ADT:
        ForEachAttribute(value, [&](uint16_t, absl::string_view element) {
          ParseElement(element, reply);
        });
        break;
    }
  });
  const bool continues =
      !reply.sets.empty() && reply.sets.back().name == set.name;
  if (!set.name.empty() && !continues) reply.sets.push_back(std::move(set));
}

}  // namespace

std::string IpsetProtocolRequest(uint32_t sequence) {
  return Request(sequence, IPSET_CMD_PROTOCOL, 0).Finish();
}

std::string IpsetCreateRequest(uint32_t sequence, const IpsetHeader& header) {
  Request request(sequence, IPSET_CMD_CREATE, NLM_F_ACK | NLM_F_CREATE);
  request.PutText(IPSET_ATTR_SETNAME, header.name);
  request.PutText(IPSET_ATTR_TYPENAME, header.type);
  request.PutByte(IPSET_ATTR_REVISION, kTypeRevision);
  request.PutByte(IPSET_ATTR_FAMILY, KernelFamily(header.family));
  const size_t data = request.Begin(IPSET_ATTR_DATA);
  // Elements may have timeouts; without one of their own they have none.
  if (header.has_timeout) request.PutNumber(IPSET_ATTR_TIMEOUT, 0);
  request.PutNumber(IPSET_ATTR_MAXELEM, header.max_elements);
  request.End(data);
  return std::move(request).Finish();
}

std::string IpsetDestroyRequest(uint32_t sequence, absl::string_view set) {
  Request request(sequence, IPSET_CMD_DESTROY, NLM_F_ACK);
  request.PutText(IPSET_ATTR_SETNAME, set);
  return std::move(request).Finish();
}

std::string IpsetSwapRequest(uint32_t sequence, absl::string_view set,
                             absl::string_view other) {
  Request request(sequence, IPSET_CMD_SWAP, NLM_F_ACK);
  request.PutText(IPSET_ATTR_SETNAME, set);
  request.PutText(IPSET_ATTR_SETNAME2, other);
  return std::move(request).Finish();
}

std::string IpsetIndexRequest(uint32_t sequence, absl::string_view set) {
  Request request(sequence, IPSET_CMD_GET_BYNAME, 0);
  request.PutText(IPSET_ATTR_SETNAME, set);
  return std::move(request).Finish();
}

std::string IpsetListRequest(uint32_t sequence, IpsetListing listing,
                             absl::string_view set) {
  Request request(sequence, IPSET_CMD_LIST, NLM_F_DUMP);
  if (listing == IpsetListing::kNames) {
    request.PutNumber(IPSET_ATTR_FLAGS, IPSET_FLAG_LIST_SETNAME);
    return std::move(request).Finish();
  }
  const bool is_of_all = listing == IpsetListing::kHeaders;
  if (!is_of_all) request.PutText(IPSET_ATTR_SETNAME, set);
  if (is_of_all || listing == IpsetListing::kHeader) {
    request.PutNumber(IPSET_ATTR_FLAGS, IPSET_FLAG_LIST_HEADER);
  }
  return std::move(request).Finish();
}

std::string IpsetBatchRequest(uint32_t sequence, IpsetChange change,
                              absl::string_view set,
                              absl::Span<const IpsetElement> elements) {
  Request request(sequence,
                  change == IpsetChange::kAdd ? IPSET_CMD_ADD : IPSET_CMD_DEL,
                  NLM_F_ACK, elements.size());
  request.PutText(IPSET_ATTR_SETNAME, set);
  request.PutHostWord(IPSET_ATTR_LINENO, 0);  // Filled in on error.
  const size_t batch = request.Begin(IPSET_ATTR_ADT);
  if (elements.front().network.is_ipv4()) {
    WriteElements<4>(elements, request);
  } else {
    WriteElements<16>(elements, request);
  }
  request.End(batch);
  return std::move(request).Finish();
}

void ParseIpsetReply(absl::string_view datagram, uint32_t sequence,
                     IpsetReply& reply) {
  ForEachMessage(datagram, [&](const NetlinkPart& part) {
    if (part.sequence != sequence) return;
    if (part.type == NLMSG_ERROR) {
      ParseError(part, reply);
    } else if (part.type == NLMSG_DONE) {
      reply.finished = true;
      reply.error = ErrorIn(part);
    } else if (part.type >> 8 == NFNL_SUBSYS_IPSET) {
      ParseSet(AfterHead(part.payload, sizeof(nfgenmsg)), reply);
      // What is no dump is answered by a single message.
      if ((part.flags & NLM_F_MULTI) == 0) reply.finished = true;
    }
  });
}

}  // namespace mxban
