#include "bench/bare_kernel.h"

#include <linux/netlink.h>

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "agent/firewall/ipset_message.h"
#include "agent/firewall/nft_message.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr int kSeconds = 8 * 3600;

std::string IpsetMessage(absl::Span<const IpNetwork> sources) {
  std::vector<IpsetElement> elements;
  for (const IpNetwork& source : sources) {
    elements.push_back({source, kSeconds});
  }
  return IpsetBatchRequest(1, IpsetChange::kAdd, "mxban-smtp-4", elements);
}

std::string NftMessage(absl::Span<const IpNetwork> sources) {
  std::vector<NftElement> elements;
  for (const IpNetwork& source : sources) {
    elements.push_back({source, absl::Seconds(kSeconds)});
  }
  NftBatch batch;
  batch.PutElements({.jail = "smtp"}, elements, NftBatch::Presence::kNew);
  return std::move(batch).Finish();
}

}  // namespace

BareKernel::BareKernel(std::string kind)
    : kind_(std::move(kind)),
      socket_(NetlinkSocket::Open(NETLINK_NETFILTER, "bare kernel").value()) {
  socket_.WidenBuffers();
  socket_.ShortenErrors();
}

std::vector<std::string> BareKernel::Write(absl::Span<const IpNetwork> sources,
                                           size_t batch) const {
  std::vector<std::string> messages;
  for (; !sources.empty();
       sources.remove_prefix(std::min(batch, sources.size()))) {
    const auto some = sources.subspan(0, batch);
    messages.push_back(kind_ == "ipset" ? IpsetMessage(some)
                                        : NftMessage(some));
  }
  return messages;
}

absl::Status BareKernel::Send(const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    RETURN_IF_ERROR(socket_.Send(message));
    RETURN_IF_ERROR(socket_.Receive().status());
  }
  return absl::OkStatus();
}

}  // namespace mxban
