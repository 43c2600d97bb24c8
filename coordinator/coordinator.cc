#include "coordinator/coordinator.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "common/private_directory.h"
#include "common/status_macros.h"
#include "coordinator/ignored_sources.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// Calls under way get this long to end by themselves.
constexpr std::chrono::milliseconds kShutdownGrace{250};

// A peer that vanished without a word is noticed within twice this time.
constexpr int kKeepaliveMs = 10'000;

constexpr auto kOpenToAll = std::filesystem::perms(0755);

absl::Status MakeDirectory(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  // Who may come in is for the socket itself to say.
  if (is_new) std::filesystem::permissions(path, kOpenToAll, error);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("cannot create ", path.string(), ": ", error.message()));
}

absl::StatusOr<std::unique_ptr<grpc::Server>> Listen(
    absl::string_view flag, const std::string& address,
    std::shared_ptr<grpc::ServerCredentials> credentials,
    grpc::Service& service, int* port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, std::move(credentials), port);
  builder.RegisterService(&service);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  // A second coordinator on the same port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat(flag, ": cannot listen on ", address));
  }
  return server;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Start(
    const Options& options, const Clock& clock) {
  std::unique_ptr<Coordinator> coordinator(new Coordinator(options, clock));
  RETURN_IF_ERROR(coordinator->OpenStore());
  RETURN_IF_ERROR(coordinator->StartServices());
  RETURN_IF_ERROR(coordinator->StartHttp());
  return coordinator;
}

Coordinator::Coordinator(const Options& options, const Clock& clock)
    : options_(options), clock_(clock) {}

Coordinator::~Coordinator() {
  http_server_.reset();
  const auto deadline = std::chrono::system_clock::now() + kShutdownGrace;
  if (agent_server_ != nullptr) agent_server_->Shutdown(deadline);
  if (admin_server_ != nullptr) admin_server_->Shutdown(deadline);
  // Only now: calls under way wait for what is decided.
  updater_.reset();
  if (audit_log_ != nullptr) audit_log_->Stop();
  if (loop_ != nullptr) loop_->Stop();
  if (registry_ != nullptr) table_.RemoveListener(registry_.get());
}

absl::Status Coordinator::Reload() {
  if (audit_log_ != nullptr) audit_log_->Wake();
  absl::Notification answered;
  absl::Status answer;
  updater_->Reload("SIGHUP", [&](const absl::StatusOr<size_t>& jail_count) {
    answer = jail_count.status();
    answered.Notify();
  });
  answered.WaitForNotification();
  return answer;
}

void Coordinator::Ask(std::function<void()> alive) {
  loop_->Inspect([alive = std::move(alive)](
                     const absl::StatusOr<DecisionLoop::View>& view) {
    if (view.ok()) alive();
  });
}

absl::Status Coordinator::OpenStore() {
  updater_ = std::make_unique<JailUpdater>(options_.config_dir,
                                           IgnoredSources(clock_));
  ASSIGN_OR_RETURN(std::shared_ptr<const JailSet> jails, updater_->Load());
  PrivateDirectory directory = {
      options_.state_dir, {"bans.db"}, {"audit.jsonl"}};
  if (!options_.audit_log.empty()) {
    directory.other_files.push_back(options_.audit_log);
  }
  RETURN_IF_ERROR(KeepPrivate(directory));
  ASSIGN_OR_RETURN(
      OpenedStore opened,
      mxban::OpenStore(absl::StrCat(options_.state_dir, "/bans.db"),
                       clock_.TimeNow()));
  salvage_ = std::move(opened.salvage);
  store_ = std::make_unique<StoreGuard>(std::move(opened.store),
                                        options_.on_store_lost);
  loop_ = std::make_unique<DecisionLoop>(*store_, table_, clock_,
                                         options_.max_sources);
  ASSIGN_OR_RETURN(history_id_, loop_->Load(std::move(jails)));
  return absl::OkStatus();
}

absl::Status Coordinator::StartServices() {
  registry_ = std::make_unique<AgentRegistry>(table_.revision());
  // Both before the feed, so that they know a revision before any agent can
  // acknowledge it.
  table_.AddListener(registry_.get());
  watch_ = std::make_unique<BanWatch>(table_, *registry_, clock_);
  feed_ = std::make_unique<BanFeed>(table_, history_id_);
  agent_service_ =
      std::make_unique<AgentService>(*loop_, *feed_, *registry_, clock_);
  admin_service_ = std::make_unique<AdminService>(AdminService::Parts{
      *loop_, table_, *registry_, *watch_, access_,
      [this](std::string who, AdminService::ReloadDone done) {
        updater_->Reload(std::move(who), std::move(done));
      },
      history_id_, clock_.TimeNow(), salvage_ ? salvage_->ToString() : ""});
  RETURN_IF_ERROR(StartAuditLog());
  loop_->Start();
  updater_->Start(*loop_);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  ASSIGN_OR_RETURN(auto agent_credentials,
                   ServerCredentials(options_.agent_listen, options_.tls,
                                     options_.insecure));
  ASSIGN_OR_RETURN(agent_server_,
                   Listen("--agent_listen", options_.agent_listen,
                          agent_credentials, *agent_service_, &agent_port_));
  return StartAdminServer();
}

absl::Status Coordinator::StartAuditLog() {
  if (options_.audit_log.empty()) return absl::OkStatus();
  const std::filesystem::path directory = options_.state_dir;
  ASSIGN_OR_RETURN(audit_log_,
                   AuditLog::Start(directory / options_.audit_log, history_id_,
                                   [this](uint64_t id, size_t limit) {
                                     return FetchAudit(id, limit);
                                   }));
  loop_->SetAuditCallback([this] { audit_log_->Wake(); });
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AuditRecord>> Coordinator::FetchAudit(uint64_t id,
                                                                 size_t limit) {
  absl::Notification looked;
  absl::StatusOr<std::vector<AuditRecord>> records;
  loop_->Inspect([&](const absl::StatusOr<DecisionLoop::View>& view) {
    if (view.ok()) {
      records = view->store.AuditAfter(id, limit);
    } else {
      records = view.status();
    }
    looked.Notify();
  });
  looked.WaitForNotification();
  return records;
}

absl::Status Coordinator::StartAdminServer() {
  // Operators are known by the permissions of a socket. A certificate alone
  // does not tell them from agents yet, so there is no other way in.
  absl::string_view path = options_.admin_listen;
  if (!absl::ConsumePrefix(&path, "unix:")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--admin_listen: '", options_.admin_listen, "' is not unix:PATH"));
  }
  RETURN_IF_ERROR(
      MakeDirectory(std::filesystem::path(std::string(path)).parent_path()));
  const mode_t old_mask = umask(0117);  // srw-rw----
  absl::StatusOr<std::unique_ptr<grpc::Server>> admin_server =
      Listen("--admin_listen", options_.admin_listen,
             grpc::InsecureServerCredentials(), *admin_service_, nullptr);
  umask(old_mask);
  ASSIGN_OR_RETURN(admin_server_, std::move(admin_server));
  return absl::OkStatus();
}

absl::Status Coordinator::StartHttp() {
  metrics_ = std::make_unique<CoordinatorMetrics>(*loop_, table_, *registry_,
                                                  *feed_, salvage_.has_value());
  if (options_.http_listen.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(http_server_,
                   HttpServer::Start(options_.http_listen, *metrics_,
                                     [] { return absl::OkStatus(); }));
  return absl::OkStatus();
}

}  // namespace mxban
