#include "agent/firewall/nft_netlink.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr int kReadAttempts = 10;

// Of so many the kernel may write news, which we read and pass over.
constexpr size_t kFewElements = 100;

absl::Status NftError(int error, absl::string_view action) {
  const auto status = [&](absl::StatusCode code, absl::string_view reason) {
    return absl::Status(
        code, absl::StrCat("nftables: cannot ", action, ": ", reason));
  };
  switch (error) {
    case 0:
      return absl::OkStatus();
    case EPERM:
    case EACCES:
      return status(absl::StatusCode::kPermissionDenied,
                    "not permitted; it takes CAP_NET_ADMIN");
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return status(absl::StatusCode::kUnimplemented,
                    "this kernel has no nf_tables");
    case ENOENT:
      return status(absl::StatusCode::kNotFound,
                    "the table, chain or set is missing");
    case EEXIST:
      return status(absl::StatusCode::kAlreadyExists, "it exists");
    case ENFILE:
    case ENOSPC:
    case ENOMEM:
      return status(absl::StatusCode::kResourceExhausted, "the set is full");
    case EAGAIN:
    case EBUSY:
    case ERESTART:
      return status(absl::StatusCode::kUnavailable, "the table is in use");
    default:
      return status(absl::StatusCode::kInternal, ErrnoText(error));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<NftNetlink>> NftNetlink::Open() {
  ASSIGN_OR_RETURN(NetlinkSocket requests,
                   NetlinkSocket::Open(NETLINK_NETFILTER, "nftables"));
  ASSIGN_OR_RETURN(NetlinkSocket news,
                   NetlinkSocket::Open(NETLINK_NETFILTER, "nftables"));
  requests.ShortenErrors();
  requests.WidenBuffers();
  news.WidenBuffers();
  RETURN_IF_ERROR(news.Join(NFNLGRP_NFTABLES));
  return std::unique_ptr<NftNetlink>(
      new NftNetlink(std::move(requests), std::move(news)));
}

absl::Status NftNetlink::Commit(NftBatch batch) {
  if (batch.size() == 0) return absl::OkStatus();
  if (batch.element_count() <= kFewElements) return Send(std::move(batch));
  const absl::StatusOr<uint32_t> before = Generation();
  RETURN_IF_ERROR(news_.Leave(NFNLGRP_NFTABLES));
  const absl::Status status = Send(std::move(batch));
  RETURN_IF_ERROR(news_.Join(NFNLGRP_NFTABLES));
  const absl::StatusOr<uint32_t> after = Generation();
  missed_news_ |=
      !before.ok() || !after.ok() || *after - *before != (status.ok() ? 1 : 0);
  return status;
}

absl::StatusOr<uint32_t> NftNetlink::Generation() {
  uint32_t generation = 0;
  ASSIGN_OR_RETURN(const bool changed, Ask(NftGenerationRequest(++sequence_),
                                           [&](const NetlinkPart& part) {
                                             generation = NftGenerationIn(part);
                                           }));
  (void)changed;
  return generation;
}

absl::Status NftNetlink::Send(NftBatch batch) {
  DropOldAnswers();
  const uint32_t last = batch.size();
  RETURN_IF_ERROR(requests_.Send(std::move(batch).Finish()));
  int first_error = 0;
  bool finished = false;
  more_may_come_ = true;
  while (!finished) {
    ASSIGN_OR_RETURN(const absl::string_view datagram, requests_.Receive());
    ForEachMessage(datagram, [&](const NetlinkPart& part) {
      if (part.type != NLMSG_ERROR) return;
      if (first_error == 0) first_error = ErrorIn(part);
      if (part.sequence == last || part.sequence == 0) finished = true;
    });
  }
  more_may_come_ = first_error != 0;
  return NftError(first_error, "change the table");
}

absl::StatusOr<bool> NftNetlink::Ask(
    absl::string_view request,
    absl::FunctionRef<void(const NetlinkPart&)> visit) {
  DropOldAnswers();
  RETURN_IF_ERROR(requests_.Send(request));
  int error = 0;
  bool finished = false;
  bool changed = false;
  more_may_come_ = true;
  while (!finished) {
    ASSIGN_OR_RETURN(const absl::string_view datagram, requests_.Receive());
    ForEachMessage(datagram, [&](const NetlinkPart& part) {
      if (part.sequence != sequence_) return;
      changed |= (part.flags & NLM_F_DUMP_INTR) != 0;
      if (part.type == NLMSG_ERROR || part.type == NLMSG_DONE) {
        finished = true;
        error = ErrorIn(part);
        return;
      }
      visit(part);
      finished |= (part.flags & NLM_F_MULTI) == 0;
    });
  }
  more_may_come_ = error != 0;
  // Where nobody answers for nf_tables, nfnetlink calls the request invalid.
  if (error == EINVAL) error = EOPNOTSUPP;
  if (error != 0) return NftError(error, "read the table");
  return changed;
}

void NftNetlink::DropOldAnswers() {
  if (!std::exchange(more_may_come_, false)) return;
  while (requests_.Receive(/*wait=*/false).ok()) {
  }
}

absl::StatusOr<NftTable> NftNetlink::Read() {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    NftTable table;
    bool changed = false;
    for (const NftListing listing : {NftListing::kTable, NftListing::kChains,
                                     NftListing::kRules, NftListing::kSets}) {
      const absl::StatusOr<bool> listed =
          Ask(NftListRequest(++sequence_, listing),
              [&](const NetlinkPart& part) { ParseNftPart(part, table); });
      if (!listed.ok() && !absl::IsNotFound(listed.status())) {
        return listed.status();
      }
      changed |= listed.value_or(false);
    }
    if (!changed) return table;
  }
  return absl::UnavailableError("nftables: others keep changing the tables");
}

// Changes of other tables do no harm to a listing of ours; of changes to ours
// there will be news.
absl::StatusOr<std::vector<NftElement>> NftNetlink::Elements(
    const NftSet& set) {
  std::vector<NftElement> elements;
  const absl::StatusOr<bool> listed = Ask(
      NftElementsRequest(++sequence_, set),
      [&](const NetlinkPart& part) { ParseNftElements(part, set, elements); });
  if (!listed.ok()) return listed.status();
  return elements;
}

bool NftNetlink::SomebodyChanged() {
  bool changed = std::exchange(missed_news_, false);
  while (true) {
    const auto datagram = news_.Receive(/*wait=*/false);
    // The news that were lost may have been of us.
    if (absl::IsResourceExhausted(datagram.status())) changed = true;
    if (absl::IsDeadlineExceeded(datagram.status())) return changed;
    if (!datagram.ok() && !absl::IsResourceExhausted(datagram.status())) {
      return changed;
    }
    if (!datagram.ok()) continue;
    ForEachMessage(*datagram, [&](const NetlinkPart& part) {
      changed |= part.port != requests_.port() && ConcernsNftTable(part);
    });
  }
}

}  // namespace mxban
