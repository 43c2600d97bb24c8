#include "filter/literal_scanner.h"

#include <hs/hs.h>

#include <utility>

namespace mxban {
namespace {

int Tell(unsigned int literal, unsigned long long, unsigned long long to,
         unsigned int, void* found) {
  (*static_cast<LiteralScanner::Found*>(found))(literal, to);
  return 0;
}

}  // namespace

struct LiteralScanner::Database {
  ~Database() {
    hs_free_scratch(scratch);
    hs_free_database(database);
  }
  hs_database_t* database = nullptr;
  hs_scratch_t* scratch = nullptr;
};

std::unique_ptr<LiteralScanner> LiteralScanner::Create(
    const std::vector<Literal>& literals) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  std::vector<unsigned> flags, ids;
  for (const Literal& literal : literals) {
    if (literal.text.empty()) return nullptr;
    texts.push_back(literal.text.data());
    sizes.push_back(literal.text.size());
    flags.push_back(literal.any_case ? HS_FLAG_CASELESS : 0);
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  auto database = std::make_unique<Database>();
  hs_compile_error_t* error = nullptr;
  if (literals.empty() || hs_valid_platform() != HS_SUCCESS ||
      hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), sizes.data(),
                           static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                           nullptr, &database->database,
                           &error) != HS_SUCCESS ||
      hs_alloc_scratch(database->database, &database->scratch) != HS_SUCCESS) {
    hs_free_compile_error(error);
    return nullptr;
  }
  return std::unique_ptr<LiteralScanner>(
      new LiteralScanner(std::move(database)));
}

LiteralScanner::LiteralScanner(std::unique_ptr<Database> database)
    : database_(std::move(database)) {}
LiteralScanner::~LiteralScanner() = default;

bool LiteralScanner::Scan(absl::string_view text, Found found) const {
  return hs_scan(database_->database, text.data(),
                 static_cast<unsigned>(text.size()), 0, database_->scratch,
                 Tell, &found) == HS_SUCCESS;
}

}  // namespace mxban
