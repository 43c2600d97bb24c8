#include "common/http_server.h"

#include <civetweb.h>

#include <utility>

#include "absl/base/call_once.h"
#include "absl/strings/str_cat.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace mxban {
namespace {

// One slow prober must not keep others waiting; more threads are a waste.
constexpr char kThreads[] = "2";

int Reply(mg_connection* connection, int code, const char* content_type,
          const std::string& body) {
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
            "Connection: close\r\n\r\n",
            code, code == 200 ? "OK" : "Service Unavailable", content_type,
            body.size());
  mg_write(connection, body.data(), body.size());
  return code;
}

constexpr char kText[] = "text/plain; charset=utf-8";

int ServeMetrics(mg_connection* connection, void* metrics) {
  return Reply(
      connection, 200, "text/plain; version=0.0.4; charset=utf-8",
      prometheus::TextSerializer().Serialize(
          static_cast<const prometheus::Collectable*>(metrics)->Collect()));
}

int ServeHealth(mg_connection* connection, void*) {
  return Reply(connection, 200, kText, "ok\n");
}

int ServeReadiness(mg_connection* connection, void* readiness) {
  const absl::Status status =
      (*static_cast<const std::function<absl::Status()>*>(readiness))();
  return status.ok() ? Reply(connection, 200, kText, "ready\n")
                     : Reply(connection, 503, kText,
                             absl::StrCat(status.message(), "\n"));
}

// civetweb takes non-const pointers that it only hands back.
template <typename T>
void* Opaque(const T& object) {
  return const_cast<void*>(static_cast<const void*>(&object));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const std::string& address, const prometheus::Collectable& metrics,
    std::function<absl::Status()> readiness) {
  static absl::once_flag init;
  absl::call_once(init, [] { mg_init_library(0); });

  std::unique_ptr<HttpServer> server(
      new HttpServer(metrics, std::move(readiness)));
  const char* options[] = {"listening_ports", address.c_str(), "num_threads",
                           kThreads, nullptr};
  const mg_callbacks callbacks = {};
  server->context_ = mg_start(&callbacks, nullptr, options);
  if (server->context_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("--http_listen: cannot listen on ", address));
  }
  mg_set_request_handler(server->context_, "/metrics$", ServeMetrics,
                         Opaque(server->metrics_));
  mg_set_request_handler(server->context_, "/healthz$", ServeHealth, nullptr);
  mg_set_request_handler(server->context_, "/readyz$", ServeReadiness,
                         Opaque(server->readiness_));
  return server;
}

HttpServer::~HttpServer() {
  if (context_ != nullptr) mg_stop(context_);
}

int HttpServer::port() const {
  mg_server_port port = {};
  return mg_get_server_ports(context_, 1, &port) == 1 ? port.port : 0;
}

}  // namespace mxban
