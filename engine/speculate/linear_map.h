// An affine map z = W x + b between hidden states, with what is known of the
// data it was fitted to.
#ifndef MILLIJOULE_ENGINE_SPECULATE_LINEAR_MAP_H_
#define MILLIJOULE_ENGINE_SPECULATE_LINEAR_MAP_H_

#include <vector>

namespace mj {

struct LinearMap {
  int inputs = 0, outputs = 0;
  std::vector<float> weights;      // W [outputs, inputs], row-major
  std::vector<float> bias;         // b [outputs]
  std::vector<float> input_power;  // [inputs]: the mean of x_j^2
  double noise = 0;  // the mean of (y_i - z_i)^2 over rows and outputs
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_LINEAR_MAP_H_
