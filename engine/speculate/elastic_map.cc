#include "engine/speculate/elastic_map.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "engine/speculate/sealed_file.h"

namespace mj {
namespace {

// In so many sums side by side, which vectors hold.
float Dot(const float* a, const float* b, size_t size) {
  constexpr size_t kLanes = 16;
  float sums[kLanes] = {};
  size_t j = 0;
  for (; j + kLanes <= size; j += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) sums[k] += a[j + k] * b[j + k];
  }
  float sum = 0;
  for (; j < size; ++j) sum += a[j] * b[j];
  for (float part : sums) sum += part;
  return sum;
}

// z += W x + b
void AddProduct(const std::vector<float>& weights,
                const std::vector<float>& bias, std::span<const float> x,
                std::span<float> z) {
  const float* row = weights.data();
  for (size_t i = 0; i < z.size(); ++i, row += x.size()) {
    z[i] += bias[i] + Dot(row, x.data(), x.size());
  }
}

}  // namespace

void DivideByRms(float epsilon, std::span<float> x) {
  const float square =
      Dot(x.data(), x.data(), x.size()) / static_cast<float>(x.size());
  const float scale = 1 / std::sqrt(square + epsilon);
  for (float& value : x) value *= scale;
}

ElasticMap::ElasticMap(std::shared_ptr<const LinearMap> trained,
                       ElasticOptions options, LearnedMap learned)
    : trained_(std::move(trained)),
      options_(options),
      learned_(std::move(learned)) {
  assert(options.rate > 0 && options.rate < 2 && options.strength >= 0);
}

void ElasticMap::AddMoved(std::span<const float> x, std::span<float> z) const {
  if (learned_.updates > 0) AddProduct(learned_.moved, learned_.bias, x, z);
}

void ElasticMap::Map(std::span<const float> x, std::span<float> z) const {
  assert(std::ssize(x) == trained_->inputs);
  assert(std::ssize(z) == trained_->outputs);
  std::fill(z.begin(), z.end(), 0.0f);
  AddProduct(trained_->weights, trained_->bias, x, z);
  AddMoved(x, z);
}

// An output after the other, so that its rows of W* and D are read once.
bool ElasticMap::Update(std::span<const float> x, std::span<const float> y) {
  assert(std::ssize(x) == trained_->inputs);
  assert(std::ssize(y) == trained_->outputs);
  const size_t inputs = x.size();
  const float length = 1 + Dot(x.data(), x.data(), inputs);  // the bias's, too
  if (!std::isfinite(length) || !IsFinite(y)) return false;
  const double step = options_.rate / length;
  const auto shrink = [&](double power) {
    return static_cast<float>(1 / (1 + step * options_.strength * power));
  };
  shrink_.resize(inputs);
  for (size_t j = 0; j < inputs; ++j) {
    shrink_[j] = shrink(trained_->input_power[j]);
  }
  learned_.moved.resize(trained_->weights.size());
  learned_.bias.resize(y.size());
  ++learned_.updates;
  const float* from = trained_->weights.data();
  float* row = learned_.moved.data();
  for (size_t i = 0; i < y.size(); ++i, from += inputs, row += inputs) {
    float& bias = learned_.bias[i];
    const float error = y[i] - trained_->bias[i] - bias -
                        Dot(from, x.data(), inputs) -
                        Dot(row, x.data(), inputs);
    if (!std::isfinite(error)) continue;
    const auto pull = static_cast<float>(step * error);
    for (size_t j = 0; j < inputs; ++j) {
      row[j] = (row[j] + pull * x[j]) * shrink_[j];
    }
    bias = (bias + pull) * shrink(1);
  }
  return true;
}

}  // namespace mj
