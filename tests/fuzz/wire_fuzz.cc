// Messages come from peers that may be hijacked: what is accepted keeps the
// rules of the contract, and survives the way there and back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "common/proto_convert.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mxban::v1::ReportFailuresRequest batch;
  if (batch.ParseFromArray(data, static_cast<int>(size))) {
    const auto value = mxban::FailureBatchFromProto(batch);
    if (value.ok()) {
      const auto again =
          mxban::FailureBatchFromProto(mxban::FailureBatchToProto(*value));
      if (!again.ok() || again->failures.size() != value->failures.size()) {
        std::abort();
      }
    }
  }
  mxban::v1::Jail jail;
  if (jail.ParseFromArray(data, static_cast<int>(size))) {
    const auto value = mxban::JailFromProto(jail);
    if (value.ok() &&
        *mxban::JailFromProto(mxban::JailToProto(*value)) != *value) {
      std::abort();
    }
  }
  return 0;
}
