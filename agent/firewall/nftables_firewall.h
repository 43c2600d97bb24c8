#ifndef MXBAN_AGENT_FIREWALL_NFTABLES_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_NFTABLES_FIREWALL_H_

// Firewall on nftables, for kernels without legacy tables. Everything is in a
// table of our own, which nobody else has a reason to touch:
//
//   table inet mxban {
//     chain input { type filter hook input priority -10; policy accept;
//       tcp dport 25 jump mxban-<jail>
//     }
//     chain mxban-<jail> {
//       ip saddr & 255.255.255.0 == @mxban-<jail>-a4-24 return
//       ip saddr @mxban-<jail>-4-32 reject with tcp reset
//     }
//   }
//
// A jail has one set for each width of networks that it refuses, and one for
// each that it never refuses; the first ban of a width brings set and rule. A
// ban is an element with a timeout that the kernel counts down. The kernel
// makes all changes of a batch or none, takes no lock of ours, and tells what
// others change.

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/nft_message.h"
#include "agent/firewall/nft_netlink.h"

namespace mxban {

class NftablesFirewall final : public Firewall {
 public:
  // Works in the network namespace of the calling thread. Whether the kernel
  // has all that it takes, the first Apply() tells.
  static absl::StatusOr<std::unique_ptr<NftablesFirewall>> Open();

  std::string name() const override { return "nftables"; }
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;

  int news() const override { return kernel_->news(); }
  bool SomebodyChanged() override { return kernel_->SomebodyChanged(); }

 private:
  // What an imposed ban needs to know of its jail.
  struct KnownJail {
    Rejection rejection = Rejection::kTcpReset;
    std::set<NftSet> sets;
  };

  explicit NftablesFirewall(std::unique_ptr<NftNetlink> kernel)
      : kernel_(std::move(kernel)) {}

  absl::Status ChangeJails(const FirewallChanges& changes);
  absl::Status TryToChangeJails(const FirewallChanges& changes);
  absl::Status PutJail(const JailRules& rules, const NftTable& table,
                       NftBatch& batch);
  static void DropJail(const std::string& jail, const NftTable& table,
                       NftBatch& batch);
  absl::Status PutAllowed(const JailRules& rules, const NftTable& table,
                          NftBatch& batch);

  absl::Status Lift(const NftSet& set, absl::Span<const NftElement> bans);
  absl::Status Impose(const NftSet& set, absl::Span<const NftElement> bans);
  absl::Status PutBanSet(const NftSet& set);

  absl::StatusOr<JailState> InspectJail(const std::string& jail,
                                        const NftTable& table,
                                        InspectDepth depth, absl::Time now);

  // What is known of the jail; read from the kernel if need be. NOT_FOUND if it
  // is not set up.
  absl::StatusOr<KnownJail*> Learn(const std::string& jail);
  void Know(const std::string& jail, Rejection rejection,
            const NftTable& table);

  const std::unique_ptr<NftNetlink> kernel_;
  std::map<std::string, KnownJail> known_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NFTABLES_FIREWALL_H_
