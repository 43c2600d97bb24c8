#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_AGENT_END_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_AGENT_END_H_

// The agent's end of a connection: what agent/report_stream,
// agent/watch_stream and agent/hand_over_call do, without gRPC. Speaks in
// encoded messages.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/agent_core.h"
#include "agent/enforcer.h"

namespace mxban::simulation {

class AgentEnd {
 public:
  struct Callbacks {
    std::function<void(std::string bytes)> send_batch;
    std::function<void(std::string bytes)> send_request;  // Of Watch.
    std::function<void(std::string bytes)> send_bans;     // To hand over.
    std::function<void(uint64_t revision)> on_handed_over;
    std::function<void()> on_connected;  // The jails are here.
    std::function<void()> on_update;
    std::function<void()> on_answer;
    // What came is not understood: nobody ever sends such a thing.
    std::function<void(const std::string& what)> complain;
  };

  // `batch_size` is the most that is reported at once. The core must outlive
  // this.
  AgentEnd(AgentCore& core, int batch_size, Callbacks callbacks);

  // Begins both streams.
  void Open();

  // Sends the next batch, if there is one and none is under way.
  void Pump();

  // Hands local bans over, if there are any and none are under way.
  void HandOver();

  // Tells what the kernel enforces.
  void Acknowledge(const Enforcer::Report& report);

  void ReceiveAnswer(const std::string& bytes);
  void ReceiveUpdate(const std::string& bytes);
  void ReceiveHandedOver(const std::string& bytes);

 private:
  AgentCore& core_;
  const int batch_size_;
  const Callbacks callbacks_;
  bool is_waiting_ = false;  // For an answer.
  std::string history_id_;   // Of this coordinator.
  bool is_connected_ = false;
  std::vector<Ban> handed_over_;  // Without an answer yet.
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_AGENT_END_H_
