// Published results that an analytic model may be held against, as data: what
// was published, and the inputs that price the same.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_PUBLISHED_RESULT_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_PUBLISHED_RESULT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

struct PublishedResult {
  std::string name, group, source;
  double published = 0;
  std::string unit;      // of `published`; empty: a ratio
  double tolerance = 0;  // relative, of the law
  // a: exact, of another tool; b: statistical; c: silicon; d: a trend
  std::string result_class;
  bool identity = false;  // the descriptor was made from it

  std::string device;
  std::string quantity;  // see reproduction.cc
  std::string gemm;      // "M,N,K"
  std::string model_shape;
  int input_bits = 0, weight_bits = 0;  // 0: the device's own
  std::string sparsity;
  std::vector<std::string> set;  // "KEY=VALUE"
  // Of cells: their kind (cell_noise.h), what they were programmed to, when.
  std::string cells;
  double conductance = 0, age_seconds = 0;
  // Where `compare` is "ratio" (base / ours) or "saving" (1 - ours / base): the
  // base's overrides, sparsity and width of inputs.
  std::string compare, base_sparsity;
  int base_input_bits = 0;
  std::vector<std::string> base_set;
};

struct NotReproduced {
  std::string name, why;
};

struct PublishedFile {
  std::vector<PublishedResult> results;
  std::vector<NotReproduced> not_reproduced;
};

// Keys outside `rows` hold for every row that has none of its own.
// INVALID_ARGUMENT names file, row and key.
absl::StatusOr<PublishedFile> ParsePublished(std::string_view file,
                                             std::string_view text);

// All files compiled in (published/*.toml), by name.
absl::StatusOr<PublishedFile> CompiledPublished();

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_PUBLISHED_RESULT_H_
