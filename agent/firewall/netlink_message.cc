#include "agent/firewall/netlink_message.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include <string>

namespace mxban {
namespace {

// libmnl takes a length of 2 GiB and more for a negative one.
bool IsWhole(const nlmsghdr* message, int left) {
  return mnl_nlmsg_ok(message, left) &&
         message->nlmsg_len <= static_cast<uint32_t>(left);
}

}  // namespace

NetlinkMessage::NetlinkMessage(uint16_t type, uint16_t flags, uint32_t sequence,
                               absl::string_view head, size_t room)
    : bytes_(MNL_NLMSG_HDRLEN + MNL_ALIGN(head.size()) + room, '\0') {
  mnl_nlmsg_put_header(bytes_.data());
  header()->nlmsg_type = type;
  header()->nlmsg_flags = NLM_F_REQUEST | flags;
  header()->nlmsg_seq = sequence;
  char* start =
      static_cast<char*>(mnl_nlmsg_put_extra_header(header(), head.size()));
  head.copy(start, head.size());
}

nlmsghdr* NetlinkMessage::header() {
  return reinterpret_cast<nlmsghdr*>(bytes_.data());
}

void NetlinkMessage::PutByte(uint16_t type, uint8_t value) {
  mnl_attr_put_u8(header(), type, value);
}

void NetlinkMessage::PutWord(uint16_t type, uint32_t value) {
  mnl_attr_put_u32(header(), type, htonl(value));
}

void NetlinkMessage::PutLong(uint16_t type, uint64_t value) {
  mnl_attr_put_u64(header(), type, htobe64(value));
}

void NetlinkMessage::PutHostWord(uint16_t type, uint32_t value) {
  mnl_attr_put_u32(header(), type, value);
}

void NetlinkMessage::PutBytes(uint16_t type, absl::string_view value) {
  mnl_attr_put(header(), type, value.size(), value.data());
}

void NetlinkMessage::PutText(uint16_t type, absl::string_view text) {
  mnl_attr_put_strz(header(), type, std::string(text).c_str());
}

void NetlinkMessage::PutWritten(absl::string_view attributes) {
  attributes.copy(static_cast<char*>(mnl_nlmsg_get_payload_tail(header())),
                  attributes.size());
  header()->nlmsg_len += static_cast<uint32_t>(attributes.size());
}

size_t NetlinkMessage::Begin(uint16_t type, Mark mark) {
  nlattr* nest = mnl_attr_nest_start(header(), type);
  if (mark == Mark::kPlain) nest->nla_type = type;
  return reinterpret_cast<char*>(nest) - bytes_.data();
}

void NetlinkMessage::End(size_t begin) {
  mnl_attr_nest_end(header(), reinterpret_cast<nlattr*>(&bytes_[begin]));
}

std::string NetlinkMessage::Finish() && {
  bytes_.resize(header()->nlmsg_len);
  return std::move(bytes_);
}

void ForEachMessage(absl::string_view datagram,
                    absl::FunctionRef<void(const NetlinkPart&)> visit) {
  int left = static_cast<int>(datagram.size());
  const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
  for (; IsWhole(message, left); message = mnl_nlmsg_next(message, &left)) {
    visit({message->nlmsg_type, message->nlmsg_flags, message->nlmsg_seq,
           message->nlmsg_pid,
           absl::string_view(
               static_cast<const char*>(mnl_nlmsg_get_payload(message)),
               mnl_nlmsg_get_payload_len(message))});
  }
}

void ForEachAttribute(
    absl::string_view attributes,
    absl::FunctionRef<void(uint16_t, absl::string_view)> visit) {
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

absl::string_view FindAttribute(absl::string_view attributes, uint16_t type) {
  absl::string_view found;
  ForEachAttribute(attributes, [&](uint16_t t, absl::string_view value) {
    if (t == type && found.data() == nullptr) found = value;
  });
  return found;
}

absl::string_view AfterHead(absl::string_view payload, size_t head_size) {
  const size_t aligned = MNL_ALIGN(head_size);
  return payload.size() < aligned ? absl::string_view()
                                  : payload.substr(aligned);
}

uint32_t NetworkWord(absl::string_view value) {
  return ntohl(HostInteger<uint32_t>(value));
}

uint64_t NetworkLong(absl::string_view value) {
  return be64toh(HostInteger<uint64_t>(value));
}

uint16_t NetworkShort(absl::string_view value) {
  return ntohs(HostInteger<uint16_t>(value));
}

uint8_t NetworkByte(absl::string_view value) {
  return value.empty() ? 0 : static_cast<uint8_t>(value.front());
}

std::string NetworkText(absl::string_view value) {
  return std::string(value.substr(0, value.find('\0')));
}

int ErrorIn(const NetlinkPart& part) {
  return std::abs(HostInteger<int>(part.payload));
}

}  // namespace mxban
