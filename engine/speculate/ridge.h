// The linear map that best takes hidden states of one layer to those of
// another, in closed form and one pass over the data (ridge regression, Hoerl &
// Kennard 1970; between layers of a transformer: Din et al. 2023, Belrose et
// al. 2023):
//
//   W = Y^T X (X^T X + lambda t I)^-1,   t = trace(X^T X) / inputs
//
// where X has a column of ones beside the inputs, for the bias, which is
// neither in the trace nor penalised. So lambda is relative: the penalty as a
// share of the mean eigenvalue, whatever the inputs' scale and number.
#ifndef MILLIJOULE_ENGINE_SPECULATE_RIDGE_H_
#define MILLIJOULE_ENGINE_SPECULATE_RIDGE_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "engine/speculate/linear_map.h"

namespace mj {

// Holds X^T X and X^T Y, in double, and no rows. One thread at a time.
class Ridge final {
 public:
  // REQUIRES: inputs > 0, outputs > 0
  Ridge(int inputs, int outputs);
  Ridge(Ridge&&) noexcept;
  ~Ridge();

  // x [rows, inputs] and y [rows, outputs], row-major.
  void Add(std::span<const float> x, std::span<const float> y);
  int64_t rows() const;

  // FAILED_PRECONDITION: no rows, or the sums have no finite, definite
  // solution with this lambda: the message names both.
  absl::StatusOr<LinearMap> Solve(double lambda) const;

 private:
  struct Sums;
  std::unique_ptr<Sums> sums_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_RIDGE_H_
