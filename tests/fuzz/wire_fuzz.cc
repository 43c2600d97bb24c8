// Messages come from peers that may be hijacked: what is accepted keeps the
// rules of the contract, and survives the way there and back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "agent/update.h"
#include "common/proto_convert.h"
#include "coordinator/failure_report.h"
#include "tests/coordinator/failures.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

// From an agent.
void Report(absl::string_view bytes) {
  FailureReport report("mx1");
  report.Append(bytes);
  const size_t told = report.CountTold();
  if (!report.Parse().ok()) return;
  Check(report.failures().size() + report.right_logins().size() == told);
  const v1::ReportFailuresRequest message =
      FailureBatchToProto(BatchOf(report));
  FailureReport again("mx1");
  again.Append(message.SerializeAsString());
  Check(again.Parse().ok());
  Check(FailureBatchToProto(BatchOf(again)).SerializeAsString() ==
        message.SerializeAsString());
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
      mxban::Report({reinterpret_cast<const char*>(data), size});
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
