#include "hw_backends/models/device_op.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mj {
namespace {

constexpr int64_t kMostOfASize = 1 << 20;

bool ReadFraction(const std::string& text, char separator, Sparsity& out) {
  const std::vector<std::string> parts = absl::StrSplit(text, separator);
  return parts.size() == 2 && absl::SimpleAtoi(parts[0], &out.kept) &&
         absl::SimpleAtoi(parts[1], &out.of) && out.kept >= 1 &&
         out.kept <= out.of && out.of <= kMostOfASize;
}

}  // namespace

absl::StatusOr<Sparsity> ParseSparsity(std::string_view text) {
  if (text == "dense") return Sparsity{};
  const std::string word(text);
  Sparsity sparsity;
  absl::string_view rest = word;
  if (absl::ConsumePrefix(&rest, "block:")) {
    sparsity.kind = Sparsity::Kind::kBlock;
    if (ReadFraction(std::string(rest), '/', sparsity)) return sparsity;
  } else {
    sparsity.kind = Sparsity::Kind::kNofM;
    if (ReadFraction(word, ':', sparsity)) return sparsity;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", word, "' is not a sparsity such as dense, 2:4 or block:3/4"));
}

std::string SparsityName(const Sparsity& s) {
  switch (s.kind) {
    case Sparsity::Kind::kDense:
      return "dense";
    case Sparsity::Kind::kNofM:
      return absl::StrCat(s.kept, ":", s.of);
    case Sparsity::Kind::kBlock:
      return absl::StrCat("block:", s.kept, "/", s.of);
  }
  return "";
}

absl::StatusOr<GemmShape> ParseGemm(std::string_view text) {
  const std::string word(text);
  const std::vector<std::string> parts = absl::StrSplit(word, ',');
  GemmShape gemm;
  int64_t* const sizes[] = {&gemm.m, &gemm.n, &gemm.k};
  bool good = parts.size() == 3;
  for (size_t i = 0; good && i < 3; ++i) {
    good = absl::SimpleAtoi(parts[i], sizes[i]) && *sizes[i] >= 1 &&
           *sizes[i] <= kMostOfASize;
  }
  if (good) return gemm;
  return absl::InvalidArgumentError(
      absl::StrCat("'", word, "' is not M,N,K: three whole numbers from 1 to ",
                   kMostOfASize));
}

}  // namespace mj
