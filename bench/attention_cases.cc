#include "bench/attention_cases.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "bench/random_matrix.h"
#include "hw_backends/cpu/attention_phase.h"
#include "hw_backends/cpu/kv_cache.h"

namespace mj {
namespace {

constexpr int64_t kBeyondCaches = int64_t{64} << 20;
constexpr int kChunk = 512;    // rows of a prompt
constexpr int kContext = 512;  // of a decoding sequence

struct Shape {
  const char* op;
  int sequences, rows, context;  // rows of each sequence, the last positions
  ByteSource source;
};
constexpr Shape kShapes[] = {
    {"attention_prefill", 1, kChunk, 512, ByteSource::kCache},
    {"attention_prefill", 1, kChunk, 2048, ByteSource::kCache},
    {"attention_decode", 1, 1, kContext, ByteSource::kMemory},
    {"attention_decode", 8, 1, kContext, ByteSource::kMemory},
    {"attention_decode", 32, 1, kContext, ByteSource::kMemory},
};

struct Setting {
  BenchModel model;
  Shape shape;
  KvType type;
  Numerics numerics;

  int blocks() const {  // of all sequences
    return shape.sequences * (shape.context / kBlockSize);
  }
  int64_t layer_bytes() const {
    return blocks() * KvCache::BytesPerBlock(
                          {1, model.num_kv_heads, model.head_dim}, type);
  }
  int layers() const {
    if (shape.source == ByteSource::kCache) return 1;
    return static_cast<int>((kBeyondCaches + layer_bytes() - 1) /
                            layer_bytes());
  }
  int64_t width() const { return int64_t{model.num_heads} * model.head_dim; }
  int64_t qkv_width() const {
    return width() + int64_t{2} * model.num_kv_heads * model.head_dim;
  }
  // Every row attends to all positions up to its own.
  double operations() const {
    const double first = shape.context - shape.rows + 1;
    const double attended = shape.rows * (first + shape.context) / 2;
    return 4.0 * width() * attended * shape.sequences * layers();
  }
};

// A step's sequences, their cache, and a query for each row.
class Step {
 public:
  static absl::StatusOr<std::shared_ptr<Step>> Make(const Setting& setting);

  void Run(const KernelTable& kernels, WorkerPool& pool) {
    const BenchModel& model = setting_.model;
    AttentionSpec spec{.num_heads = model.num_heads,
                       .num_kv_heads = model.num_kv_heads,
                       .head_dim = model.head_dim,
                       .scale = 1 / std::sqrt(1.0f * model.head_dim)};
    for (spec.layer = 0; spec.layer < setting_.layers(); ++spec.layer) {
      phase_.Run(kernels, pool, spec, sequences_,
                 {qkv_.data(), setting_.qkv_width()}, cache_,
                 {out_.data(), setting_.width()});
    }
  }

 private:
  explicit Step(const Setting& setting)
      : setting_(setting), phase_(setting.numerics) {}
  void AddSequences();
  void FillCache() const;

  const Setting setting_;
  AttentionPhase phase_;
  KvCache cache_;
  std::vector<int32_t> blocks_;  // of one sequence after the other
  std::vector<StepSequence> sequences_;
  std::vector<float> qkv_, out_;
};

absl::StatusOr<std::shared_ptr<Step>> Step::Make(const Setting& setting) {
  const std::shared_ptr<Step> step(new Step(setting));
  const BenchModel& model = setting.model;
  absl::StatusOr<KvCache> cache =
      KvCache::Create({setting.layers(), model.num_kv_heads, model.head_dim},
                      setting.blocks(), setting.type);
  if (!cache.ok()) return cache.status();
  step->cache_ = *std::move(cache);
  step->FillCache();
  step->AddSequences();
  return step;
}

void Step::AddSequences() {
  const Shape& shape = setting_.shape;
  const int own = shape.context / kBlockSize;
  blocks_.resize(setting_.blocks());
  std::iota(blocks_.begin(), blocks_.end(), 0);
  for (int s = 0; s < shape.sequences; ++s) {
    sequences_.push_back(
        {.first_row = s * shape.rows,
         .num_rows = shape.rows,
         .start_position = shape.context - shape.rows,
         .block_table = std::span(blocks_).subspan(s * own, own)});
  }
  const int64_t rows = shape.sequences * shape.rows;
  qkv_ = RandomFloats(rows * setting_.qkv_width(), 1);
  out_.resize(rows * setting_.width());
}

// Every slot of the first layer, which the others repeat.
void Step::FillCache() const {
  const BenchModel& model = setting_.model;
  const std::vector<float> values =
      RandomFloats(int64_t{2} * kContext * model.head_dim, 2);
  for (int i = 0; i < setting_.blocks() * kBlockSize; ++i) {
    const float* k = values.data() + i % kContext * 2 * model.head_dim;
    for (int h = 0; h < model.num_kv_heads; ++h) {
      cache_.Write(0, h, i / kBlockSize, i % kBlockSize, k, k + model.head_dim);
    }
  }
  for (int layer = 1; layer < setting_.layers(); ++layer) {
    std::memcpy(cache_.Head(layer, 0), cache_.Head(0, 0),
                setting_.layer_bytes());
  }
}

KernelCase CaseOf(const Setting& setting, const KernelBench& bench) {
  const bool pairs = setting.numerics == Numerics::kBf16;
  return {.op = setting.shape.op,
          .type = std::string(KvTypeName(setting.type)),
          .numerics = std::string(NumericsName(setting.numerics)),
          .shape = setting.model.name,
          .rows = int64_t{setting.shape.sequences} * setting.shape.rows,
          .outputs = setting.width(),
          .inputs = setting.shape.context,
          .operations = setting.operations(),
          .bytes = setting.layers() * setting.layer_bytes(),
          .source = setting.shape.source,
          .peak = pairs ? &MachineLimits::bf16 : &MachineLimits::f32,
          .prepare = [setting, bench]() -> absl::StatusOr<PreparedCase> {
            auto step = Step::Make(setting);
            if (!step.ok()) return step.status();
            return PreparedCase{.run = [step = *step, bench] {
              step->Run(bench.kernels, bench.pool);
            }};
          }};
}

}  // namespace

std::vector<KernelCase> AttentionCases(const KernelBench& bench) {
  std::vector<KernelCase> cases;
  for (const BenchModel& model : kBenchModels) {
    for (KvType type : kAllKvTypes) {
      for (Numerics numerics : {Numerics::kF32, Numerics::kBf16}) {
        const bool apart =
            numerics == Numerics::kF32 ||
            (type == KvType::kBF16 && bench.kernels.attention_bf16 != nullptr);
        if (!apart) continue;
        for (const Shape& shape : kShapes) {
          cases.push_back(CaseOf({model, shape, type, numerics}, bench));
        }
      }
    }
  }
  return cases;
}

}  // namespace mj
