// SentencePiece's BPE (Kudo & Richardson 2018) as Llama, Gemma and Phi-3 use
// it: spaces become U+2581, then the neighbours whose joined text is the
// token of the highest score are merged; what is no token falls to bytes.
#ifndef MILLIJOULE_ENGINE_TEXT_SPM_TOKENIZER_H_
#define MILLIJOULE_ENGINE_TEXT_SPM_TOKENIZER_H_

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "engine/text/piece_cache.h"
#include "engine/text/special_tokens.h"
#include "engine/text/symbol_merger.h"
#include "engine/text/tokenizer.h"

namespace mj {

class SpmTokenizer final : public Tokenizer {
 public:
  // Where the file is silent: BOS 1, EOS 2, unknown 0, BOS added, EOS not, a
  // space prefixed. INVALID_ARGUMENT: no scores.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Make(Vocabulary vocabulary);

  std::vector<TokenId> Encode(std::string_view text,
                              EncodeOptions options) const override;
  std::string TokenBytes(TokenId id, bool print_special) const override;
  std::string Decode(std::span<const TokenId> ids,
                     bool print_special) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool IsEndOfGeneration(TokenId id) const override;

 private:
  explicit SpmTokenizer(Vocabulary vocabulary);
  void IndexTokens();
  struct Scratch {
    SymbolMerger merger;
    PieceCache cache;
  };
  void EncodeEscaped(std::string_view text, Scratch& scratch,
                     std::vector<TokenId>& ids) const;
  void EncodeSegment(std::string_view segment, Scratch& scratch,
                     std::vector<TokenId>& ids) const;
  void EncodeUnknown(std::string_view character,
                     std::vector<TokenId>& ids) const;
  TokenId Find(std::string_view text) const;

  Vocabulary vocabulary_;
  SpecialTokens special_tokens_;
  std::vector<TokenId> end_of_generation_;
  std::array<TokenId, 256> byte_ids_;  // -1: none
  // Texts that merging may make; they view into the vocabulary.
  absl::flat_hash_map<std::string_view, TokenId> pieces_;
  size_t longest_piece_ = 0;  // bytes
  // Characters that stand right before U+2581 inside some piece: elsewhere
  // U+2581 begins a segment that no merge crosses.
  absl::flat_hash_set<std::string_view> before_space_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_SPM_TOKENIZER_H_
