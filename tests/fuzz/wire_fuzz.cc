// Messages come from peers that may be hijacked: what is accepted keeps the
// rules of the contract, and survives the way there and back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "agent/update.h"
#include "common/proto_convert.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

// From an agent.
void Report(const v1::ReportFailuresRequest& message) {
  const auto batch = FailureBatchFromProto(message);
  if (!batch.ok()) return;
  const auto again = FailureBatchFromProto(FailureBatchToProto(*batch));
  Check(again.ok() && again->failures.size() == batch->failures.size());
}

void HandOver(const v1::HandOverBansRequest& message) {
  const auto bans = HandedOverBansFromProto(message);
  if (!bans.ok()) return;
  for (const Ban& ban : *bans) {
    const auto again = BanFromProto(BanToProto(ban));
    Check(again.ok() && again->key == ban.key &&
          again->evidence == ban.evidence);
  }
}

// From a coordinator.
void Jails(const v1::Jail& message) {
  const auto jail = JailFromProto(message);
  if (jail.ok()) Check(*JailFromProto(JailToProto(*jail)) == *jail);
}

void Update(const v1::WatchResponse& message) {
  FakeFirewall firewall;
  const FakeClock clock;
  Enforcer enforcer(firewall, clock, {});
  ApplyUpdate(message, enforcer, [](const std::vector<Jail>&) {}).IgnoreError();
  enforcer.Step();
}

template <typename Message>
void Read(const uint8_t* data, size_t size, void (*read)(const Message&)) {
  Message message;
  if (message.ParseFromArray(data, static_cast<int>(size))) read(message);
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t kind = *data++;
  --size;
  switch (kind & 3) {
    case 0:
      mxban::Read(data, size, mxban::Report);
      break;
    case 1:
      mxban::Read(data, size, mxban::HandOver);
      break;
    case 2:
      mxban::Read(data, size, mxban::Jails);
      break;
    case 3:
      mxban::Read(data, size, mxban::Update);
      break;
  }
  return 0;
}
