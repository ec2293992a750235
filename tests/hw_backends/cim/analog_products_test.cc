#include "hw_backends/cim/analog_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "hw_backends/cim/analog_matrices.h"
#include "hw_backends/cim/normal_source.h"
#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

constexpr double kDay = 86400;

AnalogDevice DeviceOf(const char* name, const AnalogOptions& options) {
  return *AnalogDeviceOf(*DeviceFile::Find(name, "")->Read(), options);
}

std::vector<float> Normals(size_t count, float deviation, uint64_t stream) {
  std::vector<float> values(count);
  NormalSource(99, stream).Fill(0, 0, values);
  for (float& v : values) v *= deviation;
  return values;
}

// One matrix of normal weights on a device, and products with it.
class Layer {
 public:
  Layer(const char* device, const AnalogOptions& options, int64_t outputs,
        int64_t inputs)
      : outputs_(outputs),
        inputs_(inputs),
        weights_(Normals(outputs * inputs, 0.04f, 1)),
        kernels_(*ChooseKernels(CpuFeatures{}, Isa::kScalar)),
        matrices_(kernels_, DeviceOf(device, options), options) {
    const TensorView view{.type = TensorType::kF32,
                          .rows = outputs,
                          .cols = inputs,
                          .bytes = std::as_bytes(std::span(weights_))};
    const MatrixRole role{MatrixRole::Kind::kDown, 3};
    EXPECT_TRUE(matrices_.LoadAs(role, {&view, 1}, {}, pool_).ok());
  }

  std::vector<float> Multiply(std::vector<float> x,
                              const std::vector<int32_t>& positions) {
    const int64_t rows = std::ssize(positions);
    std::vector<float> y(rows * outputs_);
    matrices_.Multiply(0,
                       {.x = {x.data(), inputs_},
                        .rows = rows,
                        .positions = positions.data(),
                        .y = {y.data(), outputs_}},
                       pool_);
    return y;
  }

  std::vector<double> Exact(const std::vector<float>& x) const {
    const int64_t rows = std::ssize(x) / inputs_;
    std::vector<double> y(rows * outputs_);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t n = 0; n < outputs_; ++n) {
        const float* w = weights_.data() + n * inputs_;
        y[r * outputs_ + n] =
            std::inner_product(w, w + inputs_, x.data() + r * inputs_, 0.0);
      }
    }
    return y;
  }

  const std::vector<float>& weights() const { return weights_; }

 private:
  int64_t outputs_, inputs_;
  std::vector<float> weights_;
  KernelTable kernels_;
  WorkerPool pool_{2};
  AnalogMatrices matrices_;
};

std::vector<int32_t> Positions(int count) {
  std::vector<int32_t> positions(count);
  std::iota(positions.begin(), positions.end(), 0);
  return positions;
}

double Decibels(const std::vector<double>& want, const std::vector<float>& y) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    signal += want[i] * want[i];
    noise += (y[i] - want[i]) * (y[i] - want[i]);
  }
  return 10 * std::log10(signal / noise);
}

double SignalToNoise(const AnalogOptions& options) {
  constexpr int kSide = 576, kRows = 64;
  Layer layer("hermes-14nm", options, kSide, kSide);
  const std::vector<float> x = Normals(kRows * kSide, 1, 2);
  return Decibels(layer.Exact(x), layer.Multiply(x, Positions(kRows)));
}

// aihwkit's, with its preset of a standard periphery. Its IR drop and the cut
// into tiles differ.
TEST(AnalogProductsTest, SignalToNoiseIsThatOfTheReference) {
  EXPECT_NEAR(SignalToNoise({.cells = CellKind::kIdeal}), 27.1, 1);
  EXPECT_NEAR(SignalToNoise({}), 18.2, 1);
  EXPECT_NEAR(SignalToNoise({.age = Seconds(3600)}), 17.1, 1);
  EXPECT_NEAR(SignalToNoise({.age = Seconds(kDay)}), 16.1, 1);
  EXPECT_NEAR(SignalToNoise({.age = Seconds(365 * kDay)}), 14.1, 1);
}

TEST(AnalogProductsTest, WithoutCompensationDriftScalesOutputsDown) {
  const Seconds year(365 * kDay);
  EXPECT_LT(SignalToNoise({.age = year, .drift_compensation = false}), 8);
}

TEST(AnalogProductsTest, SeedsAreDifferentDevicesOfTheSameKind) {
  const double one = SignalToNoise({.seed = 1});
  const double two = SignalToNoise({.seed = 2});
  EXPECT_NE(one, two);
  EXPECT_NEAR(one, two, 0.2);
}

// Rows, their order and company change no bit; positions do.
TEST(AnalogProductsTest, NoiseGoesByPosition) {
  Layer layer("hermes-14nm", {}, 100, 320);
  const std::vector<float> x = Normals(320, 1, 3);
  // Both rows are alike.
  std::vector<float> twice(2 * 320);
  std::copy_n(x.begin(), 320, twice.begin());
  std::copy_n(x.begin(), 320, twice.begin() + 320);
  const std::vector<float> y = layer.Multiply(twice, {7, 1000});
  const std::vector<float> swapped = layer.Multiply(twice, {1000, 7});
  EXPECT_TRUE(std::equal(y.begin(), y.begin() + 100, swapped.begin() + 100));
  EXPECT_TRUE(std::equal(y.begin() + 100, y.end(), swapped.begin()));
  EXPECT_FALSE(std::equal(y.begin(), y.begin() + 100, y.begin() + 100));
}

// The noise of reads has the deviation that a sum over all cells gives.
TEST(AnalogProductsTest, ReadNoiseIsThatOfAllCells) {
  constexpr int kOutputs = 64, kInputs = 256, kReads = 400;
  AnalogOptions options;
  options.cells = CellKind::kIdeal;
  Layer layer("hermes-14nm", options, kOutputs, kInputs);
  const std::vector<float> x = Normals(kInputs, 1, 4);
  std::vector<float> reads(kReads * kInputs);
  for (int r = 0; r < kReads; ++r) {
    std::copy_n(x.begin(), kInputs, reads.begin() + r * kInputs);
  }
  const std::vector<float> y = layer.Multiply(reads, Positions(kReads));
  const Periphery p = DeviceOf("hermes-14nm", options).periphery;
  const auto size = [](float a, float b) { return std::abs(a) < std::abs(b); };
  const float unit = std::abs(*std::max_element(x.begin(), x.end(), size));
  double measured = 0, want = 0;
  for (int n = 0; n < kOutputs; ++n) {
    const float* w = layer.weights().data() + n * kInputs;
    const float largest = std::abs(*std::max_element(w, w + kInputs, size));
    double variance = p.output_noise * p.output_noise +
                      std::pow(p.output_bound / p.output_levels, 2) / 12;
    for (int i = 0; i < kInputs; ++i) {
      variance +=
          std::pow(p.read_noise * x[i] / unit, 2) * std::abs(w[i] / largest);
    }
    want += variance;
    double sum = 0, squares = 0;
    for (int r = 0; r < kReads; ++r) {
      const double v = y[r * kOutputs + n] / (largest * unit);
      sum += v;
      squares += v * v;
    }
    measured += (squares - sum * sum / kReads) / (kReads - 1);
  }
  EXPECT_NEAR(measured / want, 1, 0.05);
}

// ISAAC bit by bit: inputs of 8 bits one at a time, weights in four cells of
// two bits, a column whose sum would need the ninth bit stored as its
// complement, and a converter of 8 bits.
int64_t SlicedDot(std::span<const int> x, std::span<const int> w) {
  constexpr int kBits = 8, kCellBits = 2, kOffset = 128;
  int64_t sum = 0, inputs = 0;
  for (size_t i = 0; i < x.size(); ++i) inputs += x[i];
  for (int slice = 0; slice < kBits / kCellBits; ++slice) {
    std::vector<int> cells;
    int column = 0;
    for (int v : w) {
      cells.push_back((v + kOffset) >> (kCellBits * slice) & 3);
      column += cells.back();
    }
    const bool flipped = column > 3 * std::ssize(w) / 2;
    if (flipped) {
      for (int& cell : cells) cell = 3 - cell;
    }
    for (int bit = 0; bit < kBits; ++bit) {
      int current = 0, ones = 0;
      for (size_t i = 0; i < w.size(); ++i) {
        const int in = (x[i] & 0xFF) >> bit & 1;
        current += in * cells[i];
        ones += in;
      }
      EXPECT_LT(current, 1 << kBits) << "more than the converter resolves";
      const int64_t converted = flipped ? 3 * ones - current : current;
      const int64_t place = int64_t{1} << (bit + kCellBits * slice);
      sum += (bit == kBits - 1 ? -place : place) * converted;
    }
  }
  return sum - kOffset * inputs;
}

TEST(AnalogProductsTest, LosslessSlicesAddUpToProductsOfIntegers) {
  constexpr int kOutputs = 24, kInputs = 128;
  Layer layer("isaac-32nm", {}, kOutputs, kInputs);
  const std::vector<float> x = Normals(kInputs, 1, 5);
  const std::vector<float> y = layer.Multiply(x, {0});
  const auto codes = [](std::span<const float> values, float& unit) {
    float largest = 0;
    for (float v : values) largest = std::max(largest, std::abs(v));
    unit = largest / 127;
    std::vector<int> all;
    for (float v : values) {
      all.push_back(static_cast<int>(std::nearbyint(v / largest * 127)));
    }
    return all;
  };
  float in_unit = 0, out_unit = 0;
  const std::vector<int> in = codes(x, in_unit);
  for (int n = 0; n < kOutputs; ++n) {
    const std::vector<int> w = codes(
        std::span(layer.weights()).subspan(n * kInputs, kInputs), out_unit);
    const double want =
        static_cast<double>(SlicedDot(in, w)) * in_unit * out_unit;
    EXPECT_NEAR(y[n], want, 1e-6 * std::abs(want) + 1e-9);
  }
}

}  // namespace
}  // namespace mj
