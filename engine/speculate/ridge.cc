#include "engine/speculate/ridge.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cassert>
#include <limits>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FloatRows =
    Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic,
                                   Eigen::RowMajor>>;

}  // namespace

struct Ridge::Sums {
  int inputs, outputs;
  int64_t rows = 0;
  Matrix xx;      // [inputs + 1, inputs + 1], the lower half
  Matrix xy;      // [inputs + 1, outputs]
  double yy = 0;  // the sum of all y^2
};

Ridge::Ridge(int inputs, int outputs)
    : sums_(new Sums{.inputs = inputs,
                     .outputs = outputs,
                     .xx = Matrix::Zero(inputs + 1, inputs + 1),
                     .xy = Matrix::Zero(inputs + 1, outputs)}) {
  assert(inputs > 0 && outputs > 0);
}

Ridge::Ridge(Ridge&&) noexcept = default;
Ridge::~Ridge() = default;

int64_t Ridge::rows() const { return sums_->rows; }

void Ridge::Add(std::span<const float> x, std::span<const float> y) {
  Sums& sums = *sums_;
  const Eigen::Index rows = std::ssize(x) / sums.inputs;
  assert(std::ssize(x) == rows * sums.inputs);
  assert(std::ssize(y) == rows * sums.outputs);
  Matrix with_ones = Matrix::Ones(rows, sums.inputs + 1);
  with_ones.leftCols(sums.inputs) =
      FloatRows(x.data(), rows, sums.inputs).cast<double>();
  const Matrix targets = FloatRows(y.data(), rows, sums.outputs).cast<double>();
  sums.xx.selfadjointView<Eigen::Lower>().rankUpdate(with_ones.transpose());
  sums.xy.noalias() += with_ones.transpose() * targets;
  sums.yy += targets.squaredNorm();
  sums.rows += rows;
}

absl::StatusOr<LinearMap> Ridge::Solve(double lambda) const {
  const Sums& sums = *sums_;
  if (sums.rows == 0) return absl::FailedPreconditionError("ridge: no rows");
  const Matrix xx = sums.xx.selfadjointView<Eigen::Lower>();
  const auto power = xx.diagonal().head(sums.inputs);
  Matrix penalised = xx;
  penalised.diagonal().head(sums.inputs).array() +=
      lambda * power.sum() / sums.inputs;
  const Eigen::LDLT<Matrix> factors(penalised);
  const Matrix solution = factors.solve(sums.xy);  // W^T, and b below it
  // Pivots that rounding alone may have left say nothing.
  const double noise_floor = std::numeric_limits<double>::epsilon() *
                             (sums.inputs + 1) *
                             factors.vectorD().cwiseAbs().maxCoeff();
  if (factors.info() != Eigen::Success || !solution.allFinite() ||
      !(factors.vectorD().minCoeff() > noise_floor)) {
    return absl::FailedPreconditionError(
        absl::StrCat("ridge: ", sums.rows, " rows of ", sums.inputs,
                     " inputs have no one solution with lambda ", lambda,
                     "; more rows, all finite, or a larger lambda are needed"));
  }
  // |Y - X W^T|^2, of the sums alone.
  const double error = sums.yy - 2 * solution.cwiseProduct(sums.xy).sum() +
                       solution.cwiseProduct(xx * solution).sum();
  const double count = static_cast<double>(sums.rows);
  LinearMap map{.inputs = sums.inputs, .outputs = sums.outputs};
  map.noise = std::max(0.0, error / count / sums.outputs);
  const Matrix weights = solution.topRows(sums.inputs).transpose();
  map.weights.assign(weights.data(), weights.data() + weights.size());
  const Eigen::VectorXd bias = solution.row(sums.inputs);
  map.bias.assign(bias.begin(), bias.end());
  const Eigen::VectorXd mean_power = power / count;
  map.input_power.assign(mean_power.begin(), mean_power.end());
  return map;
}

}  // namespace mj
