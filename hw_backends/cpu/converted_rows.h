// A product's activations in every form that the types of its weights ask for
// under a numerics profile.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_CONVERTED_ROWS_H_
#define MILLIJOULE_HW_BACKENDS_CPU_CONVERTED_ROWS_H_

#include <cstdint>
#include <vector>

#include "hw_backends/cpu/matrix_ref.h"
#include "kernels/kernel_table.h"

namespace mj {

// What a product of a weight type reads.
enum class RowForm {
  kPlain,    // float32 as it is
  kRounded,  // float32, rounded to bfloat16: no instructions for the latter
  kBf16,
  kInt16,  // bfloat16 as integers
  kInt8,
};
// Float types other than BF16 take float32 in every profile: their products
// are float32 anyway.
RowForm FormFor(TensorType type, Numerics numerics, const KernelTable& kernels);

// Which forms a matrix needs, and whether group sums of the float32 ones.
struct WantedForms {
  bool rounded = false, bf16 = false, int16 = false, int8 = false;
  bool sums = false;
  bool operator==(const WantedForms&) const = default;
};

class ConvertedRows final {
 public:
  // Room for `rows` rows of `groups` groups; contents are undefined.
  void Resize(const WantedForms& wanted, int64_t rows, int64_t groups);
  // Rows [first, first + count) of x. Different rows from any thread.
  void Convert(const KernelTable& kernels, MatrixRef x, int64_t first,
               int64_t count);

  MatrixRef rounded() { return {rounded_.data(), 32 * groups_}; }
  // [rows, groups], of the rounded rows if there are any, else of x.
  const float* sums() const { return sums_.data(); }
  Bf16Rows bf16() { return {bf16_values_.data(), bf16_sums_.data(), rows_}; }
  Int16Rows int16() {
    return {wide_codes_.data(), scales_.data(), totals_.data(), rows_};
  }
  Int8Rows int8() {
    return {codes_.data(), scales_.data(), code_sums_.data(), totals_.data(),
            rows_};
  }

 private:
  WantedForms wanted_;
  int64_t rows_ = 0;
  int64_t groups_ = 0;
  std::vector<float> rounded_, sums_, bf16_sums_, scales_, totals_;
  std::vector<uint16_t> bf16_values_;
  std::vector<int16_t> wide_codes_;
  std::vector<int8_t> codes_;
  std::vector<int32_t> code_sums_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_CONVERTED_ROWS_H_
