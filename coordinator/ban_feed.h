#ifndef MXBAN_COORDINATOR_BAN_FEED_H_
#define MXBAN_COORDINATOR_BAN_FEED_H_

// The updates that agents watch, each encoded once for all of them.
//
// The feed keeps the most recent updates. A reader holds a cursor and takes
// the next message when it is ready to write one, so a slow reader takes up no
// memory and delays nobody: it finds several updates waiting, or, when it has
// fallen behind what is kept, a snapshot. Snapshots are encoded once, too, for
// as long as the updates after them are kept.
//
// Revisions are told as of this run alone: a store that was restored from a
// backup gives out revisions once more, and agents may hold the earlier ones.
// Since no run keeps the updates of another, that costs nothing.
//
// Thread-safe.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "coordinator/ban_table.h"
#include "grpcpp/support/byte_buffer.h"

namespace mxban {

class BanFeed final : public BanTable::Listener {
 public:
  // Woken, from the decision loop's thread, when there is more to read. Must
  // not block, nor add or remove readers.
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void OnNews() = 0;

   private:
    friend class BanFeed;
    uint64_t number_ = 0;  // In readers_.
  };

  // Encoded WatchResponse messages.
  using Messages = std::vector<grpc::ByteBuffer>;

  // Where a reader is. Belongs to the reader; not thread-safe.
  class Cursor {
    friend class BanFeed;
    uint64_t revision_ = 0;  // What the reader has once `unread_` is read.
    std::shared_ptr<const Messages> unread_;
    size_t next_unread_ = 0;
  };

  // `table` must outlive the feed, which listens to it.
  BanFeed(BanTable& table, std::string history_id);
  ~BanFeed() override;

  const std::string& history_id() const { return history_id_; }

  // A cursor for a reader that holds `known_revision` of `history_id`, as
  // messages have it: it
  // begins with the jails and the time, `now`, and goes on with what the reader
  // lacks.
  Cursor Subscribe(const std::string& history_id, uint64_t known_revision,
                   absl::Time now);

  // The next message behind `cursor`, if there is one already.
  std::optional<grpc::ByteBuffer> Next(Cursor& cursor);

  // A removed reader is not woken any more once RemoveReader() returns.
  void AddReader(Reader* reader);
  void RemoveReader(Reader* reader);

  void OnUpdate(const BanTable::Update& update) override;

  // Since construction. Encoding one is the dearest thing a feed does.
  uint64_t encoded_snapshots() const { return encoded_snapshots_; }

 private:
  struct Encoded {
    uint64_t revision = 0;
    std::shared_ptr<const Messages> messages;
  };

  // The first update after `revision`; null if it is not kept.
  const Encoded* After(uint64_t revision) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Encoded GetSnapshot();

  BanTable& table_;
  const std::string history_id_;
  const std::string told_history_;  // As WatchResponse.history_id has it.

  absl::Mutex mutex_;
  // Consecutive revisions; the newest is newest_.
  std::deque<Encoded> updates_ ABSL_GUARDED_BY(mutex_);
  size_t kept_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t newest_ ABSL_GUARDED_BY(mutex_);

  // Held while encoding, so that a thousand readers wait for one encoding.
  absl::Mutex snapshot_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  Encoded snapshot_ ABSL_GUARDED_BY(snapshot_mutex_);
  std::atomic<uint64_t> encoded_snapshots_ = 0;

  absl::Mutex readers_mutex_;
  // In the order in which they came: so those of one connection follow each
  // other, and what is written to them travels together.
  absl::btree_map<uint64_t, Reader*> readers_ ABSL_GUARDED_BY(readers_mutex_);
  uint64_t last_number_ ABSL_GUARDED_BY(readers_mutex_) = 0;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_FEED_H_
