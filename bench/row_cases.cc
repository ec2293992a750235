#include "bench/row_cases.h"

#include <memory>
#include <utility>

#include "bench/random_matrix.h"
#include "hw_backends/cpu/converted_rows.h"
#include "hw_backends/cpu/elementwise_phase.h"
#include "hw_backends/cpu/kv_cache.h"
#include "hw_backends/cpu/rope.h"
#include "hw_backends/cpu/row_phase.h"
#include "kernels/panel.h"

namespace mj {
namespace {

// An element costs so many operations (kernels/op_cost.h).
constexpr double kNormOperations = 4, kRopeOperations = 3, kGateOperations = 5;

struct Setting {
  const KernelBench& bench;
  const BenchModel& model;
  int64_t rows;
};

// [rows, cols] of random floats.
struct Rows {
  Rows(int64_t rows, int64_t cols)
      : values(RandomFloats(rows * cols, 1)), ref{values.data(), cols} {}
  std::vector<float> values;
  MatrixRef ref;
};

std::shared_ptr<Rows> MakeRows(int64_t rows, int64_t cols) {
  return std::make_shared<Rows>(rows, cols);
}

KernelCase CaseOf(const Setting& setting, const char* op, int64_t cols) {
  return {.op = op,
          .shape = setting.model.name,
          .rows = setting.rows,
          .outputs = cols,
          .inputs = cols};
}

KernelCase Norm(const Setting& setting) {
  const int64_t rows = setting.rows, cols = setting.model.hidden;
  KernelCase c = CaseOf(setting, "rms_norm", cols);
  c.operations = kNormOperations * rows * cols;
  c.bytes = 2 * sizeof(float) * rows * cols;
  c.prepare = [bench = setting.bench, rows,
               cols]() -> absl::StatusOr<PreparedCase> {
    const auto x = MakeRows(rows, cols), gamma = MakeRows(1, cols),
               y = MakeRows(rows, cols);
    return PreparedCase{.run = [=] {
      RunRmsNorm(bench.kernels, bench.pool,
                 {.x = x->ref.data,
                  .x_stride = cols,
                  .gamma = gamma->ref.data,
                  .epsilon = 1e-5f,
                  .y = y->ref.data,
                  .y_stride = cols,
                  .rows = rows,
                  .cols = cols});
    }};
  };
  return c;
}

// The form that Q8_0 weights read under these numerics; none in f32.
KernelCase Convert(const Setting& setting, Numerics numerics) {
  const int64_t rows = setting.rows, cols = setting.model.hidden;
  const RowForm form =
      FormFor(TensorType::kQ8_0, numerics, setting.bench.kernels);
  const WantedForms wanted{.rounded = form == RowForm::kRounded,
                           .bf16 = form == RowForm::kBf16,
                           .int16 = form == RowForm::kInt16,
                           .int8 = form == RowForm::kInt8};
  const bool halves = wanted.bf16 || wanted.int16;
  const int64_t written = wanted.rounded ? 4 : halves ? 2 : 1;
  KernelCase c = CaseOf(setting, "convert", cols);
  c.numerics = std::string(NumericsName(numerics));
  c.bytes = (sizeof(float) + written) * rows * cols;
  c.prepare = [bench = setting.bench, rows, cols,
               wanted]() -> absl::StatusOr<PreparedCase> {
    const auto x = MakeRows(rows, cols);
    const auto converted = std::make_shared<ConvertedRows>();
    converted->Resize(wanted, rows, cols / kPanelGroup);
    return PreparedCase{.run = [=] {
      ForRows(bench.pool, rows, cols, [&](int64_t first, int64_t count) {
        converted->Convert(bench.kernels, x->ref, first, count);
      });
    }};
  };
  return c;
}

KernelCase Gate(const Setting& setting) {
  const int64_t rows = setting.rows, cols = setting.model.intermediate;
  const Activation activation = setting.model.activation;
  KernelCase c = CaseOf(setting, "gated_activation", cols);
  c.type = activation == Activation::kSilu ? "silu" : "gelu";
  c.operations = kGateOperations * rows * cols;
  c.bytes = 3 * sizeof(float) * rows * cols;
  c.prepare = [bench = setting.bench, rows, cols,
               activation]() -> absl::StatusOr<PreparedCase> {
    const auto gate_up = MakeRows(rows, 2 * cols), y = MakeRows(rows, cols);
    return PreparedCase{.run = [=] {
      RunGatedActivation(bench.kernels, bench.pool, activation, gate_up->ref,
                         rows, cols, y->ref);
    }};
  };
  return c;
}

// As the backend rotates: rows by their own angles, which are there.
KernelCase Rope(const Setting& setting) {
  const int64_t rows = setting.rows, dim = setting.model.head_dim;
  const int64_t heads = setting.model.num_heads + setting.model.num_kv_heads;
  KernelCase c = CaseOf(setting, "rope", heads * dim);
  c.operations = kRopeOperations * rows * heads * dim;
  c.bytes = 2 * sizeof(float) * rows * heads * dim;
  c.prepare = [bench = setting.bench, rows, heads,
               dim]() -> absl::StatusOr<PreparedCase> {
    const auto spec = std::make_shared<RopeSpec>();
    spec->inverse_frequency.resize(dim / 2, 0.01f);
    std::vector<float> cosines(dim / 2), sines(dim / 2);
    ComputeRotation(*spec, 7, cosines.data(), sines.data());
    const auto x = MakeRows(rows, heads * dim);
    return PreparedCase{.run = [=] {
      ForRows(bench.pool, rows, heads * dim, [&](int64_t first, int64_t count) {
        for (int64_t h = first * heads; h < (first + count) * heads; ++h) {
          Rotate(*spec, cosines.data(), sines.data(), x->ref.data + h * dim);
        }
      });
    }};
  };
  return c;
}

KernelCase KvWrite(const Setting& setting, KvType type) {
  const int64_t rows = setting.rows, dim = setting.model.head_dim;
  const int heads = setting.model.num_kv_heads;
  KernelCase c = CaseOf(setting, "kv_write", 2 * heads * dim);
  c.type = std::string(KvTypeName(type));
  c.bytes = 2 * (sizeof(float) + KvElementBytes(type)) * rows * heads * dim;
  c.prepare = [bench = setting.bench, rows, heads, dim,
               type]() -> absl::StatusOr<PreparedCase> {
    const auto blocks = static_cast<int>((rows + kBlockSize - 1) / kBlockSize);
    absl::StatusOr<KvCache> created =
        KvCache::Create({1, heads, static_cast<int>(dim)}, blocks, type);
    if (!created.ok()) return created.status();
    const auto cache = std::make_shared<KvCache>(*std::move(created));
    const auto kv = MakeRows(rows, 2 * heads * dim);
    const auto write_row = [=](int64_t r) {
      const float* k = kv->ref.row(r);
      for (int h = 0; h < heads; ++h) {
        cache->Write(0, h, static_cast<int32_t>(r / kBlockSize),
                     static_cast<int>(r % kBlockSize), k + h * dim,
                     k + (heads + h) * dim);
      }
    };
    return PreparedCase{.run = [=] {
      ForRows(bench.pool, rows, 2 * heads * dim,
              [&](int64_t first, int64_t count) {
                for (int64_t r = first; r < first + count; ++r) write_row(r);
              });
    }};
  };
  return c;
}

}  // namespace

std::vector<KernelCase> RowCases(const KernelBench& bench) {
  std::vector<KernelCase> cases;
  for (const BenchModel& model : kBenchModels) {
    for (int64_t rows : {1, 512}) {
      const Setting setting{bench, model, rows};
      cases.push_back(Norm(setting));
      cases.push_back(Convert(setting, Numerics::kBf16));
      cases.push_back(Convert(setting, Numerics::kInt8));
      cases.push_back(Gate(setting));
      cases.push_back(Rope(setting));
      for (KvType type : kAllKvTypes) cases.push_back(KvWrite(setting, type));
    }
  }
  return cases;
}

}  // namespace mj
