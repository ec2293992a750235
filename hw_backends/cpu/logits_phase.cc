#include "hw_backends/cpu/logits_phase.h"

#include <algorithm>
#include <cassert>

namespace mj {

void LogitsPhase::Prepare(int threads, std::span<const LogitsRow> rows,
                          int64_t vocab, std::span<float> all) {
  all_.assign(rows.size(), nullptr);
  found_.resize(threads);
  for (std::vector<TopLogits>& found : found_) {
    found.resize(std::max(found.size(), rows.size()));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].top == 0) {
      all_[i] = all.first(vocab).data();
      all = all.subspan(vocab);
      continue;
    }
    for (std::vector<TopLogits>& found : found_) found[i].Reset(rows[i].top);
  }
}

const std::vector<TokenLogit>& LogitsPhase::Merge(size_t row) {
  TopLogits& merged = found_[0][row];
  for (size_t worker = 1; worker < found_.size(); ++worker) {
    for (const TokenLogit& token : found_[worker][row].sorted()) {
      merged.Add(token);
    }
  }
  return merged.sorted();
}

void LogitsPhase::Take(const ProductBlock& block, int worker) {
  for (int64_t r = 0; r < block.rows; ++r) {
    const int64_t row = block.first_row + r;
    const std::span<const float> logits(block.values.row(r), block.outputs);
    if (all_[row] != nullptr) {
      std::copy(logits.begin(), logits.end(), all_[row] + block.first_output);
    } else {
      found_[worker][row].Add(logits, static_cast<int32_t>(block.first_output));
    }
  }
}

void LogitsPhase::Run(WorkerPool& pool, MatrixStore& matrices, int head,
                      LinearOp product, std::span<const LogitsRow> rows,
                      std::span<float> all, std::span<TokenLogit> top) {
  Prepare(pool.threads(), rows, matrices.rows(head), all);
  const auto take = [&](const ProductBlock& block, int worker) {
    Take(block, worker);
  };
  product.sink.emplace(take);
  matrices.Multiply(head, product, pool);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (all_[i] != nullptr) continue;
    const std::vector<TokenLogit>& list = Merge(i);
    assert(list.size() <= top.size());
    std::copy(list.begin(), list.end(), top.begin());
    top = top.subspan(list.size());
  }
}

}  // namespace mj
