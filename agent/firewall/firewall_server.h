#ifndef MXBAN_AGENT_FIREWALL_FIREWALL_SERVER_H_
#define MXBAN_AGENT_FIREWALL_FIREWALL_SERVER_H_

// The enforcing half at work: does what the other half asks of a firewall,
// rings when somebody else has changed what is ours, and ends the running
// sessions of whoever has just been banned.
//
// A ban is answered once the kernel has acknowledged it. Sessions are ended
// after the answer, for the rule holds by then; as long as further requests
// come these go first, within bounds: the kernel walks through every
// connection of the host to find some, which costs as much as many a ban.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/firewall_channel.h"
#include "agent/firewall/firewall_wire.h"
#include "agent/firewall/session_cutter.h"

namespace mxban {

class FirewallServer {
 public:
  // `firewall` must outlive the server.
  FirewallServer(Firewall& firewall, FirewallChannel channel);

  // Works until the other half is gone: OK. INVALID_ARGUMENT if it does not
  // keep to the form.
  absl::Status Serve();

 private:
  // Until when to wait for requests, in milliseconds as poll() has it.
  int Patience() const;
  absl::Status Receive();
  absl::Status Answer(const FirewallRequest& request);
  FirewallAnswer Do(const FirewallRequest& request);
  void LookAtNews();

  // Note whose sessions are to end: of the newly banned, and of all who are
  // banned in jails whose rules were not there, or others.
  void Banish(const FirewallRequest& request, const absl::Status& status);
  void BanishAll(const std::vector<JailRules>& jails, absl::Time now);
  void Banish(const std::string& jail, const IpNetwork& source);
  void Spare(const std::vector<FirewallBan>& lifted);
  void CutSessions();

  Firewall& firewall_;
  const FirewallChannel channel_;
  MessageReceiver receiver_;
  FirewallRequestReader reader_;
  std::optional<SessionCutter> cutter_;
  bool cutting_fails_ = false;

  // Whose sessions are to end, by jail; and whether the rules stand by now.
  std::map<std::string, std::vector<IpNetwork>> banished_;
  size_t banished_count_ = 0;
  bool may_cut_ = false;
  std::chrono::steady_clock::time_point cut_by_;  // If they may be cut.

  // By name, as told or inspected last: whose ports a ban closes.
  std::map<std::string, JailRules> rules_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FIREWALL_SERVER_H_
