#include "hw_backends/cpu/attention_phase.h"

#include <algorithm>
#include <cassert>

#include "hw_backends/cpu/rope.h"
#include "hw_backends/cpu/row_phase.h"

namespace mj {
namespace {

// Multiply-adds below which one thread is done before another wakes.
constexpr int64_t kSmallWork = int64_t{1} << 17;

// Fewer may leave a thread idle at the end: then ranges are tasks too.
constexpr size_t kTasksPerThread = 4;
constexpr int64_t kMostPartials = int64_t{1} << 22;  // floats

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

void NormHeads(const KernelTable& kernels, const AttentionSpec& spec,
               const float* gamma, int num_heads, float* heads) {
  if (gamma == nullptr) return;
  kernels.rms_norm({.x = heads,
                    .x_stride = spec.head_dim,
                    .gamma = gamma,
                    .epsilon = spec.norm_epsilon,
                    .y = heads,
                    .y_stride = spec.head_dim,
                    .rows = num_heads,
                    .cols = spec.head_dim});
}

int64_t MultiplyAdds(const AttentionSpec& spec,
                     std::span<const StepSequence> sequences) {
  int64_t work = 0;
  for (const StepSequence& sequence : sequences) {
    work += int64_t{2} * sequence.num_rows * spec.num_heads * spec.head_dim *
            (sequence.start_position + sequence.num_rows);
  }
  return work;
}

// The first address in `floats` that is a multiple of 64 bytes.
float* Aligned(std::vector<float>& floats) {
  const auto base = reinterpret_cast<uintptr_t>(floats.data());
  return reinterpret_cast<float*>((base + 63) / 64 * 64);
}

// So that `count` floats lie behind Aligned(floats).
void Reserve(int64_t count, std::vector<float>& floats) {
  const auto needed = static_cast<size_t>(count + 16);
  if (floats.size() < needed) floats.resize(needed);
}

}  // namespace

void ComputeRotations(WorkerPool& pool, std::span<const RowPlace> rows,
                      RotationTable& table) {
  const size_t pairs = table.spec.inverse_frequency.size();
  table.cosines.resize(std::max(table.cosines.size(), rows.size() * pairs));
  table.sines.resize(table.cosines.size());
  // A sine and a cosine cost as much as some 40 simple elements.
  const auto work = static_cast<int64_t>(40 * pairs);
  ForRows(pool, rows.size(), work, [&](int64_t first, int64_t count) {
    for (int64_t r = first; r < first + count; ++r) {
      ComputeRotation(table.spec, rows[r].position,
                      table.cosines.data() + r * pairs,
                      table.sines.data() + r * pairs);
    }
  });
  table.ready = true;
}

void RunRopeAndWriteKv(const KernelTable& kernels, WorkerPool& pool,
                       const AttentionSpec& spec, const RotationTable& rope,
                       const float* q_norm, const float* k_norm,
                       std::span<const RowPlace> rows, MatrixRef qkv,
                       const KvCache& cache) {
  const int64_t dim = spec.head_dim;
  const auto pairs = static_cast<int64_t>(rope.spec.inverse_frequency.size());
  assert(2 * pairs <= dim);
  const auto run_row = [&](int64_t r) {
    float* q = qkv.row(r);
    float* k = q + spec.num_heads * dim;
    const float* v = k + spec.num_kv_heads * dim;
    NormHeads(kernels, spec, q_norm, spec.num_heads, q);
    NormHeads(kernels, spec, k_norm, spec.num_kv_heads, k);
    for (int h = 0; h < spec.num_heads + spec.num_kv_heads; ++h) {
      Rotate(rope.spec, rope.cosines.data() + r * pairs,
             rope.sines.data() + r * pairs, q + h * dim);
    }
    for (int h = 0; h < spec.num_kv_heads; ++h) {
      cache.Write(spec.layer, h, rows[r].block, rows[r].position % kBlockSize,
                  k + h * dim, v + h * dim);
    }
  };
  const int64_t heads = spec.num_heads + 2 * spec.num_kv_heads;
  ForRows(pool, rows.size(), heads * dim, [&](int64_t first, int64_t count) {
    for (int64_t r = first; r < first + count; ++r) run_row(r);
  });
}

struct AttentionPhase::Call {
  const AttentionSpec& spec;
  std::span<const StepSequence> sequences;
  MatrixRef qkv;
  const KvCache& cache;
  MatrixRef out;
  int group() const { return spec.num_heads / spec.num_kv_heads; }
};

void AttentionPhase::CutByRows(const Call& call) {
  const int tile = std::max(1, kAttentionQueries / call.group());
  tasks_.clear();
  for (const StepSequence& sequence : call.sequences) {
    for (int row = 0; row < sequence.num_rows; row += tile) {
      const int rows = std::min(tile, sequence.num_rows - row);
      for (int head = 0; head < call.spec.num_kv_heads; ++head) {
        tasks_.push_back({&sequence, row, rows, head});
      }
    }
  }
}

int64_t AttentionPhase::CutByRanges(const Call& call, int threads) {
  pieces_.clear();
  merges_.clear();
  const bool few = threads > 1 && tasks_.size() < kTasksPerThread * threads;
  int64_t used = 0;
  for (const Task& task : tasks_) {
    Piece piece{.task = &task, .part = {}};
    const AttentionRanges ranges = RangesOf(Args(call, piece, 0));
    const int64_t size = AttentionPartialFloats(task.num_rows * call.group(),
                                                call.spec.head_dim);
    const int64_t needed = (ranges.end - ranges.first) * size;
    if (!few || ranges.end - ranges.first == 1 ||
        used + needed > kMostPartials) {
      pieces_.push_back(piece);
      continue;
    }
    piece.partials = used;
    used += needed;
    merges_.push_back(piece);
    for (int r = ranges.first; r < ranges.end; ++r) {
      piece.part = {r, r + 1};
      pieces_.push_back(piece);
    }
  }
  return used;
}

AttentionArgs AttentionPhase::Args(const Call& call, const Piece& piece,
                                   int worker) {
  const Task& task = *piece.task;
  const StepSequence& sequence = *task.sequence;
  const AttentionSpec& spec = call.spec;
  const int64_t row = sequence.first_row + task.first_row;
  const int64_t head = int64_t{task.kv_head} * call.group() * spec.head_dim;
  return {.q = call.qkv.row(row) + head,
          .q_stride = call.qkv.stride,
          .num_rows = task.num_rows,
          .num_heads = call.group(),
          .start_position = sequence.start_position + task.first_row,
          .head_dim = spec.head_dim,
          .scale = spec.scale,
          .window = spec.window,
          .type = call.cache.type(),
          .kv = call.cache.Head(spec.layer, task.kv_head),
          .block_stride = call.cache.block_stride(),
          .block_table = sequence.block_table.data(),
          .out = call.out.row(row) + head,
          .out_stride = call.out.stride,
          .scratch = Aligned(scratch_) + worker * scratch_stride_,
          .partials = piece.partials < 0 ? nullptr
                                         : Aligned(partials_) + piece.partials,
          .part = piece.part};
}

void AttentionPhase::Run(const KernelTable& kernels, WorkerPool& pool,
                         const AttentionSpec& spec,
                         std::span<const StepSequence> sequences, MatrixRef qkv,
                         const KvCache& cache, MatrixRef out) {
  assert(spec.num_heads % spec.num_kv_heads == 0);
  const Call call{spec, sequences, qkv, cache, out};
  const bool bf16 = numerics_ != Numerics::kF32 &&
                    cache.type() == KvType::kBF16 &&
                    kernels.attention_bf16 != nullptr;
  AttentionFn* attention = bf16 ? kernels.attention_bf16 : kernels.attention;
  scratch_stride_ = AttentionScratchFloats(
      std::max(kAttentionQueries, call.group()), spec.head_dim);
  Reserve(scratch_stride_ * pool.threads(), scratch_);
  const bool small = MultiplyAdds(spec, sequences) < kSmallWork;
  CutByRows(call);
  const int64_t partials = CutByRanges(call, small ? 1 : pool.used());
  Reserve(partials, partials_);

  const auto run = [&](AttentionFn* function, std::span<const Piece> pieces,
                       bool together) {
    const auto count = static_cast<int64_t>(pieces.size());
    const int64_t per_chunk = together ? std::max<int64_t>(count, 1) : 1;
    pool.Run(CeilDiv(count, per_chunk), [&](int64_t chunk, int worker) {
      const int64_t first = chunk * per_chunk;
      for (int64_t i = first; i < std::min(first + per_chunk, count); ++i) {
        function(Args(call, pieces[i], worker));
      }
    });
  };
  run(attention, pieces_, small);
  run(kernels.merge_attention, merges_, partials < kSmallWork);
}

}  // namespace mj
