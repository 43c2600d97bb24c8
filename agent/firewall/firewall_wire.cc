#include "agent/firewall/firewall_wire.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mxban {
namespace {

// The first byte of a message.
enum class Tag : uint8_t {
  kJail = 1,  // Its rules, without whom it allows.
  kAllowed,   // Networks that the jail before allows.
  kImposed,   // Bans of one jail.
  kLifted,    // Bans of one jail.
  kRemoved,   // A jail.
  kApply,     // Ends a request.
  kInspect,   // Ends a request.
  kRemove,    // Ends a request.
  kState,     // What else the kernel does for the jail before.
  kStanding,  // Bans of the jail before.
  kAnswer,    // Ends an answer.
};

// One network, and one end, at most take so much.
constexpr size_t kNetworkBytes = 18;
constexpr size_t kBanBytes = kNetworkBytes + 8;

// What a jail's name and the head of a message at most take.
constexpr size_t kHeadBytes = 64;

constexpr size_t kNetworksPerMessage =
    (kMaxFirewallMessage - kHeadBytes) / kNetworkBytes;
constexpr size_t kBansPerMessage =
    (kMaxFirewallMessage - kHeadBytes) / kBanBytes;
constexpr size_t kMaxPorts = 4096;
constexpr size_t kMaxErrorText = 4096;
constexpr size_t kMaxBackendName = 16;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kUntold = std::numeric_limits<int64_t>::min();

class Writer {
 public:
  explicit Writer(Tag tag) { Put(static_cast<uint8_t>(tag)); }

  template <typename T>
  Writer& Put(T number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
    return *this;
  }
  Writer& PutText(absl::string_view text) {
    Put(static_cast<uint16_t>(text.size()));
    absl::StrAppend(&bytes_, text);
    return *this;
  }
  Writer& PutNetwork(const IpNetwork& network) {
    Put(static_cast<uint8_t>(network.bytes().size()));
    Put(static_cast<uint8_t>(network.prefix_length()));
    bytes_.append(reinterpret_cast<const char*>(network.bytes().data()),
                  network.bytes().size());
    return *this;
  }
  Writer& PutTime(absl::Time time) {
    return Put(time == absl::InfiniteFuture() ? kForever
                                              : absl::ToUnixNanos(time));
  }

  size_t size() const { return bytes_.size(); }
  absl::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads a message from its second byte on. After a failure everything reads as
// zero.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : left_(bytes) {}

  template <typename T>
  T Get() {
    T number = 0;
    const absl::string_view bytes = Bytes(sizeof(T));
    if (ok_) std::memcpy(&number, bytes.data(), sizeof(T));
    return number;
  }
  std::string GetText(size_t longest) {
    const auto size = Get<uint16_t>();
    Demand(size <= longest);
    return std::string(Bytes(size));
  }
  std::string GetName() {
    std::string name = GetText(kMaxFirewallName);
    Demand(IsFirewallName(name));
    return name;
  }
  IpNetwork GetNetwork() {
    const auto size = Get<uint8_t>();
    const auto prefix_length = Get<uint8_t>();
    Demand((size == 4 || size == 16) && prefix_length <= 8 * size);
    const absl::string_view bytes = Bytes(size);
    if (!ok_) return IpNetwork();
    ++networks_;
    return IpNetwork::FromBytes(
        absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()),
                            bytes.size()),
        prefix_length);
  }
  // No ban is of all addresses.
  IpNetwork GetSource() {
    const IpNetwork source = GetNetwork();
    Demand(source.prefix_length() > 0);
    return source;
  }
  absl::Time GetTime() {
    const auto nanoseconds = Get<int64_t>();
    return nanoseconds == kForever ? absl::InfiniteFuture()
                                   : absl::FromUnixNanos(nanoseconds);
  }

  // How many were read.
  size_t networks() const { return networks_; }

  bool more() const { return ok_ && !left_.empty(); }
  void Demand(bool holds) { ok_ = ok_ && holds; }

  // Whether all was in form, and nothing is left over.
  bool Finished() const { return ok_ && left_.empty(); }

 private:
  absl::string_view Bytes(size_t size) {
    Demand(size <= left_.size());
    if (!ok_) return "";
    const absl::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }

  absl::string_view left_;
  size_t networks_ = 0;
  bool ok_ = true;
};

absl::Status Malformed() {
  return absl::InvalidArgumentError("the other half does not keep to the form");
}

bool WriteJail(const JailRules& rules, SendMessage send) {
  Writer jail(Tag::kJail);
  jail.PutText(rules.name).Put(static_cast<uint8_t>(rules.rejection));
  for (const PortRange& ports : rules.ports) {
    jail.Put(ports.first).Put(ports.last);
  }
  if (!send(jail.bytes())) return false;
  absl::Span<const IpNetwork> allowed = rules.allowed;
  while (!allowed.empty()) {
    Writer message(Tag::kAllowed);
    const size_t count = std::min(allowed.size(), kNetworksPerMessage);
    for (const IpNetwork& network : allowed.first(count)) {
      message.PutNetwork(network);
    }
    allowed.remove_prefix(count);
    if (!send(message.bytes())) return false;
  }
  return true;
}

JailRules ReadJail(Reader& reader) {
  JailRules rules = {.name = reader.GetName()};
  const auto rejection = reader.Get<uint8_t>();
  reader.Demand(rejection <= static_cast<uint8_t>(Rejection::kDrop));
  rules.rejection = static_cast<Rejection>(rejection);
  while (reader.more()) {
    const auto first = reader.Get<uint16_t>();
    rules.ports.push_back({first, reader.Get<uint16_t>()});
  }
  reader.Demand(rules.ports.size() <= kMaxPorts);
  return rules;
}

// Bans of one jail after another; those of one in as few messages as they fit.
bool WriteBans(Tag tag, absl::Span<const FirewallBan> bans, SendMessage send) {
  while (!bans.empty()) {
    const std::string& jail = bans.front().jail;
    Writer message(tag);
    message.PutText(jail);
    size_t count = 0;
    for (const FirewallBan& ban : bans) {
      if (count == kBansPerMessage || ban.jail != jail) break;
      message.PutNetwork(ban.source);
      if (tag == Tag::kImposed) message.PutTime(ban.expire_time);
      ++count;
    }
    bans.remove_prefix(count);
    if (!send(message.bytes())) return false;
  }
  return true;
}

void ReadBans(bool with_ends, Reader& reader, std::vector<FirewallBan>& bans) {
  const std::string jail = reader.GetName();
  while (reader.more()) {
    FirewallBan& ban = bans.emplace_back(FirewallBan{jail, reader.GetSource()});
    if (with_ends) ban.expire_time = reader.GetTime();
  }
}

bool WriteChanges(const FirewallChanges& changes, SendMessage send) {
  for (const JailRules& rules : changes.jails) {
    if (!WriteJail(rules, send)) return false;
  }
  if (!WriteBans(Tag::kImposed, changes.imposed, send) ||
      !WriteBans(Tag::kLifted, changes.lifted, send)) {
    return false;
  }
  for (const std::string& jail : changes.removed_jails) {
    if (!send(Writer(Tag::kRemoved).PutText(jail).bytes())) return false;
  }
  return true;
}

void ReadNetworks(Reader& reader, std::vector<IpNetwork>& networks) {
  while (reader.more()) networks.push_back(reader.GetNetwork());
}

// A message that ends no request.
void ReadChange(Tag tag, Reader& reader, FirewallChanges& changes) {
  switch (tag) {
    case Tag::kJail:
      changes.jails.push_back(ReadJail(reader));
      return;
    case Tag::kAllowed:
      reader.Demand(!changes.jails.empty());
      if (reader.more()) ReadNetworks(reader, changes.jails.back().allowed);
      return;
    case Tag::kImposed:
      return ReadBans(/*with_ends=*/true, reader, changes.imposed);
    case Tag::kLifted:
      return ReadBans(/*with_ends=*/false, reader, changes.lifted);
    case Tag::kRemoved:
      changes.removed_jails.push_back(reader.GetName());
      return;
    default:
      reader.Demand(false);
  }
}

// A message that ends a request.
void ReadEnd(Tag tag, Reader& reader, FirewallRequest& request) {
  if (tag == Tag::kRemove) {
    request.kind = FirewallRequest::Kind::kRemove;
    return;
  }
  request.now = reader.GetTime();
  if (tag == Tag::kApply) return;
  request.kind = FirewallRequest::Kind::kInspect;
  const auto depth = reader.Get<uint8_t>();
  reader.Demand(depth <= static_cast<uint8_t>(InspectDepth::kRulesAndBans));
  request.depth = static_cast<InspectDepth>(depth);
}

bool WriteState(const JailState& state, SendMessage send) {
  if (!WriteJail(state.rules, send)) return false;
  const int64_t ban_count = state.ban_count.has_value()
                                ? static_cast<int64_t>(*state.ban_count)
                                : kUntold;
  if (!send(Writer(Tag::kState)
                .Put(static_cast<uint8_t>(state.intact))
                .Put(ban_count)
                .bytes())) {
    return false;
  }
  Writer message(Tag::kStanding);
  for (const auto& [source, end] : state.bans) {
    message.PutNetwork(source);
    end.has_value() ? message.PutTime(*end) : message.Put(kUntold);
    if (message.size() + kBanBytes <= kMaxFirewallMessage) continue;
    if (!send(message.bytes())) return false;
    message = Writer(Tag::kStanding);
  }
  return message.size() == 1 || send(message.bytes());
}

void ReadStanding(Reader& reader, JailState& state) {
  while (reader.more()) {
    const IpNetwork source = reader.GetSource();
    const auto end = reader.Get<int64_t>();
    std::optional<absl::Time>& told = state.bans[source];
    if (end == kUntold) continue;
    told = end == kForever ? absl::InfiniteFuture() : absl::FromUnixNanos(end);
  }
}

// A message about one jail.
void ReadState(Tag tag, Reader& reader, JailState& state) {
  switch (tag) {
    case Tag::kAllowed:
      return ReadNetworks(reader, state.rules.allowed);
    case Tag::kStanding:
      return ReadStanding(reader, state);
    case Tag::kState: {
      state.intact = reader.Get<uint8_t>() != 0;
      const auto ban_count = reader.Get<int64_t>();
      if (ban_count >= 0) state.ban_count = ban_count;
      return;
    }
    default:
      reader.Demand(false);
  }
}

}  // namespace

bool WriteFirewallRequest(const FirewallRequest& request, SendMessage send) {
  switch (request.kind) {
    case FirewallRequest::Kind::kApply:
      return WriteChanges(request.changes, send) &&
             send(Writer(Tag::kApply).PutTime(request.now).bytes());
    case FirewallRequest::Kind::kInspect:
      return send(Writer(Tag::kInspect)
                      .PutTime(request.now)
                      .Put(static_cast<uint8_t>(request.depth))
                      .bytes());
    case FirewallRequest::Kind::kRemove:
      return send(Writer(Tag::kRemove).bytes());
  }
  return false;
}

absl::StatusOr<std::optional<FirewallRequest>> FirewallRequestReader::Take(
    absl::string_view message) {
  if (message.empty() || message.size() > kMaxFirewallMessage) {
    return Malformed();
  }
  Reader reader(message.substr(1));
  const auto tag = static_cast<Tag>(message.front());
  const bool ends =
      tag == Tag::kApply || tag == Tag::kInspect || tag == Tag::kRemove;
  if (ends) {
    ReadEnd(tag, reader, request_);
  } else {
    ReadChange(tag, reader, request_.changes);
  }
  parts_ += 1 + reader.networks();
  if (!reader.Finished() || parts_ > kMaxFirewallParts) return Malformed();
  if (!ends) return std::nullopt;
  parts_ = 0;
  return std::exchange(request_, {});
}

bool WriteFirewallAnswer(const FirewallAnswer& answer, SendMessage send) {
  for (const auto& [name, state] : answer.state) {
    if (!WriteState(state, send)) return false;
  }
  return send(Writer(Tag::kAnswer)
                  .PutText(answer.backend)
                  .Put(static_cast<uint8_t>(answer.status.code()))
                  .PutText(answer.status.message().substr(0, kMaxErrorText))
                  .bytes());
}

absl::StatusOr<std::optional<FirewallAnswer>> FirewallAnswerReader::Take(
    absl::string_view message) {
  if (message.empty() || message.size() > kMaxFirewallMessage) {
    return Malformed();
  }
  Reader reader(message.substr(1));
  const auto tag = static_cast<Tag>(message.front());
  if (tag == Tag::kJail) {
    JailRules rules = ReadJail(reader);
    jail_ = rules.name;
    answer_.state[jail_].rules = std::move(rules);
  } else if (tag == Tag::kAnswer) {
    answer_.backend = reader.GetText(kMaxBackendName);
    const auto code = static_cast<absl::StatusCode>(reader.Get<uint8_t>());
    answer_.status = absl::Status(code, reader.GetText(kMaxErrorText));
  } else if (jail_.empty()) {
    return Malformed();
  } else {
    ReadState(tag, reader, answer_.state[jail_]);
  }
  parts_ += 1 + reader.networks();
  if (!reader.Finished() || parts_ > kMaxFirewallParts) return Malformed();
  if (tag != Tag::kAnswer) return std::nullopt;
  parts_ = 0;
  jail_.clear();
  return std::exchange(answer_, {});
}

}  // namespace mxban
