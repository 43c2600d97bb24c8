#include "coordinator/coordinator.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/private_directory.h"
#include "common/status_macros.h"
#include "coordinator/await_answer.h"
#include "coordinator/ignored_sources.h"
#include "coordinator/peer_limits.h"
#include "coordinator/server_settings.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace mxban {
namespace {

// Calls under way get this long to end by themselves.
constexpr std::chrono::milliseconds kShutdownGrace{250};

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> AgentCredentials(
    const Coordinator::Options& options, const Identities& identities) {
  if (identities.tls() != nullptr)
    return identities.tls()->RequireCertificate();
  RETURN_IF_ERROR(AllowPlainText(options.agent_listen, options.insecure));
  return grpc::InsecureServerCredentials();
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
  agent_listener_.reset();
  const auto deadline = std::chrono::system_clock::now() + kShutdownGrace;
  if (agent_server_ != nullptr) agent_server_->Shutdown(deadline);
  if (admin_listeners_ != nullptr) admin_listeners_->Shutdown(deadline);
  upkeep_.reset();
  // Only now: calls under way wait for what is decided.
  updater_.reset();
  if (audit_log_ != nullptr) audit_log_->Stop();
  if (loop_ != nullptr) loop_->Stop();
  if (registry_ != nullptr) table_.RemoveListener(registry_.get());
}

absl::Status Coordinator::Reload() {
  if (audit_log_ != nullptr) audit_log_->Wake();
  return AwaitAnswer<absl::StatusOr<size_t>>([&](JailUpdater::ReloadDone done) {
           updater_->Reload("SIGHUP", std::move(done));
         })
      .status();
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
  ASSIGN_OR_RETURN(
      identities_,
      Identities::Open(
          {options_.tls, options_.roles_file, options_.tokens_file}, clock_));
  access_ = std::make_unique<AdminAccess>(*identities_, open_calls_, clock_);
  expiry_watch_ = std::make_unique<ExpiryWatch>(options_.tls);
  registry_ = std::make_unique<AgentRegistry>(table_.revision());
  // Both before the feed, so that they know a revision before any agent can
  // acknowledge it.
  table_.AddListener(registry_.get());
  watch_ = std::make_unique<BanWatch>(table_, *registry_, clock_);
  feed_ = std::make_unique<BanFeed>(table_, history_id_);
  quota_ = std::make_unique<AgentQuota>(options_.agent_quota);
  agent_service_ = std::make_unique<AgentService>(
      *loop_, *feed_, *registry_, *quota_, clock_, *identities_, open_calls_);
  admin_service_ = std::make_unique<AdminService>(AdminService::Parts{
      *loop_, table_, *registry_, *watch_, *access_, clock_,
      [this](std::string who, AdminService::ReloadDone done) {
        updater_->Reload(std::move(who), std::move(done));
      },
      [this](AllowRequest request, DecisionLoop::AllowDone done) {
        updater_->Allow(std::move(request), std::move(done));
      },
      history_id_, clock_.TimeNow(), salvage_ ? salvage_->ToString() : ""});
  RETURN_IF_ERROR(StartAuditLog());
  loop_->Start();
  updater_->Start(*loop_);

  return StartServers();
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
  using Records = absl::StatusOr<std::vector<AuditRecord>>;
  return AwaitAnswer<Records>([&](const std::function<void(Records)>& done) {
    loop_->Inspect(
        [done, id, limit](const absl::StatusOr<DecisionLoop::View>& view) {
          done(view.ok() ? view->store.AuditAfter(id, limit)
                         : Records(view.status()));
        });
  });
}

absl::Status Coordinator::StartServers() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  RETURN_IF_ERROR(StartAgentServer());
  ASSIGN_OR_RETURN(
      admin_listeners_,
      AdminListeners::Start({options_.admin_listen, options_.admin_group},
                            *admin_service_, *identities_));
  upkeep_ = std::make_unique<AccessUpkeep>(AccessUpkeep::Parts{
      *identities_, open_calls_, *expiry_watch_, clock_, options_.insecure});
  return absl::OkStatus();
}

absl::Status Coordinator::StartAgentServer() {
  constexpr char kFlag[] = "--agent_listen";
  const std::string& address = options_.agent_listen;
  ASSIGN_OR_RETURN(auto credentials, AgentCredentials(options_, *identities_));
  grpc::ServerBuilder builder;
  SetUpServer(*agent_service_, builder);
  LimitPeers(builder);
  std::unique_ptr<BoundedListener::Acceptor> acceptor;
  if (absl::StartsWith(address, "unix:")) {
    builder.AddListeningPort(address, std::move(credentials));
  } else {
    ASSIGN_OR_RETURN(
        agent_listener_,
        BoundedListener::Open(kFlag, address, options_.max_connections));
    agent_port_ = agent_listener_->port();
    acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        std::move(credentials));
  }
  agent_server_ = builder.BuildAndStart();
  if (agent_server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat(kFlag, ": cannot listen on ", address));
  }
  if (acceptor != nullptr) agent_listener_->Start(std::move(acceptor));
  return absl::OkStatus();
}

absl::Status Coordinator::StartHttp() {
  metrics_ = std::make_unique<CoordinatorMetrics>(CoordinatorMetrics::Parts{
      *loop_, table_, *registry_, *feed_, *quota_, *updater_, *store_, clock_,
      *expiry_watch_, absl::StrCat(options_.state_dir, "/bans.db"),
      salvage_.has_value()});
  if (options_.http_listen.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(http_server_,
                   HttpServer::Start(options_.http_listen, *metrics_,
                                     [] { return absl::OkStatus(); }));
  return absl::OkStatus();
}

}  // namespace mxban
