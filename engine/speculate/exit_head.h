// An early-exit head: what turns the hidden state after one of a model's first
// layers into a draft of the next token. The rest of the model then checks the
// draft, so a head decides how fast a reply is, never what it says.
#ifndef MILLIJOULE_ENGINE_SPECULATE_EXIT_HEAD_H_
#define MILLIJOULE_ENGINE_SPECULATE_EXIT_HEAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/model/loaded_model.h"
#include "engine/speculate/linear_map.h"

namespace mj {

struct ExitHead {
  std::string fingerprint;  // of the model's file
  // The project's version that trained it, and what computed its hidden states.
  // Another version may compute others (its own layers, norms, tables), so it
  // does not serve. Within one, ISA and numerics differ by the rounding of
  // activations, 2^-9 of a value at the most, far below what the map leaves
  // unexplained of a row (`map.noise`): another's head serves, its drafts
  // agree a little less.
  std::string version, backend, isa, numerics;
  int vocab = 0;       // of the model
  int num_layers = 0;  // of the model
  int layer = 0;       // drafts come after so many of them; at least 1
  // From the residual stream after `layer` layers, divided by the root of its
  // mean square, to what the language model's head multiplies.
  LinearMap map;
  // The tokens that drafts are chosen from, by ascending id; empty: all.
  std::vector<int32_t> vocabulary;
  double lambda = 0;     // as in ridge.h
  int64_t tokens = 0;    // it was trained on
  double agreement = 0;  // of drafts and model on text held out of these
  std::string checksum;  // of the file it was read from, as sha256sum prints it
};

// INVALID_ARGUMENT: the head is another model's, or fits none; the message
// names both fingerprints or sizes.
absl::Status CheckExitHead(const ExitHead& head, const LoadedModel& model);
// INVALID_ARGUMENT: another version trained it; the message names both.
absl::Status CheckExitHeadVersion(const ExitHead& head,
                                  const std::string& version);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_EXIT_HEAD_H_
