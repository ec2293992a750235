// Published energies of serving, beside what a platform's model predicts.
//
// Saturated serving at batch B with replies of n tokens and r n tokens of
// prompt: a token takes the decode step of B sequences at the mean context r n
// + n / 2, and brings r prompt tokens, which run in steps of their own:
//   ITL     = t_decode(B)
//   J/token = E_decode(B) / B + r E_prompt per token
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_SERVING_ANCHOR_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_SERVING_ANCHOR_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

struct AnchorRow {
  int batch = 0;
  bool calibrated = false;  // the platform was fitted to it
  Joules published_energy{0}, predicted_energy{0};  // an output token
  Seconds published_itl{0}, predicted_itl{0};
};

struct ServingAnchor {
  std::string name, platform, model_shape;
  std::vector<AnchorRow> rows;
};

// INVALID_ARGUMENT names file and key; NOT_FOUND an unknown platform or shape.
absl::StatusOr<ServingAnchor> PriceAnchor(std::string_view file,
                                          std::string_view text);

// What is compiled in (anchors/*.toml), all or the one of that name; NOT_FOUND
// lists the known names.
absl::StatusOr<std::vector<ServingAnchor>> CompiledAnchors(
    std::string_view name);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_SERVING_ANCHOR_H_
