#include "hw_backends/cpu/converted_rows.h"

namespace mj {
namespace {

// Buffers only grow: their pages are reused from step to step.
template <class T>
void Reserve(std::vector<T>& buffer, int64_t size) {
  if (buffer.size() < static_cast<size_t>(size)) buffer.resize(size);
}

}  // namespace

RowForm FormFor(TensorType type, Numerics numerics,
                const KernelTable& kernels) {
  const bool is_float = type == TensorType::kF32 || type == TensorType::kF16;
  if (numerics == Numerics::kF32 || is_float) return RowForm::kPlain;
  if (numerics == Numerics::kInt8) {
    return type == TensorType::kBF16 ? RowForm::kPlain : RowForm::kInt8;
  }
  if (kernels.linear_int16 != nullptr && type != TensorType::kBF16) {
    return RowForm::kInt16;
  }
  return kernels.linear_bf16 == nullptr ? RowForm::kRounded : RowForm::kBf16;
}

void ConvertedRows::Resize(const WantedForms& wanted, int64_t rows,
                           int64_t groups) {
  wanted_ = wanted;
  rows_ = rows;
  groups_ = groups;
  const int64_t all = rows * groups;
  if (wanted.rounded) Reserve(rounded_, 32 * all);
  if (wanted.sums) Reserve(sums_, all);
  if (wanted.bf16) {
    Reserve(bf16_values_, 32 * all);
    Reserve(bf16_sums_, all);
  }
  if (wanted.int16) {  // never beside int8: the profiles differ
    Reserve(wide_codes_, 32 * all);
    Reserve(scales_, all);
    Reserve(totals_, all);
  }
  if (wanted.int8) {
    Reserve(codes_, 32 * all);
    Reserve(scales_, all);
    Reserve(code_sums_, 2 * all);
    Reserve(totals_, all);
  }
}

void ConvertedRows::Convert(const KernelTable& kernels, MatrixRef x,
                            int64_t first, int64_t count) {
  if (wanted_.int8) {
    kernels.quantise_rows(x.row(first), x.stride, count, groups_,
                          int8().From(first));
  }
  if (wanted_.int16) {
    kernels.to_int16_rows(x.row(first), x.stride, count, groups_,
                          int16().From(first));
  }
  if (wanted_.bf16) {
    kernels.to_bf16_rows(x.row(first), x.stride, count, groups_,
                         bf16().From(first));
  }
  if (wanted_.rounded) {
    kernels.round_rows(x.row(first), x.stride, count, groups_,
                       rounded().row(first), rounded().stride);
    x = rounded();
  }
  if (wanted_.sums) {
    kernels.group_sums(x.row(first), x.stride, count, groups_,
                       sums_.data() + first * groups_, groups_);
  }
}

}  // namespace mj
