#include "hw_backends/cpu/attention_phase.h"

#include <algorithm>
#include <cassert>

#include "hw_backends/cpu/rope.h"

namespace mj {
namespace {

constexpr int64_t kRowsPerChunk = 16;
// Multiply-adds below which one thread is done before another wakes.
constexpr int64_t kSmallWork = int64_t{1} << 17;

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

}  // namespace

void ComputeRotations(WorkerPool& pool, std::span<const RowPlace> rows,
                      RotationTable& table) {
  const size_t pairs = table.spec.inverse_frequency.size();
  table.cosines.resize(std::max(table.cosines.size(), rows.size() * pairs));
  table.sines.resize(table.cosines.size());
  const auto count = static_cast<int64_t>(rows.size());
  pool.Run(CeilDiv(count, kRowsPerChunk), [&](int64_t chunk, int) {
    const int64_t first = chunk * kRowsPerChunk;
    for (int64_t r = first; r < std::min(first + kRowsPerChunk, count); ++r) {
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
  const auto count = static_cast<int64_t>(rows.size());
  pool.Run(CeilDiv(count, kRowsPerChunk), [&](int64_t chunk, int) {
    const int64_t first = chunk * kRowsPerChunk;
    for (int64_t r = first; r < std::min(first + kRowsPerChunk, count); ++r) {
      run_row(r);
    }
  });
}

float* AttentionPhase::Scratch(int worker) const {
  const auto base = reinterpret_cast<uintptr_t>(scratch_.data());
  const auto aligned = (base + 63) / 64 * 64;
  return reinterpret_cast<float*>(aligned) + worker * scratch_stride_;
}

void AttentionPhase::Run(const KernelTable& kernels, WorkerPool& pool,
                         const AttentionSpec& spec,
                         std::span<const StepSequence> sequences, MatrixRef qkv,
                         const KvCache& cache, MatrixRef out) {
  assert(spec.num_heads % spec.num_kv_heads == 0);
  const int group = spec.num_heads / spec.num_kv_heads;
  const int tile = std::max(1, kAttentionQueries / group);
  tasks_.clear();
  int64_t work = 0;
  for (const StepSequence& sequence : sequences) {
    work += int64_t{2} * sequence.num_rows * spec.num_heads * spec.head_dim *
            (sequence.start_position + sequence.num_rows);
    for (int row = 0; row < sequence.num_rows; row += tile) {
      const int rows = std::min(tile, sequence.num_rows - row);
      for (int head = 0; head < spec.num_kv_heads; ++head) {
        tasks_.push_back({&sequence, row, rows, head});
      }
    }
  }
  const int64_t queries = std::max(kAttentionQueries, group);
  scratch_stride_ =
      CeilDiv(AttentionScratchFloats(queries, spec.head_dim), 16) * 16;
  const auto floats =
      static_cast<size_t>(scratch_stride_ * pool.threads() + 16);
  if (scratch_.size() < floats) scratch_.resize(floats);

  const auto run_task = [&](const Task& task, int worker) {
    const StepSequence& sequence = *task.sequence;
    const int64_t row = sequence.first_row + task.first_row;
    const int64_t head = int64_t{task.kv_head} * group * spec.head_dim;
    kernels.attention(
        {.q = qkv.row(row) + head,
         .q_stride = qkv.stride,
         .num_rows = task.num_rows,
         .num_heads = group,
         .start_position = sequence.start_position + task.first_row,
         .head_dim = spec.head_dim,
         .scale = spec.scale,
         .window = spec.window,
         .type = cache.type(),
         .kv = cache.Head(spec.layer, task.kv_head),
         .block_stride = cache.block_stride(),
         .block_table = sequence.block_table.data(),
         .out = out.row(row) + head,
         .out_stride = out.stride,
         .scratch = Scratch(worker)});
  };
  const auto count = static_cast<int64_t>(tasks_.size());
  const int64_t per_chunk = work < kSmallWork ? std::max<int64_t>(count, 1) : 1;
  pool.Run(CeilDiv(count, per_chunk), [&](int64_t chunk, int worker) {
    const int64_t first = chunk * per_chunk;
    for (int64_t i = first; i < std::min(first + per_chunk, count); ++i) {
      run_task(tasks_[i], worker);
    }
  });
}

}  // namespace mj
