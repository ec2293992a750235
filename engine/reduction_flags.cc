#include "engine/reduction_flags.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

Flag BitsFlag(std::string name, std::string help, std::string default_text,
              int& out) {
  return {std::move(name), "2|4|8", std::move(help), std::move(default_text),
          [&out](const std::string& text) {
            if (text != "2" && text != "4" && text != "8") {
              return absl::InvalidArgumentError(
                  absl::StrCat("'", text, "' is none of 2, 4, 8"));
            }
            out = text.front() - '0';
            return absl::OkStatus();
          }};
}

Flag SparsityFlag(Sparsity& out) {
  return {"weight-sparsity", "dense|N:M|block:KEPT/OF",
          "prunes the smallest weights, with no retraining: along inputs, or "
          "blocks of 16 x 16",
          "dense", [&out](const std::string& text) {
            const absl::StatusOr<Sparsity> sparsity = ParseSparsity(text);
            if (sparsity.ok()) out = *sparsity;
            return sparsity.status();
          }};
}

}  // namespace

std::vector<Flag> ReductionFlagTable(EngineFlags& flags) {
  return {SparsityFlag(flags.weights.sparsity),
          BitsFlag("weight-bits",
                   "re-quantises weights of more bits, a scale for each 32",
                   "the file's; 8 where they are pruned", flags.weights.bits),
          BitsFlag("activation-bits",
                   "of what quantised weights multiply, a scale for each 32; "
                   "needs int8 numerics",
                   "the numerics'", flags.activation_bits)};
}

}  // namespace mj
