#ifndef MXBAN_TESTS_SUPPORT_CERTIFICATES_H_
#define MXBAN_TESTS_SUPPORT_CERTIFICATES_H_

// Certificates made as an operator makes them, and some that none should make,
// in a folder of their own.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/tls.h"
#include "gtest/gtest.h"
#include "tests/support/run_program.h"

namespace mxban {

class Certificates {
 public:
  Certificates() {
    char folder[] = "/tmp/mxban-pki.XXXXXX";
    if (mkdtemp(folder) == nullptr) ADD_FAILURE() << "cannot make " << folder;
    folder_ = folder;
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  const std::string& folder() const { return folder_; }
  std::string Path(const std::string& file) const {
    return absl::StrCat(folder_, "/", file);
  }
  std::string Read(const std::string& file) const {
    std::ifstream stream(Path(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // `addresses` are those of a coordinator.
  void Make(const std::string& role, const std::string& name,
            const std::string& addresses = "") const {
    Run(absl::StrCat("deploy/certificates/make-certificates ", folder_, " ",
                     role, " ", name, " ", addresses));
  }
  void Revoke(const std::string& name) const { Make("revoke", name); }

  // A certificate for `name` of that OU, none if it is empty, that is good for
  // so many days, before now if it is negative.
  void MakeOdd(const std::string& name, const std::string& unit,
               int days) const {
    MakeOddSigned(name, unit, days, "-CA ca.pem -CAkey ca.key");
  }
  void MakeSelfSigned(const std::string& name) const {
    MakeOddSigned(name, "operator", 1, absl::StrCat("-key ", name, ".key"));
  }

  TlsFiles Files(const std::string& name) const {
    return {Path(name + ".pem"), Path(name + ".key"), Path("ca.pem"),
            Path("crl.pem")};
  }

 private:
  void MakeOddSigned(const std::string& name, const std::string& unit, int days,
                     const std::string& signer) const {
    std::ofstream(Path("odd.ext")) << "subjectAltName=DNS:" << name << "\n";
    Run(absl::StrCat("cd ", folder_, " && openssl req -newkey ec -pkeyopt ",
                     "ec_paramgen_curve:P-256 -nodes -subj ",
                     unit.empty() ? "" : "/OU=" + unit, "/CN=", name,
                     " -keyout ", name, ".key -out odd.csr && ",
                     "openssl x509 -req -in odd.csr -days ", days, " ", signer,
                     " -set_serial 0x$(openssl rand -hex 16) -extfile odd.ext",
                     " -out ", name, ".pem"));
  }

  static void Run(const std::string& command) {
    const ProgramOutput output = RunProgram("{ " + command + "; }");
    EXPECT_EQ(output.exit_code, 0) << command << ": " << output.text;
  }

  std::string folder_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SUPPORT_CERTIFICATES_H_
