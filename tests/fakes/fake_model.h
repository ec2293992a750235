// A LoadedModel without weights: its logits are a hash of the tokens so far,
// which the fake KV cache must hold, so that whatever batching, chunking,
// preemption or block tables get wrong changes the reply.
#ifndef MILLIJOULE_TESTS_FAKES_FAKE_MODEL_H_
#define MILLIJOULE_TESTS_FAKES_FAKE_MODEL_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/loaded_model.h"
#include "gtest/gtest.h"

namespace mj {

// One token a byte: ids 0..255; then BOS, EOS, and an id that is never used.
class FakeTokenizer final : public Tokenizer {
 public:
  static constexpr TokenId kBos = 256, kEos = 257;
  static constexpr int kVocab = 259;

  FakeTokenizer() {
    for (int i = 0; i < 256; ++i) vocabulary_.tokens.emplace_back(1, char(i));
    for (const char* name : {"<bos>", "<eos>", "<unused>"}) {
      vocabulary_.tokens.emplace_back(name);
    }
    vocabulary_.bos = kBos;
    vocabulary_.eos = kEos;
  }

  std::vector<TokenId> Encode(std::string_view text,
                              EncodeOptions options) const override {
    std::vector<TokenId> ids;
    if (options.add_special) ids.push_back(kBos);
    for (char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::string TokenBytes(TokenId id, bool print_special) const override {
    if (id >= kBos && !print_special) return "";
    return vocabulary_.tokens[id];
  }
  std::string Decode(std::span<const TokenId> ids,
                     bool print_special) const override {
    std::string text;
    for (TokenId id : ids) text += TokenBytes(id, print_special);
    return text;
  }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool IsEndOfGeneration(TokenId id) const override { return id == kEos; }

 private:
  Vocabulary vocabulary_;
};

// Holds a cache of hashes, and has nothing else of a backend.
class FakeBackend final : public Backend {
 public:
  static constexpr int64_t kBytesPerBlock = 1024;

  const BackendInfo& info() const override { return info_; }
  absl::StatusOr<WeightId> LoadMatrix(std::span<const TensorView>,
                                      std::span<const TensorView>,
                                      MatrixRole) override {
    return WeightId{0};
  }
  absl::StatusOr<WeightId> LoadVector(const TensorView&) override {
    return WeightId{0};
  }
  RopeId AddRope(RopeSpec) override { return RopeId{0}; }
  BufferId AddBuffer(int) override { return BufferId{0}; }
  absl::Status AllocateKv(const KvShape&, int num_blocks) override {
    cache_.resize(static_cast<size_t>(num_blocks) * kBlockSize);
    return absl::OkStatus();
  }
  int64_t KvBytesPerBlock(const KvShape&) const override {
    return kBytesPerBlock;
  }
  void CopyKvBlock(int32_t from, int32_t to) override {
    std::copy_n(&Slot(from, 0), kBlockSize, &Slot(to, 0));
  }
  void LimitThreads(int threads) override { thread_limit = threads; }
  void BeginStep(const StepView&) override {}
  void Embed(WeightId, float, BufferId) override {}
  void RmsNorm(BufferId, WeightId, float, bool, BufferId) override {}
  void Linear(const LinearSpec&, BufferId, BufferId) override {}
  void RopeAndWriteKv(const AttentionSpec&, BufferId) override {}
  void Attention(const AttentionSpec&, BufferId, BufferId) override {}
  void KeepRows(std::span<const int>, std::span<const BufferId>) override {}
  void Logits(const HeadSpec&, BufferId, std::span<const LogitsRow>,
              std::span<float>, std::span<TokenLogit>) override {}
  void ReadRows(BufferId, int, std::span<float>) override {}
  void WriteRows(BufferId, int, std::span<const float>) override {}
  StepReport EndStep() override { return {}; }

  std::atomic<int> thread_limit{0};  // the latest; 0: none

  uint64_t& Slot(int32_t block, int slot) {
    return cache_.at(static_cast<size_t>(block) * kBlockSize + slot);
  }

 private:
  BackendInfo info_{"fake", "none", "f32", "f32", 1, true};
  std::vector<uint64_t> cache_;  // [blocks, slots]
};

// What tests may ask of a fake runner's steps. Written by the engine thread.
struct FakeRunnerLog {
  std::atomic<int> steps{0};
  std::atomic<int> rows{0};  // of all steps
  std::atomic<int> max_rows{0};
  std::atomic<int> max_sequences{0};
  std::atomic<int> top_rows{0};  // of which only the largest were wanted
  std::atomic<bool> give_no_logits{false};
  std::atomic<TokenId> poison{-1};  // logits after this token are NaN
  // Logits after this token make `then` certain.
  std::atomic<TokenId> after{-1}, then{-1};
  // In so many of 16 rows the next token follows from the last one alone, so
  // that replies repeat themselves, if not for long.
  std::atomic<int> habit{0};
  // A row reads the slot of this many positions, too, its own counted; 0: none.
  int window = 0;
  // Runs in each step, before anything else: to block or to act in between.
  std::function<void()> before_step;
};

inline uint64_t Mix(uint64_t x) {  // SplitMix64 (Steele et al. 2014)
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// The cache holds a hash of the tokens up to each slot's position; a row reads
// its predecessor's slot through the block table, as attention would.
class FakeRunner final : public StepRunner {
 public:
  FakeRunner(int vocab, FakeBackend& backend, FakeRunnerLog& log)
      : logits_(vocab), backend_(backend), log_(log) {}

  StepOutcome Run(const ForwardBatch& batch, const LogitsSink& sink) override {
    if (log_.before_step) log_.before_step();
    Note(batch);
    std::vector<uint64_t> hashes(batch.tokens.size());
    for (const StepSequence& s : batch.sequences) Compute(batch, s, hashes);
    if (batch.hidden != nullptr) FillHidden(hashes, *batch.hidden);
    if (log_.give_no_logits) return {};
    for (size_t i = 0; i < batch.logits_rows.size(); ++i) {
      const LogitsRow& wanted = batch.logits_rows[i];
      FillLogits(hashes[wanted.row], batch.tokens[wanted.row]);
      Emit(wanted, static_cast<int>(i), sink);
    }
    return {};
  }

 private:
  void Emit(const LogitsRow& wanted, int index, const LogitsSink& sink) {
    if (wanted.top == 0) return sink(index, {.all = logits_});
    ++log_.top_rows;
    const std::vector<TokenLogit> top = TopOf(logits_, wanted.top);
    sink(index, {.top = top});
  }

  void Note(const ForwardBatch& batch) {
    ++log_.steps;
    const int rows = static_cast<int>(batch.tokens.size());
    const int sequences = static_cast<int>(batch.sequences.size());
    log_.rows += rows;
    log_.max_rows = std::max(log_.max_rows.load(), rows);
    log_.max_sequences = std::max(log_.max_sequences.load(), sequences);
  }

  uint64_t& Slot(const StepSequence& s, int position) {
    return backend_.Slot(s.block_table[position / kBlockSize],
                         position % kBlockSize);
  }

  void Compute(const ForwardBatch& batch, const StepSequence& s,
               std::vector<uint64_t>& hashes) {
    for (int r = 0; r < s.num_rows; ++r) {
      const int position = s.start_position + r;
      const uint64_t before = position == 0 ? 1 : Slot(s, position - 1);
      const int last = position - log_.window + 1;
      const uint64_t far = log_.window > 0 && last >= 0 ? Slot(s, last) : 0;
      const uint64_t token = batch.tokens[s.first_row + r];
      const uint64_t hash =
          Mix((before + 3 * far) * 0x9E3779B97F4A7C15 + token + 1);
      Slot(s, position) = hashes[s.first_row + r] = hash;
    }
  }

  static void FillHidden(const std::vector<uint64_t>& hashes,
                         HiddenRows& hidden) {
    constexpr int kHidden = 64;  // MakeFakeModel's
    hidden.values.clear();
    for (int row : hidden.rows) {
      for (int i = 0; i < kHidden; ++i) {
        hidden.values.push_back(
            static_cast<float>(Mix(hashes[row] + 1000 + i) >> 40) * 0x1p-23f -
            1);
      }
    }
  }

  void FillLogits(uint64_t hash, TokenId token) {
    for (size_t v = 0; v < logits_.size(); ++v) {
      logits_[v] = static_cast<float>(Mix(hash + v) >> 40) * 0x1p-21f;
    }
    if (static_cast<int>(hash & 15) < log_.habit) {
      logits_[Mix(token + 1) % logits_.size()] = 100;
    }
    if (token == log_.after) logits_[log_.then] = 100;
    if (token == log_.poison) {
      logits_[7] = std::numeric_limits<float>::quiet_NaN();
    }
  }

  std::vector<float> logits_;
  FakeBackend& backend_;
  FakeRunnerLog& log_;
};

// A small llama's sizes; `log` outlives the model.
inline std::unique_ptr<LoadedModel> MakeFakeModel(FakeRunnerLog& log,
                                                  int context_length = 8192,
                                                  int max_rows = 1024) {
  auto model = std::make_unique<LoadedModel>();
  model->name = "fake";
  model->config.context_length = context_length;
  model->config.vocab = FakeTokenizer::kVocab;
  ModelShape& shape = model->shape;
  shape.hidden = 64;
  shape.num_heads = shape.num_kv_heads = 1;
  shape.head_dim = 64;
  shape.intermediate = 128;
  shape.vocab = FakeTokenizer::kVocab;
  shape.layers.resize(2, {{192, 64, 192 * 64},
                          {64, 64, 64 * 64},
                          {256, 64, 256 * 64},
                          {64, 128, 64 * 128},
                          0});
  shape.embedding = shape.head = {shape.vocab, 64, int64_t{shape.vocab} * 64};
  model->kv_shape = {2, 1, 64};
  model->tokenizer = std::make_unique<FakeTokenizer>();
  auto backend = std::make_unique<FakeBackend>();
  model->runner = std::make_unique<FakeRunner>(shape.vocab, *backend, log);
  model->backend = std::move(backend);
  model->max_rows = max_rows;
  return model;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_FAKE_MODEL_H_
