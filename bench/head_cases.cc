#include "bench/head_cases.h"

#include <memory>
#include <utility>

#include "bench/latest_matrix.h"
#include "bench/linear_cases.h"
#include "bench/random_matrix.h"
#include "hw_backends/cpu/logits_phase.h"
#include "kernels/panel.h"

namespace mj {
namespace {

constexpr TensorType kType = TensorType::kQ8_0;

// Rows that want their largest logit each.
struct Head {
  Head(const BenchModel& model, int num_rows)
      : x(RandomFloats(int64_t{num_rows} * model.hidden, 2)),
        rows(num_rows),
        top(num_rows) {
    static_assert(kBenchModels[0].hidden % kPanelGroup == 0 &&
                  kBenchModels[1].hidden % kPanelGroup == 0);
    for (int r = 0; r < num_rows; ++r) rows[r] = {.row = r, .top = 1};
    product.x = {x.data(), model.hidden};
    product.rows = num_rows;
  }
  std::vector<float> x;
  std::vector<LogitsRow> rows;
  std::vector<TokenLogit> top;
  LinearOp product;
  LogitsPhase phase;
};

absl::StatusOr<PreparedCase> Prepare(const BenchModel& model, Numerics numerics,
                                     int rows, const KernelBench& bench,
                                     LatestMatrix& latest) {
  auto matrix = latest.Get({kType, numerics, model.vocab, model.hidden},
                           bench.kernels, bench.pool);
  if (!matrix.ok()) return matrix.status();
  const auto head = std::make_shared<Head>(model, rows);
  return PreparedCase{.run = [matrix = *std::move(matrix), head,
                              &pool = bench.pool] {
    head->phase.Run(pool, *matrix, 0, head->product, head->rows, {}, head->top);
  }};
}

}  // namespace

std::vector<KernelCase> HeadCases(const KernelBench& bench) {
  const auto latest = std::make_shared<LatestMatrix>();
  std::vector<KernelCase> cases;
  for (const BenchModel& model : kBenchModels) {
    const auto panel =
        static_cast<int64_t>(PanelBytes(kType, model.hidden / kPanelGroup));
    for (Numerics numerics :
         {Numerics::kF32, Numerics::kBf16, Numerics::kInt8}) {
      for (int rows : {1, 8, 32}) {
        cases.push_back({.op = "head_top1",
                         .type = std::string(InfoOf(kType).name),
                         .numerics = std::string(NumericsName(numerics)),
                         .shape = model.name,
                         .rows = rows,
                         .outputs = model.vocab,
                         .inputs = model.hidden,
                         .operations = 2.0 * rows * model.vocab * model.hidden,
                         .bytes = model.vocab / kPanelRows * panel,
                         .has_weights = true,
                         .source = ByteSource::kMemory,
                         .peak = PeakOf(kType, numerics, bench.kernels),
                         .prepare = [latest, model, numerics, rows, bench] {
                           return Prepare(model, numerics, rows, bench,
                                          *latest);
                         }});
      }
    }
  }
  return cases;
}

}  // namespace mj
