// Who guesses the next tokens of a reply, cheaper than the model tells them.
#ifndef MILLIJOULE_ENGINE_SPECULATE_DRAFTER_H_
#define MILLIJOULE_ENGINE_SPECULATE_DRAFTER_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace mj {

enum class Drafter : uint8_t {
  kNone,
  kNgram,       // what followed the same tokens before (ngram_index.h)
  kDraftModel,  // a smaller model of the same vocabulary
  kExitHead,    // the model's own first layers
};
inline constexpr int kNumDrafters = 4;

constexpr std::string_view DrafterName(Drafter drafter) {
  constexpr std::array<std::string_view, kNumDrafters> kNames = {
      "none", "ngram", "draft-model", "exit-head"};
  return kNames[static_cast<int>(drafter)];
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_DRAFTER_H_
