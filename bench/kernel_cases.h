// What `millijoule-bench kernels` measures, as plain data, and the choice of
// some of it.
#ifndef MILLIJOULE_BENCH_KERNEL_CASES_H_
#define MILLIJOULE_BENCH_KERNEL_CASES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/roofline.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"
#include "kernels/model_shape.h"

namespace mj {

// What cases run on; outlives them.
struct KernelBench {
  const KernelTable& kernels;
  const ReadLimit& limit;
  WorkerPool& pool;
};

// The widths of the models whose element-wise ops, attention and head are
// measured.
struct BenchModel {
  const char* name;
  int hidden, num_heads, num_kv_heads, head_dim, intermediate, vocab;
  Activation activation;
};
inline constexpr BenchModel kBenchModels[] = {
    {"SmolLM2 135M", 576, 9, 3, 64, 1536, 49152, Activation::kSilu},
    {"Gemma 3 270M", 640, 4, 1, 256, 2048, 262144, Activation::kGeluTanh},
};

// Where the bytes of a case come from, and so what limits them.
enum class ByteSource { kMemory, kCache, kLimit /* the case is the limit */ };

// Made when it is run: it holds the memory that it needs.
struct PreparedCase {
  std::function<void()> run;
  // Whether a row's bits are the same for any number of rows and threads;
  // absent where that was not tried.
  std::optional<bool> rows_bit_equal{};
};

// One op on one shape. Counts are of one run.
struct KernelCase {
  std::string op;                             // "linear"
  std::string implementation = "millijoule";  // or a baseline, "onednn"
  // Of weights ("Q4_1"), of keys and values ("bf16"), of gates ("silu"), and
  // how activations are rounded ("bf16"); empty where an op knows none.
  std::string type, numerics;
  std::string shape;  // a model's name, or empty
  int threads = 0;    // 0: all of the pool
  int64_t rows = 0;   // of activations
  // Of a row. Attention: the positions seen by the last row are its inputs.
  int64_t outputs = 0, inputs = 0;
  double operations = 0;     // as kernels/op_cost.h counts; 0: not counted
  int64_t bytes = 0;         // read, and by element-wise ops written
  bool has_weights = false;  // the bytes are weights alone
  ByteSource source = ByteSource::kCache;
  std::optional<double> MachineLimits::*peak = &MachineLimits::f32;
  std::function<absl::StatusOr<PreparedCase>()> prepare;
};

// What is asked for; absent: anything.
struct CaseFilter {
  std::optional<std::string> op, type, numerics;
  std::optional<int64_t> rows;
};

// The cases that match all of `filter`; types whatever their letters' case.
// INVALID_ARGUMENT: a value that no case has, with a list of those there are;
// or values that no case has together.
absl::StatusOr<std::vector<KernelCase>> SelectCases(
    const std::vector<KernelCase>& cases, const CaseFilter& filter);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_KERNEL_CASES_H_
