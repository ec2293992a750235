// A map that follows one tenant's text and remembers what it was trained on:
// gradient descent with elastic weight consolidation (Kirkpatrick et al. 2017).
//
// For a row x and its target y, with W* the trained map and D = W - W*,
//
//   loss = |y - W x|^2 / (2 noise) + strength / 2 sum_ij F_ij D_ij^2
//
// The map is the mean of a Gaussian of variance `noise` an output, so the
// Fisher information of W_ij is the second moment of its input, on the trained
// text, times the output's precision: F_ij = E[x_j^2] / noise, the same for
// every output. Both terms have the factor 1 / noise, which the step takes up.
// A bias is the weight of an input that is always 1.
//
//   D_ij <- (D_ij + step (y - W x)_i x_j) / (1 + step strength E[x_j^2])
//   step = rate / (1 + |x|^2)
//
// Dividing by the input's length is the normalised LMS filter (Nagumo & Noda
// 1967): any rate below 2 is stable; 0.1 averages about ten rows an input
// dimension. The penalty's part is taken implicitly, so any strength is stable
// as well. Strength 0 is plain fine-tuning, 1 weighs the trained text as much
// as the new one, more keeps more of it: bench/README.md has what each keeps.
#ifndef MILLIJOULE_ENGINE_SPECULATE_ELASTIC_MAP_H_
#define MILLIJOULE_ENGINE_SPECULATE_ELASTIC_MAP_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/speculate/linear_map.h"

namespace mj {

struct ElasticOptions {
  double rate = 0.1;    // above 0, below 2
  double strength = 6;  // 0 or more
};

// What a map has learned.
struct LearnedMap {
  int64_t updates = 0;       // that it took
  std::vector<float> moved;  // D [outputs, inputs]; empty: 0
  std::vector<float> bias;   // [outputs], as moved
};

// x over the root of its mean square, as a head's inputs are.
void DivideByRms(float epsilon, std::span<float> x);

// A tenant's own: all share the trained map, and D takes no memory before the
// first update. One thread at a time.
class ElasticMap final {
 public:
  // Goes on from `learned`. REQUIRES: its sizes are those of `trained`
  ElasticMap(std::shared_ptr<const LinearMap> trained, ElasticOptions options,
             LearnedMap learned = {});

  // z += D x: what this map adds to the trained one. REQUIRES: as Map()
  void AddMoved(std::span<const float> x, std::span<float> z) const;
  // z = W x + b. REQUIRES: x [inputs], z [outputs]
  void Map(std::span<const float> x, std::span<float> z) const;
  // Moves W and b towards z = y. A row that is not finite changes nothing, nor
  // does an output whose error is not; false: the row was not.
  // REQUIRES: x [inputs], y [outputs]
  bool Update(std::span<const float> x, std::span<const float> y);

  const LearnedMap& learned() const { return learned_; }

 private:
  const std::shared_ptr<const LinearMap> trained_;
  const ElasticOptions options_;
  LearnedMap learned_;
  std::vector<float> shrink_;  // of an input: 1 / (1 + step strength E[x^2])
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_ELASTIC_MAP_H_
