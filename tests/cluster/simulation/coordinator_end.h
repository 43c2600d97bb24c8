#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_COORDINATOR_END_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_COORDINATOR_END_H_

// The coordinator's end of a connection: what coordinator/agent_service does,
// without gRPC. Speaks in encoded messages.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "coordinator/ban_feed.h"
#include "tests/cluster/simulation/agenda.h"
#include "tests/cluster/simulation/coordinator.h"

namespace mxban::simulation {

class CoordinatorEnd final : public BanFeed::Reader {
 public:
  struct Callbacks {
    std::function<void(std::string bytes)> send_answer;
    std::function<void(std::string bytes)> send_update;
    std::function<void(std::string bytes)> send_handed_over;
    std::function<bool()> has_room;  // For another update.
    // Ends the connection.
    std::function<void()> fail;
    // What came is not understood: nobody ever sends such a thing.
    std::function<void(const std::string& what)> complain;
  };

  // The coordinator must be up, and outlive this.
  CoordinatorEnd(Agenda& agenda, SimulatedCoordinator& coordinator, int server,
                 Callbacks callbacks);
  ~CoordinatorEnd() override;

  void ReceiveBatch(const std::string& bytes);
  void ReceiveRequest(const std::string& bytes);
  void ReceiveBans(const std::string& bytes);

  // Sends updates as long as there is room.
  void Pump();

  // The feed knows its readers by address, so the coordinator sees to it that
  // they are woken in an order that is always the same.
  void OnNews() override {}

 private:
  Agenda& agenda_;
  SimulatedCoordinator& coordinator_;
  const int server_;
  const Callbacks callbacks_;
  std::optional<uint64_t> ticket_;  // Once subscribed.
  BanFeed::Cursor cursor_;
  const std::shared_ptr<int> life_ = std::make_shared<int>();
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_COORDINATOR_END_H_
