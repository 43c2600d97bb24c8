#ifndef MXBAN_AGENT_FIREWALL_NETLINK_MESSAGE_H_
#define MXBAN_AGENT_FIREWALL_NETLINK_MESSAGE_H_

// Netlink messages as bytes: a header, a fixed head, then attributes, each a
// type and a value or further attributes. The only module that names libmnl.
// Pure, so tests need no kernel.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

struct nlattr;
struct nlmsghdr;

namespace mxban {

// A message under construction. Thread-compatible.
class NetlinkMessage {
 public:
  // `head` follows the netlink header: a nfgenmsg, say. `room` is the most that
  // the attributes will take.
  template <typename Head>
  requires std::is_trivially_copyable_v<Head> NetlinkMessage(
      uint16_t type, uint16_t flags, uint32_t sequence, const Head& head,
      size_t room = kSmall)
      : NetlinkMessage(type, flags, sequence,
                       absl::string_view(reinterpret_cast<const char*>(&head),
                                         sizeof(head)),
                       room) {}
  NetlinkMessage(uint16_t type, uint16_t flags, uint32_t sequence,
                 absl::string_view head, size_t room = kSmall);

  // Numbers in network byte order, unless the name says otherwise.
  void PutByte(uint16_t type, uint8_t value);
  void PutWord(uint16_t type, uint32_t value);
  void PutLong(uint16_t type, uint64_t value);
  void PutHostWord(uint16_t type, uint32_t value);
  void PutBytes(uint16_t type, absl::string_view value);
  void PutText(uint16_t type, absl::string_view text);  // With a NUL.

  // Attributes as they go out, written elsewhere: where there are very many.
  template <typename Attributes>
  requires std::is_trivially_copyable_v<Attributes>
  void PutWritten(const Attributes& attributes) {
    PutWritten(absl::string_view(reinterpret_cast<const char*>(&attributes),
                                 sizeof(attributes)));
  }
  void PutWritten(absl::string_view attributes);

  // Attributes put between Begin() and its End() lie within `type`. ipset wants
  // such an attribute marked as nested, nf_tables never marks one.
  enum class Mark { kNested, kPlain };
  size_t Begin(uint16_t type, Mark mark = Mark::kNested);
  void End(size_t begin);

  std::string Finish() &&;

 private:
  static constexpr size_t kSmall = 512;

  nlmsghdr* header();

  std::string bytes_;
};

// One received message.
struct NetlinkPart {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  uint32_t port = 0;  // Whose request it answers or reports; 0: the kernel's.
  absl::string_view payload;
};

// Calls `visit` with each whole message of a datagram; stops at the first that
// is not whole.
void ForEachMessage(absl::string_view datagram,
                    absl::FunctionRef<void(const NetlinkPart&)> visit);

// Calls `visit` with type, freed of its flags, and value of each attribute;
// stops at the first that is not whole.
void ForEachAttribute(
    absl::string_view attributes,
    absl::FunctionRef<void(uint16_t, absl::string_view)> visit);

// The value of the first attribute of `type`; empty if there is none.
absl::string_view FindAttribute(absl::string_view attributes, uint16_t type);

// What a payload says after its fixed head.
absl::string_view AfterHead(absl::string_view payload, size_t head_size);

// Values of attributes; zero, or empty, for what is too short.
template <typename T>
T HostInteger(absl::string_view value) {
  T number = 0;
  if (value.size() >= sizeof(T)) std::memcpy(&number, value.data(), sizeof(T));
  return number;
}
uint32_t NetworkWord(absl::string_view value);
uint64_t NetworkLong(absl::string_view value);
uint16_t NetworkShort(absl::string_view value);
uint8_t NetworkByte(absl::string_view value);
std::string NetworkText(absl::string_view value);  // Up to its NUL.

// The error number, positive, in the payload of an NLMSG_ERROR or NLMSG_DONE;
// 0 for an acknowledgement.
int ErrorIn(const NetlinkPart& part);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NETLINK_MESSAGE_H_
