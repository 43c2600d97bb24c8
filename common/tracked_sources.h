#ifndef MXBAN_COMMON_TRACKED_SOURCES_H_
#define MXBAN_COMMON_TRACKED_SOURCES_H_

// The sources that a FailureCounter knows, in a room that servers share fairly.
//
// A source belongs to the server that brought it in. When there is no room for
// a new one, the server with the most sources gives up the one that is idle for
// longest; it is the server that brings the new one if none has more. So one
// that invents sources without end displaces only its own, once it has as many
// as any other.
//
// 32 bytes a source and some 10 for finding it. Every call takes a time that
// grows with the logarithm of the number of servers, but for the names of
// servers, which are looked up, and for the first ToDisplace().
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "common/failure_lists.h"
#include "common/ip_network.h"
#include "common/pool.h"

namespace mxban {

class TrackedSources {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Servers beyond so many are taken for one, the one without a name.
  static constexpr size_t kMaxServers = 60'000;

  struct Source {
    IpNetwork network;
    uint16_t server = 0;  // That brought it in.
    uint32_t failures = FailureLists::kNone;
    uint32_t older = kNone, newer = kNone;  // By use, of the same server.
  };
  static_assert(sizeof(Source) == 32);

  TrackedSources();
  TrackedSources(const TrackedSources&) = delete;
  TrackedSources& operator=(const TrackedSources&) = delete;

  // The number of `server`, which has seen a failure at `time_us`.
  uint16_t NumberOf(absl::string_view server, int64_t time_us);

  // The place of `network`; kNone if it is not tracked.
  uint32_t Find(const IpNetwork& network) const;

  // Adds a source of `server`, as the one used last. REQUIRES: it is not there.
  uint32_t Add(const IpNetwork& network, uint16_t server);

  // Makes the source the one used last.
  void Touch(uint32_t place);

  void Remove(uint32_t place);

  // The source that goes first when `server` wants to add one. REQUIRES: there
  // is a source.
  uint32_t ToDisplace(uint16_t server);

  // Of each server the source that is idle for longest.
  std::vector<uint32_t> IdlestOfEach() const;

  // Forgets the names of the servers that have no sources and have seen no
  // failure after `time_us`. Their numbers are given to others.
  void ForgetServersSince(int64_t time_us);

  Source& operator[](uint32_t place) { return sources_[place]; }
  const Source& operator[](uint32_t place) const { return sources_[place]; }
  size_t size() const { return places_.size(); }

 private:
  struct Server {
    int64_t newest_us = 0;  // Of the failures that it saw.
    uint32_t sources = 0;
    uint32_t oldest = kNone, newest = kNone;  // Of its sources, by use.
  };

  // Places in the set are hashed and compared as the networks there.
  struct Hash {
    using is_transparent = void;
    // In half the time that it takes to hash all 16 bytes.
    size_t operator()(const IpNetwork& network) const {
      if (!network.is_ipv4()) return absl::HashOf(network);
      uint32_t address;
      std::memcpy(&address, network.bytes().data(), sizeof(address));
      return absl::HashOf(address, network.prefix_length());
    }
    size_t operator()(uint32_t place) const {
      return (*this)((*sources)[place].network);
    }
    const Pool<Source>* sources;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t place, const IpNetwork& network) const {
      return (*sources)[place].network == network;
    }
    const Pool<Source>* sources;
  };

  void Link(uint32_t place);
  void Unlink(uint32_t place);
  void SetShare(uint16_t server, uint32_t sources);
  void Rank();

  Pool<Source> sources_;
  absl::flat_hash_set<uint32_t, Hash, Equal> places_;  // Of sources_.
  Pool<Server> servers_;
  absl::flat_hash_map<std::string, uint16_t> numbers_;  // By name.
  // The one that was asked for last.
  std::string newest_name_;
  uint16_t newest_number_ = 0;

  // How many sources each server has, of those that have any. Kept from when
  // the first source was displaced.
  absl::btree_set<std::pair<uint32_t, uint16_t>> shares_;
  bool is_ranked_ = false;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_TRACKED_SOURCES_H_
