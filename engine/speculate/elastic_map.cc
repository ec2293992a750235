#include "engine/speculate/elastic_map.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace mj {
namespace {

// z += W x + b
void AddProduct(const std::vector<float>& weights,
                const std::vector<float>& bias, std::span<const float> x,
                std::span<float> z) {
  const float* row = weights.data();
  for (size_t i = 0; i < z.size(); ++i, row += x.size()) {
    float sum = bias[i];
    for (size_t j = 0; j < x.size(); ++j) sum += row[j] * x[j];
    z[i] += sum;
  }
}

}  // namespace

ElasticMap::ElasticMap(std::shared_ptr<const LinearMap> trained,
                       ElasticOptions options)
    : trained_(std::move(trained)), options_(options) {
  assert(options.rate > 0 && options.rate < 2 && options.strength >= 0);
}

void ElasticMap::Map(std::span<const float> x, std::span<float> z) const {
  assert(std::ssize(x) == trained_->inputs);
  assert(std::ssize(z) == trained_->outputs);
  std::fill(z.begin(), z.end(), 0.0f);
  AddProduct(trained_->weights, trained_->bias, x, z);
  if (!moved_.empty()) AddProduct(moved_, moved_bias_, x, z);
}

double ElasticMap::Update(std::span<const float> x, std::span<const float> y) {
  assert(std::ssize(y) == trained_->outputs);
  mapped_.resize(y.size());
  Map(x, mapped_);
  double length = 1, error = 0;  // the bias's input, too
  for (float value : x) length += double{value} * value;
  for (size_t i = 0; i < y.size(); ++i) {
    mapped_[i] = y[i] - mapped_[i];
    error += double{mapped_[i]} * mapped_[i];
  }
  error /= static_cast<double>(y.size());
  if (!std::isfinite(length) || !std::isfinite(error)) return error;

  const double step = options_.rate / length;
  const auto shrink = [&](double power) {
    return static_cast<float>(1 / (1 + step * options_.strength * power));
  };
  shrink_.resize(x.size());
  for (size_t j = 0; j < x.size(); ++j) {
    shrink_[j] = shrink(trained_->input_power[j]);
  }
  moved_.resize(trained_->weights.size());
  moved_bias_.resize(y.size());
  float* row = moved_.data();
  for (size_t i = 0; i < y.size(); ++i, row += x.size()) {
    const auto pull = static_cast<float>(step * mapped_[i]);
    for (size_t j = 0; j < x.size(); ++j) {
      row[j] = (row[j] + pull * x[j]) * shrink_[j];
    }
    moved_bias_[i] = (moved_bias_[i] + pull) * shrink(1);
  }
  return error;
}

}  // namespace mj
