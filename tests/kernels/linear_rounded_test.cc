// Products of rounded activations: LinearInt8, and LinearBf16 and LinearInt16
// where there are some.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "kernels/linear_bf16.h"
#include "kernels/linear_int16.h"
#include "kernels/linear_int8.h"
#include "kernels/scalar/panel_group.h"
#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/panels.h"

namespace mj {
namespace {

enum class Form { kInt8, kInt16, kBf16 };

// Rounded activations [rows, 32 * groups], and the values they stand for.
struct RoundedRows {
  RoundedRows(int64_t rows, int64_t groups, uint32_t seed)
      : rows(rows),
        groups(groups),
        x(RandomFloats(rows * groups * 32, seed)),
        codes(x.size()),
        scales(rows * groups),
        sums(2 * rows * groups),
        totals(rows * groups),
        halves(x.size()),
        half_sums(rows * groups),
        wide_codes(x.size()),
        wide_scales(rows * groups),
        wide_totals(rows * groups) {
    Convert();
  }
  void Convert() {
    const KernelTable kernels = ScalarKernels();
    kernels.quantise_rows(x.data(), 32 * groups, rows, groups, int8());
    kernels.to_bf16_rows(x.data(), 32 * groups, rows, groups, bf16());
    kernels.to_int16_rows(x.data(), 32 * groups, rows, groups, int16());
  }
  Int8Rows int8() {
    return {codes.data(), scales.data(), sums.data(), totals.data(), rows};
  }
  Bf16Rows bf16() { return {halves.data(), half_sums.data(), rows}; }
  Int16Rows int16() {
    return {wide_codes.data(), wide_scales.data(), wide_totals.data(), rows};
  }

  double Int8Value(int64_t r, int64_t g, int k) const {
    const int64_t at = g * rows + r;
    return static_cast<double>(scales[at]) * codes[32 * at + k];
  }
  double Bf16Value(int64_t r, int64_t g, int k) const {
    constexpr int kOrder[] = {0, 2, 1, 3};
    const uint32_t bits =
        halves[32 * (g * rows + r) + k / 4 * 4 + kOrder[k % 4]];
    return std::bit_cast<float>(bits << 16);
  }

  double Int16Value(int64_t r, int64_t g, int k) const {
    constexpr int kOrder[] = {0, 2, 1, 3};
    const int64_t at = g * rows + r;
    return static_cast<double>(wide_scales[at]) *
           wide_codes[32 * at + k / 4 * 4 + kOrder[k % 4]];
  }
  double Value(Form form, int64_t r, int64_t g, int k) const {
    if (form == Form::kInt8) return Int8Value(r, g, k);
    return form == Form::kInt16 ? Int16Value(r, g, k) : Bf16Value(r, g, k);
  }

  int64_t rows, groups;
  std::vector<float> x;
  std::vector<int8_t> codes;
  std::vector<float> scales;
  std::vector<int32_t> sums;
  std::vector<float> totals;
  std::vector<uint16_t> halves;
  std::vector<float> half_sums;
  std::vector<int16_t> wide_codes;
  std::vector<float> wide_scales, wide_totals;
};

bool Takes(Form form, TensorType type) {
  if (type == TensorType::kBF16) return form == Form::kBf16;
  return PanelLayoutOf(type).bits != 0;
}

struct Output {
  const float* bias = nullptr;
  const std::vector<float>* old = nullptr;
};

template <class Args>
Args ArgsOf(const Panels& panels, int64_t count, const Output& output,
            std::vector<float>& y) {
  Args args;
  args.type = panels.matrix.type;
  args.panels = panels.bytes.get();
  args.groups = panels.groups;
  args.num_outputs = panels.matrix.rows;
  args.rows = count;
  args.bias = output.bias;
  args.accumulate = output.old != nullptr;
  args.y = y.data();
  args.y_stride = panels.matrix.rows;
  return args;
}

// y [count, outputs] of rows [first, first + count).
std::vector<float> Multiply(const KernelTable& kernels, Form form,
                            const Panels& panels, RoundedRows& x, int64_t first,
                            int64_t count, const Output& output = {}) {
  std::vector<float> y(count * panels.matrix.rows, -7.0f);
  if (output.old != nullptr) y = *output.old;
  if (form == Form::kInt8) {
    auto args = ArgsOf<LinearInt8Args>(panels, count, output, y);
    args.x = x.int8().From(first);
    kernels.linear_int8(args);
  } else if (form == Form::kInt16) {
    auto args = ArgsOf<LinearInt16Args>(panels, count, output, y);
    args.x = x.int16().From(first);
    kernels.linear_int16(args);
  } else {
    auto args = ArgsOf<LinearBf16Args>(panels, count, output, y);
    args.x = x.bf16().From(first);
    kernels.linear_bf16(args);
  }
  return y;
}

struct Exact {
  double value = 0;
  double magnitude = 0;  // of the terms that are added
};

Exact ExactOutput(Form form, const Panels& panels, const RoundedRows& x,
                  int64_t row, int64_t output) {
  const std::byte* panel =
      panels.bytes.get() + output / kPanelRows * panels.size;
  Exact exact;
  for (int64_t g = 0; g < panels.groups; ++g) {
    scalar::PanelGroup weights;
    scalar::ReadPanelGroup(panels.matrix.type, panel, panels.groups, g,
                           static_cast<int>(output % kPanelRows), &weights);
    double total = 0;
    for (int k = 0; k < 32; ++k) {
      const double value = x.Value(form, row, g, k);
      const double term = weights.scale[k / 16] * weights.code[k] * value;
      exact.value += term;
      exact.magnitude += std::abs(term);
      total += value;
      exact.magnitude += std::abs(weights.min * value);
    }
    exact.value += weights.min * total;
  }
  return exact;
}

struct FormCase {
  std::string name;
  KernelTable kernels;
  Form form;
};

std::vector<FormCase> FormCases() {
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  std::vector<FormCase> cases;
  for (const KernelVersion& version : versions) {
    cases.push_back({version.name + "_int8", version.kernels, Form::kInt8});
    if (version.kernels.linear_int16 != nullptr) {
      cases.push_back({version.name + "_int16", version.kernels, Form::kInt16});
    }
    if (version.kernels.linear_bf16 != nullptr) {
      cases.push_back({version.name + "_bf16", version.kernels, Form::kBf16});
    }
  }
  return cases;
}

class RoundedTest : public testing::TestWithParam<FormCase> {};
INSTANTIATE_TEST_SUITE_P(Versions, RoundedTest, testing::ValuesIn(FormCases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(RoundedTest, FollowsTheRoundedValues) {
  const Form form = GetParam().form;
  for (TensorType type : kAllTensorTypes) {
    if (!Takes(form, type)) continue;
    const int64_t block = std::max(32, InfoOf(type).block_elements);
    for (const auto [outputs, cols, rows] :
         {std::array<int64_t, 3>{1, block, 1},
          {17, 3 * block, 3},
          {33, 2 * block, 1},
          {16, 2 * block, 70}}) {
      SCOPED_TRACE(testing::Message()
                   << InfoOf(type).name << " outputs " << outputs << " cols "
                   << cols << " rows " << rows);
      const Panels panels(type, outputs, cols, 1);
      RoundedRows x(rows, panels.groups, 2);
      const std::vector<float> y =
          Multiply(GetParam().kernels, form, panels, x, 0, rows);
      const double epsilon =
          (24 + 3 * static_cast<double>(panels.groups)) * std::ldexp(1, -23);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t n = 0; n < outputs; ++n) {
          const Exact exact = ExactOutput(form, panels, x, r, n);
          ASSERT_NEAR(y[r * outputs + n], exact.value,
                      epsilon * exact.magnitude)
              << "row " << r << " output " << n;
        }
      }
    }
  }
}

// The largest codes on both sides: nothing saturates on the way.
TEST_P(RoundedTest, ExtremesDoNotOverflow) {
  const Form form = GetParam().form;
  for (TensorType type : kAllTensorTypes) {
    if (!Takes(form, type) || type == TensorType::kBF16) continue;
    SCOPED_TRACE(InfoOf(type).name);
    const int64_t block = std::max(32, InfoOf(type).block_elements);
    Panels panels(type, 16, block, 1);
    const PanelLayout layout = PanelLayoutOf(type);
    const size_t codes = panels.groups * layout.code_bytes;
    for (const int fill : {0xFF, 0x80, 0x7F, 0x00}) {
      std::fill_n(panels.bytes.get(), codes, static_cast<std::byte>(fill));
      for (const float sign : {1.0f, -1.0f}) {
        RoundedRows x(2, panels.groups, 3);
        std::fill(x.x.begin(), x.x.end(), sign);
        x.Convert();
        const auto y = Multiply(GetParam().kernels, form, panels, x, 0, 2);
        const Exact exact = ExactOutput(form, panels, x, 1, 5);
        EXPECT_NEAR(y[16 + 5], exact.value, 1e-4 * exact.magnitude + 1e-30)
            << "codes " << fill << " sign " << sign;
      }
    }
  }
}

// The rule of bits: any number of rows, at any place.
TEST_P(RoundedTest, ARowsBitsDoNotDependOnItsCompany) {
  for (TensorType type : kAllTensorTypes) {
    if (!Takes(GetParam().form, type)) continue;
    const int64_t cols = InfoOf(type).block_elements == 256 ? 512 : 96;
    const int64_t outputs = 43;
    const Panels panels(type, outputs, cols, 3);
    RoundedRows x(77, panels.groups, 4);
    const auto all =
        Multiply(GetParam().kernels, GetParam().form, panels, x, 0, 77);
    for (int64_t count : {1, 2, 3, 4, 5, 6, 7, 8, 65}) {
      for (int64_t first : {int64_t{0}, int64_t{5}, 77 - count}) {
        const auto some = Multiply(GetParam().kernels, GetParam().form, panels,
                                   x, first, count);
        ASSERT_TRUE(
            std::equal(some.begin(), some.end(), all.begin() + first * outputs))
            << InfoOf(type).name << ": rows " << first << " + " << count;
      }
    }
  }
}

TEST_P(RoundedTest, AddsBiasThenTheOldValue) {
  const Panels panels(TensorType::kQ4_1, 37, 64, 5);
  RoundedRows x(3, panels.groups, 6);
  const std::vector<float> bias = RandomFloats(37, 7);
  const std::vector<float> old = RandomFloats(3 * 37, 8);
  const auto plain =
      Multiply(GetParam().kernels, GetParam().form, panels, x, 0, 3);
  const auto y = Multiply(GetParam().kernels, GetParam().form, panels, x, 0, 3,
                          {.bias = bias.data(), .old = &old});
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(y[i], old[i] + (plain[i] + bias[i % 37])) << i;
  }
}

}  // namespace
}  // namespace mj
