// Runs a program as systemd would by a unit file, where systemd does not run:
//
//   under_unit UNIT WRITABLE_DIRECTORY,... PROGRAM ARGUMENT...
//
// Of the unit it heeds: User (nobody in place of one that does not exist),
// CapabilityBoundingSet, NoNewPrivileges, UMask, LimitCORE, LimitNOFILE,
// ProtectSystem=strict, SystemCallFilter, RestrictAddressFamilies,
// RestrictNamespaces and MemoryDenyWriteExecute. Whatever cannot be done ends
// it with a message.

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/errno_text.h"
#include "tests/support/run_program.h"

namespace mxban {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "under_unit: %s: %s\n", what.c_str(),
               ErrnoText(errno).c_str());
  std::exit(126);
}

void Must(int result, const std::string& what) {
  if (result < 0) Die(what);
}

// The words of each setting, in order; an empty one forgets those before.
using Settings = std::map<std::string, std::vector<std::string>>;

Settings ReadUnit(const std::string& path) {
  std::ifstream file(path);
  if (!file) Die(path);
  Settings settings;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line[0] == '[') continue;
    const std::pair<std::string, std::string> setting =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    std::vector<std::string>& words = settings[setting.first];
    if (setting.second.empty()) words.clear();
    // What is taken away is marked at the first word of a line only.
    const bool is_taken = setting.second[0] == '~';
    for (const absl::string_view word : absl::StrSplit(
             setting.second.substr(is_taken ? 1 : 0), ' ', absl::SkipEmpty())) {
      words.push_back(absl::StrCat(is_taken ? "~" : "", word));
    }
  }
  return settings;
}

bool Has(const Settings& settings, const std::string& name,
         const std::string& value) {
  const auto found = settings.find(name);
  return found != settings.end() && !found->second.empty() &&
         found->second.back() == value;
}

void ProtectFiles(const std::vector<std::string>& writable) {
  Must(unshare(CLONE_NEWNS), "unshare");
  Must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "private");
  for (const std::string& directory : writable) {
    Must(mount(directory.c_str(), directory.c_str(), nullptr, MS_BIND, nullptr),
         directory);
  }
  Must(mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr),
       "read-only /");
}

void SetLimits(const Settings& settings) {
  rlim_t files = 0;
  if (!absl::SimpleAtoi(settings.at("LimitNOFILE").back(), &files)) {
    Die("LimitNOFILE");
  }
  rlimit open_files;
  const rlimit core = {0, 0};
  Must(getrlimit(RLIMIT_NOFILE, &open_files), "LimitNOFILE");
  // More than there are takes a right that a test may not have.
  open_files.rlim_cur = open_files.rlim_max =
      std::min(files, open_files.rlim_max);
  Must(setrlimit(RLIMIT_NOFILE, &open_files), "LimitNOFILE");
  Must(setrlimit(RLIMIT_CORE, &core), "LimitCORE");
  umask(std::stoi(settings.at("UMask").back(), nullptr, 8));
}

void DropCapabilities(const Settings& settings) {
  std::set<cap_value_t> kept;
  for (const std::string& name : settings.at("CapabilityBoundingSet")) {
    cap_value_t capability;
    Must(cap_from_name(name.c_str(), &capability), name);
    kept.insert(capability);
  }
  for (cap_value_t i = 0; cap_get_bound(i) >= 0; ++i) {
    if (!kept.contains(i)) Must(cap_drop_bound(i), "bounding set");
  }
}

void BecomeUser(const Settings& settings) {
  const auto user = settings.find("User");
  if (user == settings.end()) return;
  const passwd* account = getpwnam(user->second.back().c_str());
  if (account == nullptr) account = getpwnam("nobody");
  if (account == nullptr) Die("nobody");
  Must(setgroups(0, nullptr), "setgroups");
  Must(setresgid(account->pw_gid, account->pw_gid, account->pw_gid), "group");
  Must(setresuid(account->pw_uid, account->pw_uid, account->pw_uid), "user");
}

// The calls of `name`, which may be a group of systemd's.
void Expand(const std::string& name, std::set<std::string>& calls) {
  if (name[0] != '@') {
    calls.insert(name);
    return;
  }
  const ProgramOutput output =
      RunProgram("systemd-analyze --no-pager syscall-filter " + name);
  if (output.exit_code != 0) Die(output.text);
  for (const absl::string_view line : absl::StrSplit(output.text, '\n')) {
    const absl::string_view word = absl::StripAsciiWhitespace(line);
    if (word.empty() || word[0] == '#' || word == name) continue;
    Expand(std::string(word), calls);
  }
}

std::set<std::string> AllowedCalls(const Settings& settings) {
  std::set<std::string> allowed;
  Expand("@default", allowed);
  for (const std::string& word : settings.at("SystemCallFilter")) {
    std::set<std::string> calls;
    Expand(word[0] == '~' ? word.substr(1) : word, calls);
    for (const std::string& call : calls) {
      if (word[0] == '~') {
        allowed.erase(call);
      } else {
        allowed.insert(call);
      }
    }
  }
  return allowed;
}

class CallFilter {
 public:
  CallFilter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

  void Allow(const std::string& name, std::vector<scmp_arg_cmp> conditions) {
    const int call = seccomp_syscall_resolve_name(name.c_str());
    if (call < 0) return;  // Not on this machine.
    errno = -seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call,
                                    conditions.size(), conditions.data());
    if (errno != 0) Die(name);
  }
  void Answer(const std::string& name, int error) {
    seccomp_rule_add(context_, SCMP_ACT_ERRNO(error),
                     seccomp_syscall_resolve_name(name.c_str()), 0);
  }
  void Load() {
    errno = -seccomp_load(context_);
    if (errno != 0) Die("seccomp");
  }

 private:
  scmp_filter_ctx context_;
};

const std::map<std::string, uint64_t>& Families() {
  static const auto& families =
      *new std::map<std::string, uint64_t>{{"AF_INET", AF_INET},
                                           {"AF_INET6", AF_INET6},
                                           {"AF_NETLINK", AF_NETLINK},
                                           {"AF_UNIX", AF_UNIX}};
  return families;
}

// No memory that is writable and executable, then or ever.
void AllowMemory(CallFilter& filter) {
  constexpr uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  for (const uint64_t allowed :
       {uint64_t{0}, uint64_t{PROT_WRITE}, uint64_t{PROT_EXEC}}) {
    filter.Allow("mmap", {SCMP_A2(SCMP_CMP_MASKED_EQ, kBoth, allowed)});
  }
  filter.Allow("mprotect", {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
}

void FilterCalls(const Settings& settings) {
  std::set<std::string> calls = AllowedCalls(settings);
  CallFilter filter;
  calls.erase("socket");
  for (const std::string& family : settings.at("RestrictAddressFamilies")) {
    filter.Allow("socket", {SCMP_A0(SCMP_CMP_EQ, Families().at(family))});
  }
  if (Has(settings, "RestrictNamespaces", "yes")) {
    constexpr uint64_t kNew = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
                              CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                              CLONE_NEWCGROUP;
    for (const char* call : {"clone", "clone3", "unshare", "setns"}) {
      calls.erase(call);
    }
    filter.Allow("clone", {SCMP_A0(SCMP_CMP_MASKED_EQ, kNew, 0)});
    filter.Answer("clone3", ENOSYS);
  }
  if (Has(settings, "MemoryDenyWriteExecute", "yes")) {
    for (const char* call : {"mmap", "mprotect", "pkey_mprotect", "shmat"}) {
      calls.erase(call);
    }
    AllowMemory(filter);
  }
  for (const std::string& call : calls) filter.Allow(call, {});
  filter.Load();
}

int Main(int argc, char** argv) {
  if (argc < 4) return 2;
  const Settings settings = ReadUnit(argv[1]);
  if (Has(settings, "ProtectSystem", "strict")) {
    ProtectFiles(absl::StrSplit(argv[2], ',', absl::SkipEmpty()));
  }
  SetLimits(settings);
  DropCapabilities(settings);
  BecomeUser(settings);
  if (Has(settings, "NoNewPrivileges", "yes")) {
    Must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges");
  }
  FilterCalls(settings);
  execvp(argv[3], argv + 3);
  Die(argv[3]);
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) { return mxban::Main(argc, argv); }
