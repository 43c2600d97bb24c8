#include "agent/firewall/ipset_message.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/functional/function_ref.h"

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

uint8_t Byte(absl::string_view value) {
  return value.empty() ? 0 : static_cast<uint8_t>(value.front());
}

template <typename T>
T HostInteger(absl::string_view value) {
  T number = 0;
  if (value.size() >= sizeof(T)) std::memcpy(&number, value.data(), sizeof(T));
  return number;
}

uint32_t NetworkWord(absl::string_view value) {
  return ntohl(HostInteger<uint32_t>(value));
}

// Text comes with its NUL.
std::string Text(absl::string_view value) {
  return std::string(value.data(), strnlen(value.data(), value.size()));
}

// Calls `visit` with type and value of each attribute.
using AttributeVisitor = absl::FunctionRef<void(uint16_t, absl::string_view)>;

void ForEachAttribute(absl::string_view attributes, AttributeVisitor visit) {
  int left = static_cast<int>(attributes.size());
  const auto* attribute = reinterpret_cast<const nlattr*>(attributes.data());
  while (mnl_attr_ok(attribute, left)) {
    visit(mnl_attr_get_type(attribute),
          absl::string_view(
              static_cast<const char*>(mnl_attr_get_payload(attribute)),
              mnl_attr_get_payload_len(attribute)));
    left -= MNL_ALIGN(attribute->nla_len);
    attribute = mnl_attr_next(attribute);
  }
}

// A message under construction.
class Request {
 public:
  Request(uint32_t sequence, ipset_cmd command, uint16_t flags,
          size_t elements = 0)
      : bytes_(kRequestBytes + kElementBytes * elements, '\0'),
        header_(mnl_nlmsg_put_header(bytes_.data())) {
    header_->nlmsg_type = (NFNL_SUBSYS_IPSET << 8) | command;
    header_->nlmsg_flags = NLM_F_REQUEST | flags;
    header_->nlmsg_seq = sequence;
    auto* family = static_cast<nfgenmsg*>(
        mnl_nlmsg_put_extra_header(header_, sizeof(nfgenmsg)));
    family->nfgen_family = NFPROTO_IPV4;
    family->version = NFNETLINK_V0;
    PutByte(IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
  }

  void PutByte(uint16_t type, uint8_t value) {
    mnl_attr_put_u8(header_, type, value);
  }
  void PutHostWord(uint16_t type, uint32_t value) {
    mnl_attr_put_u32(header_, type, value);
  }
  void PutWord(uint16_t type, uint32_t value) {
    mnl_attr_put_u32(header_, type | NLA_F_NET_BYTEORDER, htonl(value));
  }
  void PutName(uint16_t type, absl::string_view name) {
    mnl_attr_put_strz(header_, type, std::string(name).c_str());
  }
  void PutAddress(const IpNetwork& network) {
    nlattr* nest = Begin(IPSET_ATTR_IP);
    mnl_attr_put(
        header_,
        (network.is_ipv4() ? IPSET_ATTR_IPADDR_IPV4 : IPSET_ATTR_IPADDR_IPV6) |
            NLA_F_NET_BYTEORDER,
        network.bytes().size(), network.bytes().data());
    End(nest);
  }
  nlattr* Begin(uint16_t type) { return mnl_attr_nest_start(header_, type); }
  void End(nlattr* nest) { mnl_attr_nest_end(header_, nest); }

  std::string Finish() && {
    bytes_.resize(header_->nlmsg_len);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  nlmsghdr* header_;  // The start of bytes_.
};

void PutElement(const IpsetElement& element, IpsetChange change, uint32_t line,
                Request& request) {
  nlattr* data = request.Begin(IPSET_ATTR_DATA);
  request.PutAddress(element.network);
  request.PutByte(IPSET_ATTR_CIDR, element.network.prefix_length());
  if (change == IpsetChange::kAdd) {
    request.PutWord(IPSET_ATTR_TIMEOUT, element.timeout);
  }
  request.PutHostWord(IPSET_ATTR_LINENO, line);
  request.End(data);
}

absl::string_view PayloadOf(const nlmsghdr& message) {
  return absl::string_view(
      static_cast<const char*>(mnl_nlmsg_get_payload(&message)),
      mnl_nlmsg_get_payload_len(&message));
}

// libmnl takes a length of 2 GiB and more for a negative one.
bool IsWhole(const nlmsghdr* message, int left) {
  return mnl_nlmsg_ok(message, left) &&
         message->nlmsg_len <= static_cast<uint32_t>(left);
}

// The kernel's answer repeats the request, with the line at fault filled in.
void ParseError(absl::string_view payload, IpsetReply& reply) {
  constexpr size_t kRepeatedHead = sizeof(nlmsgerr) + sizeof(nfgenmsg);
  reply.finished = true;
  reply.error = std::abs(HostInteger<int>(payload));
  if (reply.error == 0 || payload.size() < kRepeatedHead) return;
  ForEachAttribute(payload.substr(kRepeatedHead),
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
    if (type == IPSET_ATTR_CIDR) prefix_length = Byte(value);
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
        set.name = Text(value);
        break;
      case IPSET_ATTR_TYPENAME:
        set.type = Text(value);
        break;
      case IPSET_ATTR_FAMILY:
        set.family =
            Byte(value) == NFPROTO_IPV6 ? Family::kIpv6 : Family::kIpv4;
        break;
      case IPSET_ATTR_INDEX:
        reply.index = ntohs(HostInteger<uint16_t>(value));
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
  request.PutName(IPSET_ATTR_SETNAME, header.name);
  request.PutName(IPSET_ATTR_TYPENAME, header.type);
  request.PutByte(IPSET_ATTR_REVISION, kTypeRevision);
  request.PutByte(IPSET_ATTR_FAMILY, KernelFamily(header.family));
  nlattr* data = request.Begin(IPSET_ATTR_DATA);
  // Elements may have timeouts; without one of their own they have none.
  if (header.has_timeout) request.PutWord(IPSET_ATTR_TIMEOUT, 0);
  request.PutWord(IPSET_ATTR_MAXELEM, header.max_elements);
  request.End(data);
  return std::move(request).Finish();
}

std::string IpsetDestroyRequest(uint32_t sequence, absl::string_view set) {
  Request request(sequence, IPSET_CMD_DESTROY, NLM_F_ACK);
  request.PutName(IPSET_ATTR_SETNAME, set);
  return std::move(request).Finish();
}

std::string IpsetSwapRequest(uint32_t sequence, absl::string_view set,
                             absl::string_view other) {
  Request request(sequence, IPSET_CMD_SWAP, NLM_F_ACK);
  request.PutName(IPSET_ATTR_SETNAME, set);
  request.PutName(IPSET_ATTR_SETNAME2, other);
  return std::move(request).Finish();
}

std::string IpsetIndexRequest(uint32_t sequence, absl::string_view set) {
  Request request(sequence, IPSET_CMD_GET_BYNAME, 0);
  request.PutName(IPSET_ATTR_SETNAME, set);
  return std::move(request).Finish();
}

std::string IpsetListRequest(uint32_t sequence, IpsetListing listing,
                             absl::string_view set) {
  Request request(sequence, IPSET_CMD_LIST, NLM_F_DUMP);
  if (listing == IpsetListing::kNames) {
    request.PutWord(IPSET_ATTR_FLAGS, IPSET_FLAG_LIST_SETNAME);
    return std::move(request).Finish();
  }
  request.PutName(IPSET_ATTR_SETNAME, set);
  if (listing == IpsetListing::kHeader) {
    request.PutWord(IPSET_ATTR_FLAGS, IPSET_FLAG_LIST_HEADER);
  }
  return std::move(request).Finish();
}

std::string IpsetBatchRequest(uint32_t sequence, IpsetChange change,
                              absl::string_view set,
                              absl::Span<const IpsetElement> elements) {
  Request request(sequence,
                  change == IpsetChange::kAdd ? IPSET_CMD_ADD : IPSET_CMD_DEL,
                  NLM_F_ACK, elements.size());
  request.PutName(IPSET_ATTR_SETNAME, set);
  request.PutHostWord(IPSET_ATTR_LINENO, 0);  // Filled in on error.
  nlattr* batch = request.Begin(IPSET_ATTR_ADT);
  uint32_t line = 0;
  for (const IpsetElement& element : elements) {
    PutElement(element, change, ++line, request);
  }
  request.End(batch);
  return std::move(request).Finish();
}

void ParseIpsetReply(absl::string_view datagram, uint32_t sequence,
                     IpsetReply& reply) {
  int left = static_cast<int>(datagram.size());
  const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
  for (; IsWhole(message, left); message = mnl_nlmsg_next(message, &left)) {
    if (message->nlmsg_seq != sequence) continue;
    if (message->nlmsg_type == NLMSG_ERROR) {
      ParseError(PayloadOf(*message), reply);
    } else if (message->nlmsg_type == NLMSG_DONE) {
      reply.finished = true;
      reply.error = std::abs(HostInteger<int>(PayloadOf(*message)));
    } else if (message->nlmsg_type >> 8 == NFNL_SUBSYS_IPSET) {
      const absl::string_view payload = PayloadOf(*message);
      if (payload.size() >= sizeof(nfgenmsg)) {
        ParseSet(payload.substr(sizeof(nfgenmsg)), reply);
      }
      // What is no dump is answered by a single message.
      if ((message->nlmsg_flags & NLM_F_MULTI) == 0) reply.finished = true;
    }
  }
}

}  // namespace mxban
