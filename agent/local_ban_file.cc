#include "agent/local_ban_file.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/state_file.h"
#include "common/proto_convert.h"
#include "common/stable_hash.h"
#include "common/status_macros.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban {
namespace {

std::string HashLine(const std::string& bytes) {
  return absl::StrFormat("%016x", StableHash(bytes));
}

}  // namespace

absl::StatusOr<std::vector<Ban>> ReadLocalBans(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string hash;
  if (!file || !std::getline(file, hash)) return std::vector<Ban>{};
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  v1::HandOverBansRequest message;
  if (hash != HashLine(bytes) || !message.ParseFromString(bytes)) {
    return absl::DataLossError(absl::StrCat(path, " is damaged"));
  }
  std::vector<Ban> bans;
  for (const v1::Ban& wire : message.bans()) {
    ASSIGN_OR_RETURN(Ban ban, BanFromProto(wire));
    bans.push_back(std::move(ban));
  }
  return bans;
}

absl::Status WriteLocalBans(const std::string& path,
                            const std::vector<Ban>& bans) {
  v1::HandOverBansRequest message;
  for (const Ban& ban : bans) *message.add_bans() = BanToProto(ban);
  const std::string bytes = message.SerializeAsString();
  return ReplaceFile(path, absl::StrCat(HashLine(bytes), "\n", bytes));
}

}  // namespace mxban
