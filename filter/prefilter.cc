#include "filter/prefilter.h"

namespace mxban {

Prefilter::Prefilter(const std::vector<std::vector<Literal>>& expressions) {
  std::vector<Literal> all;
  for (const std::vector<Literal>& literals : expressions) {
    is_certain_.push_back(!AreRare(literals));
    if (is_certain_.back()) continue;
    all.insert(all.end(), literals.begin(), literals.end());
    expression_of_.resize(all.size(), is_certain_.size() - 1);
  }
  scanner_ = LiteralScanner::Create(all);
  if (scanner_ == nullptr) is_certain_.assign(is_certain_.size(), true);
}

const std::vector<size_t>& Prefilter::Candidates(absl::string_view text) {
  is_found_ = is_certain_;
  const bool is_known =
      scanner_ == nullptr || scanner_->Scan(text, [&](size_t literal, size_t) {
        is_found_[expression_of_[literal]] = true;
      });
  if (!is_known) is_found_.assign(is_found_.size(), true);
  candidates_.clear();
  for (size_t i = 0; i < is_found_.size(); ++i) {
    if (is_found_[i]) candidates_.push_back(i);
  }
  return candidates_;
}

}  // namespace mxban
