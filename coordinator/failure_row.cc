#include "coordinator/failure_row.h"

#include <algorithm>
#include <cstring>

#include "absl/types/span.h"
#include "common/jail.h"
#include "common/last_time.h"
#include "coordinator/varint.h"

namespace mxban {
namespace {

constexpr char kForgotten = 0;
constexpr char kFailure = 1;
constexpr uint8_t kIpv4 = 129;  // Added to a prefix length.

size_t BytesOf(int prefix_length) { return (prefix_length + 7) / 8; }

char* PutSource(const IpNetwork& source, char* at) {
  const int width = source.prefix_length() + (source.is_ipv4() ? kIpv4 : 0);
  *at++ = static_cast<char>(width);
  const size_t size = BytesOf(source.prefix_length());
  std::memcpy(at, source.bytes().data(), size);
  return at + size;
}

char* PutTime(int64_t time_us, char* at) {
  for (int shift = 0; shift < 64; shift += 8) {
    *at++ = static_cast<char>(time_us >> shift);
  }
  return at;
}

}  // namespace

void FailureRowWriter::Add(const FailureView& failure, uint64_t back) {
  const int64_t time_us = absl::ToUnixMicros(failure.time);
  newest_us_ = std::max(newest_us_, time_us);
  absl::string_view jail = failure.jail;
  absl::string_view server = failure.server;
  uint64_t server_size = server.size() + 1;
  if (has_server_ && server == server_) {
    server_size = 0;
    server = {};
  } else {
    server_.assign(server.data(), server.size());
    has_server_ = true;
  }
  char numbers[kMostNumbers];
  char* at = numbers;
  *at++ = kFailure;
  at = PutSource(failure.source, at);
  at = PutVarint(JailSize(jail), at);
  at = PutVarint(back, at);
  at = PutTime(time_us, at);
  at = PutVarint(server_size, at);
  at = PutVarint(failure.user.size(), at);
  at = PutVarint(failure.evidence.size(), at);
  data_.append(numbers, at - numbers);
  data_.append(jail.data(), jail.size());
  data_.append(server.data(), server.size());
  data_.append(failure.user.data(), failure.user.size());
  data_.append(failure.evidence.data(), failure.evidence.size());
}

void FailureRowWriter::Forget(absl::string_view jail, const IpNetwork& source) {
  char numbers[kMostNumbers];
  char* at = numbers;
  *at++ = kForgotten;
  at = PutSource(source, at);
  at = PutVarint(JailSize(jail), at);
  data_.append(numbers, at - numbers);
  data_.append(jail.data(), jail.size());
}

void FailureRowWriter::FitTo(size_t wanted, size_t packed) {
  // Of a small one nothing is learned.
  if (data_.size() < room_ / 2) return;
  room_ = std::clamp(wanted * data_.size() / packed, kLeastRoom, kMostRoom);
}

void FailureRowWriter::Clear() {
  data_.clear();
  newest_us_ = 0;
  has_server_ = false;
}

uint64_t FailureRowWriter::JailSize(absl::string_view& jail) {
  if (data_.empty() || jail != jail_) {
    jail_.assign(jail.data(), jail.size());
    return jail.size();
  }
  jail = {};
  return 0;
}

absl::StatusOr<bool> FailureRowReader::Next(Record& record) {
  if (rest_.empty()) return false;
  if (ReadRecord(record)) return true;
  return absl::DataLossError("store: a failure is not readable");
}

bool FailureRowReader::ReadRecord(Record& record) {
  const char kind = rest_.front();
  rest_.remove_prefix(1);
  record.is_forgotten = kind == kForgotten;
  FailureView& failure = record.failure;
  uint64_t jail = 0, server = 0, user = 0, evidence = 0;
  if (!ReadSource(failure.source) || !TakeVarint(rest_, jail)) return false;
  if (kind == kFailure) {
    if (!TakeVarint(rest_, record.back) || !ReadTime(failure.time) ||
        !TakeVarint(rest_, server) || !TakeVarint(rest_, user) ||
        !TakeVarint(rest_, evidence) || user > kMaxUser) {
      return false;
    }
  } else if (kind != kForgotten) {
    return false;
  }
  if (jail > kMaxJailName || (jail > 0 && !ReadText(jail, jail_))) return false;
  failure.jail = jail_;
  if (jail_.empty()) return false;
  if (record.is_forgotten) return true;
  if (server > 0) {
    if (!ReadText(server - 1, server_)) return false;
    has_server_ = true;
  }
  failure.server = server_;
  return has_server_ && ReadText(user, failure.user) &&
         ReadText(evidence, failure.evidence);
}

bool FailureRowReader::ReadSource(IpNetwork& source) {
  if (rest_.empty()) return false;
  const int width = static_cast<uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  const bool is_ipv4 = width >= kIpv4;
  const int prefix_length = is_ipv4 ? width - kIpv4 : width;
  const size_t size = BytesOf(prefix_length);
  if (prefix_length > (is_ipv4 ? 32 : 128) || rest_.size() < size) return false;
  uint8_t bytes[16] = {};
  std::memcpy(bytes, rest_.data(), size);
  rest_.remove_prefix(size);
  source = IpNetwork::FromBytes(absl::MakeConstSpan(bytes, is_ipv4 ? 4 : 16),
                                prefix_length);
  // Only canonical ones are written.
  return source.is_ipv4() == is_ipv4 &&
         std::memcmp(source.bytes().data(), bytes, size) == 0;
}

bool FailureRowReader::ReadTime(absl::Time& time) {
  if (rest_.size() < 8) return false;
  uint64_t time_us = 0;
  for (int i = 0; i < 8; ++i) {
    time_us |= uint64_t{static_cast<uint8_t>(rest_[i])} << (8 * i);
  }
  rest_.remove_prefix(8);
  if (time_us == 0 || time_us > uint64_t{kLastTimestamp} * 1'000'000) {
    return false;
  }
  time = absl::FromUnixMicros(static_cast<int64_t>(time_us));
  return true;
}

bool FailureRowReader::ReadText(uint64_t size, absl::string_view& text) {
  if (size > rest_.size()) return false;
  text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

}  // namespace mxban
