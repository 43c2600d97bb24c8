#ifndef MXBAN_COMMON_HTTP_SERVER_H_
#define MXBAN_COMMON_HTTP_SERVER_H_

// What a daemon tells monitoring: `/metrics` in Prometheus's text format,
// `/healthz` (the process answers) and `/readyz` (it does its work).

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "prometheus/collectable.h"

struct mg_context;

namespace mxban {

// Thread-safe. Serves from construction to destruction.
class HttpServer {
 public:
  // Listens on `address`, such as `127.0.0.1:7462`. `readiness` is called from
  // server threads; its message is what a prober reads. `metrics` outlives the
  // server and is thread-safe. UNAVAILABLE if the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const std::string& address, const prometheus::Collectable& metrics,
      std::function<absl::Status()> readiness);

  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port in use, for an address with port 0.
  int port() const;

 private:
  HttpServer(const prometheus::Collectable& metrics,
             std::function<absl::Status()> readiness)
      : metrics_(metrics), readiness_(std::move(readiness)) {}

  const prometheus::Collectable& metrics_;
  const std::function<absl::Status()> readiness_;
  mg_context* context_ = nullptr;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_HTTP_SERVER_H_
