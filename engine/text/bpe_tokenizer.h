// Byte-level byte-pair encoding (GPT-2, Radford et al. 2019): special tokens,
// pre-tokenizer, then merges by rank inside each piece.
#ifndef MILLIJOULE_ENGINE_TEXT_BPE_TOKENIZER_H_
#define MILLIJOULE_ENGINE_TEXT_BPE_TOKENIZER_H_

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/text/absl_text.h"
#include "engine/text/piece_cache.h"
#include "engine/text/pre_tokenizer.h"
#include "engine/text/special_tokens.h"
#include "engine/text/symbol_merger.h"
#include "engine/text/tokenizer.h"

namespace mj {

class BpeTokenizer final : public Tokenizer {
 public:
  // INVALID_ARGUMENT: no merges, a merge that is not "left right", or an
  // unknown pre-tokenizer. A byte without a token is dropped from texts, as
  // the reference does it.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Make(Vocabulary vocabulary);

  std::vector<TokenId> Encode(std::string_view text,
                              EncodeOptions options) const override;
  std::string TokenBytes(TokenId id, bool print_special) const override;
  std::string Decode(std::span<const TokenId> ids,
                     bool print_special) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool IsEndOfGeneration(TokenId id) const override;

 private:
  BpeTokenizer(Vocabulary vocabulary, PreTokenizer pre_tokenizer);
  absl::Status IndexMerges();
  void IndexBytes();
  struct Scratch {
    SymbolMerger merger;
    PieceCache cache;
  };
  void EncodePlain(std::string_view text, Scratch& scratch,
                   std::vector<TokenId>& ids) const;
  void EncodePiece(std::string_view piece, SymbolMerger& merger,
                   std::vector<TokenId>& ids) const;

  Vocabulary vocabulary_;
  PreTokenizer pre_tokenizer_;
  SpecialTokens special_tokens_;
  std::vector<TokenId> end_of_generation_;
  std::array<TokenId, 256> byte_ids_;  // -1: none
  // (left id << 32 | right id) to rank and merged id.
  absl::flat_hash_map<uint64_t, SymbolMerge> merges_;
  // Raw bytes of whole tokens; filled where the rule ignores merges.
  absl::flat_hash_map<std::string, TokenId, TextHash, TextEqual> pieces_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_BPE_TOKENIZER_H_
