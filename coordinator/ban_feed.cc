#include "coordinator/ban_feed.h"

#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "common/proto_convert.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban {
namespace {

// What is kept of updates: enough for an agent that was away for a while,
// little enough to be no matter.
constexpr size_t kMaxUpdates = 10'000;
constexpr size_t kMaxUpdateBytes = 64 << 20;

// About 300 KiB a message, far below gRPC's limit of 4 MiB.
constexpr size_t kBansPerMessage = 5'000;

grpc::ByteBuffer Encode(const v1::WatchResponse& response) {
  grpc::ByteBuffer buffer;
  bool own_buffer;
  // Serialising a valid message into memory does not fail.
  (void)grpc::SerializationTraits<v1::WatchResponse>::Serialize(
      response, &buffer, &own_buffer);
  return buffer;
}

v1::WatchResponse JailsMessage(const std::string& history_id,
                               const JailSet& jails) {
  v1::WatchResponse response;
  response.set_history_id(history_id);
  for (const auto& [name, jail] : jails) {
    *response.mutable_jails()->add_jails() = JailToProto(jail);
  }
  response.mutable_jails();  // Present even if there is no jail.
  return response;
}

void AddChange(const BanTable::Change& change, v1::BanDelta& delta) {
  switch (change.kind) {
    case BanTable::ChangeKind::kImposed:
      *delta.add_imposed() =
          StandingBanToProto({change.ban.key, change.ban.expire_time});
      break;
    case BanTable::ChangeKind::kPardoned:
      *delta.add_lifted() = LiftedBanToProto(change.ban.key);
      break;
    case BanTable::ChangeKind::kExpired:
      break;  // Agents have clocks.
  }
}

// The jails, if they change, and the bans that do. Only the last message bears
// the revision: before it the set is not complete.
BanFeed::Messages EncodeUpdate(const std::string& history_id,
                               const BanTable::Update& update) {
  BanFeed::Messages messages;
  if (update.jails != nullptr) {
    messages.push_back(Encode(JailsMessage(history_id, *update.jails)));
  }
  size_t next = 0;
  do {
    v1::WatchResponse response;
    response.set_history_id(history_id);
    v1::BanDelta& delta = *response.mutable_delta();
    for (size_t i = 0; i < kBansPerMessage && next < update.changes.size();
         ++i, ++next) {
      AddChange(update.changes[next], delta);
    }
    if (next == update.changes.size()) response.set_revision(update.revision);
    messages.push_back(Encode(response));
  } while (next < update.changes.size());
  return messages;
}

BanFeed::Messages EncodeSnapshot(const std::string& history_id,
                                 const BanTable::Snapshot& snapshot) {
  // The reader may have missed a change of the jails as well.
  BanFeed::Messages messages = {
      Encode(JailsMessage(history_id, *snapshot.jails))};
  size_t next = 0;
  do {
    v1::WatchResponse response;
    response.set_history_id(history_id);
    v1::BanSnapshot& part = *response.mutable_snapshot();
    part.set_first(next == 0);
    for (size_t i = 0; i < kBansPerMessage && next < snapshot.bans.size();
         ++i, ++next) {
      *part.add_bans() = StandingBanToProto(snapshot.bans[next]);
    }
    part.set_last(next == snapshot.bans.size());
    if (part.last()) response.set_revision(snapshot.revision);
    messages.push_back(Encode(response));
  } while (next < snapshot.bans.size());
  return messages;
}

std::string NewRunId() {
  absl::BitGen random;
  return absl::StrCat(
      absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

size_t SizeOf(const BanFeed::Messages& messages) {
  size_t size = 0;
  for (const grpc::ByteBuffer& message : messages) size += message.Length();
  return size;
}

}  // namespace

BanFeed::BanFeed(BanTable& table, std::string history_id)
    : table_(table),
      history_id_(std::move(history_id)),
      told_history_(absl::StrCat(history_id_, "/", NewRunId())),
      newest_(table.revision()) {
  table_.AddListener(this);
}

BanFeed::~BanFeed() { table_.RemoveListener(this); }

BanFeed::Cursor BanFeed::Subscribe(const std::string& history_id,
                                   uint64_t known_revision, absl::Time now) {
  v1::WatchResponse first = JailsMessage(told_history_, *table_.jails());
  *first.mutable_coordinator_time() = TimestampToProto(now);
  Cursor cursor;
  cursor.unread_ = std::make_shared<const Messages>(Messages{Encode(first)});
  if (history_id == told_history_) cursor.revision_ = known_revision;
  return cursor;
}

std::optional<grpc::ByteBuffer> BanFeed::Next(Cursor& cursor) {
  if (cursor.unread_ == nullptr) {
    Encoded encoded;
    bool is_kept = true;
    {
      absl::MutexLock lock(&mutex_);
      if (cursor.revision_ == newest_) return std::nullopt;
      const Encoded* next = After(cursor.revision_);
      is_kept = next != nullptr;
      if (is_kept) encoded = *next;
    }
    if (!is_kept) encoded = GetSnapshot();
    cursor.revision_ = encoded.revision;
    cursor.unread_ = std::move(encoded.messages);
    cursor.next_unread_ = 0;
  }
  grpc::ByteBuffer message = (*cursor.unread_)[cursor.next_unread_++];
  if (cursor.next_unread_ == cursor.unread_->size()) cursor.unread_ = nullptr;
  return message;
}

void BanFeed::AddReader(Reader* reader) {
  absl::MutexLock lock(&readers_mutex_);
  reader->number_ = ++last_number_;
  readers_.emplace(reader->number_, reader);
}

void BanFeed::RemoveReader(Reader* reader) {
  absl::MutexLock lock(&readers_mutex_);
  readers_.erase(reader->number_);
}

void BanFeed::OnUpdate(const BanTable::Update& update) {
  {
    absl::MutexLock lock(&mutex_);
    if (update.revision == newest_) return;  // Bans expired, no more.
    Messages messages = EncodeUpdate(told_history_, update);
    kept_bytes_ += SizeOf(messages);
    newest_ = update.revision;
    updates_.push_back({update.revision,
                        std::make_shared<const Messages>(std::move(messages))});
    while (updates_.size() > kMaxUpdates || kept_bytes_ > kMaxUpdateBytes) {
      kept_bytes_ -= SizeOf(*updates_.front().messages);
      updates_.pop_front();
    }
  }
  absl::MutexLock lock(&readers_mutex_);
  for (const auto& [number, reader] : readers_) reader->OnNews();
}

const BanFeed::Encoded* BanFeed::After(uint64_t revision) const {
  if (updates_.empty() || revision >= newest_) return nullptr;
  const uint64_t oldest = updates_.front().revision;
  if (revision + 1 < oldest) return nullptr;
  return &updates_[revision + 1 - oldest];
}

BanFeed::Encoded BanFeed::GetSnapshot() {
  absl::MutexLock lock(&snapshot_mutex_);
  bool is_current = false;
  if (snapshot_.messages != nullptr) {
    absl::MutexLock updates_lock(&mutex_);
    is_current =
        snapshot_.revision == newest_ || After(snapshot_.revision) != nullptr;
  }
  if (!is_current) {
    const BanTable::Snapshot snapshot = table_.GetSnapshot();
    snapshot_ = {snapshot.revision,
                 std::make_shared<const Messages>(
                     EncodeSnapshot(told_history_, snapshot))};
    ++encoded_snapshots_;
  }
  return snapshot_;
}

}  // namespace mxban
