#include "engine/text/bpe_tokenizer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/text/absl_text.h"
#include "engine/text/byte_unicode.h"
#include "engine/text/detokenizer.h"
#include "engine/text/normalize.h"
#include "engine/text/special_rules.h"
#include "engine/text/utf8.h"

namespace mj {
namespace {

uint64_t PairKey(TokenId left, TokenId right) {
  return static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokenizer>> BpeTokenizer::Make(
    Vocabulary vocabulary) {
  absl::StatusOr<PreTokenizer> pre_tokenizer =
      PreTokenizer::Make(vocabulary.pre);
  if (!pre_tokenizer.ok()) return pre_tokenizer.status();
  if (vocabulary.merges.empty()) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.merges: missing, a 'gpt2' tokenizer needs them");
  }
  const bool rule_adds_bos =
      pre_tokenizer->rule().add_bos && vocabulary.bos.has_value();
  vocabulary.add_bos = vocabulary.add_bos.value_or(rule_adds_bos);
  vocabulary.add_eos = vocabulary.add_eos.value_or(false);
  vocabulary.add_space_prefix = false;  // byte-level BPE never prefixes
  std::unique_ptr<BpeTokenizer> tokenizer(
      new BpeTokenizer(std::move(vocabulary), *std::move(pre_tokenizer)));
  absl::Status status = tokenizer->IndexMerges();
  if (!status.ok()) return status;
  tokenizer->IndexBytes();
  return tokenizer;
}

BpeTokenizer::BpeTokenizer(Vocabulary vocabulary, PreTokenizer pre_tokenizer)
    : vocabulary_(std::move(vocabulary)),
      pre_tokenizer_(std::move(pre_tokenizer)),
      special_tokens_(vocabulary_),
      end_of_generation_(FindEndOfGeneration(vocabulary_)) {
  byte_ids_.fill(-1);
}

absl::Status BpeTokenizer::IndexMerges() {
  absl::flat_hash_map<std::string_view, TokenId> ids;
  ids.reserve(vocabulary_.tokens.size());
  for (size_t id = 0; id < vocabulary_.tokens.size(); ++id) {
    ids.try_emplace(vocabulary_.tokens[id], static_cast<TokenId>(id));
  }
  merges_.reserve(vocabulary_.merges.size());
  for (size_t rank = 0; rank < vocabulary_.merges.size(); ++rank) {
    const std::string_view merge = vocabulary_.merges[rank];
    const size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == merge.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tokenizer.ggml.merges: entry ", rank, " is '", Absl(merge),
          "', needed two tokens and a space between them"));
    }
    const auto left = ids.find(merge.substr(0, space));
    const auto right = ids.find(merge.substr(space + 1));
    const auto merged = ids.find(
        std::string(merge.substr(0, space)).append(merge.substr(space + 1)));
    if (left == ids.end() || right == ids.end() || merged == ids.end()) {
      continue;  // a merge that can never make a token
    }
    merges_.try_emplace(
        PairKey(left->second, right->second),
        SymbolMerge{static_cast<uint32_t>(rank), merged->second});
  }
  return absl::OkStatus();
}

void BpeTokenizer::IndexBytes() {
  for (size_t id = 0; id < vocabulary_.tokens.size(); ++id) {
    const bool normal = vocabulary_.kinds.empty() ||
                        vocabulary_.kinds[id] == TokenKind::kNormal;
    if (!normal) continue;
    const auto bytes = BytesOfToken(vocabulary_.tokens[id]);
    if (!bytes) continue;
    if (bytes->size() == 1) {
      byte_ids_[static_cast<uint8_t>((*bytes)[0])] = static_cast<TokenId>(id);
    }
    if (pre_tokenizer_.rule().ignore_merges) {
      pieces_.try_emplace(*bytes, static_cast<TokenId>(id));
    }
  }
}

std::vector<TokenId> BpeTokenizer::Encode(std::string_view text,
                                          EncodeOptions options) const {
  std::string repaired;
  if (!IsValidUtf8(text)) text = repaired = ReplaceInvalidUtf8(text);
  std::vector<TokenId> ids;
  ids.reserve(text.size() / 3 + 2);
  if (options.add_special && *vocabulary_.add_bos) {
    ids.push_back(*vocabulary_.bos);
  }
  Scratch scratch;
  for (const TextPiece& piece :
       special_tokens_.Split(text, options.parse_special)) {
    if (piece.id >= 0) {
      ids.push_back(piece.id);
    } else {
      EncodePlain(piece.text, scratch, ids);
    }
  }
  if (options.add_special && *vocabulary_.add_eos) {
    ids.push_back(*vocabulary_.eos);
  }
  return ids;
}

void BpeTokenizer::EncodePlain(std::string_view text, Scratch& scratch,
                               std::vector<TokenId>& ids) const {
  std::string normalized;
  if (pre_tokenizer_.rule().nfc) text = normalized = NormalizeNfc(text);
  for (const std::string_view piece : pre_tokenizer_.Split(text)) {
    if (scratch.cache.Append(piece, ids)) continue;
    const size_t begin = ids.size();
    EncodePiece(piece, scratch.merger, ids);
    scratch.cache.Record(piece, begin, ids.size());
  }
}

void BpeTokenizer::EncodePiece(std::string_view piece, SymbolMerger& merger,
                               std::vector<TokenId>& ids) const {
  if (pre_tokenizer_.rule().ignore_merges) {
    const auto whole = pieces_.find(piece);
    if (whole != pieces_.end()) {
      ids.push_back(whole->second);
      return;
    }
  }
  merger.Clear();
  for (const char c : piece) {
    const TokenId id = byte_ids_[static_cast<uint8_t>(c)];
    if (id >= 0) merger.Add({0, 1, id});
  }
  merger.Merge([this](const Symbol& left,
                      const Symbol& right) -> std::optional<SymbolMerge> {
    const auto merge = merges_.find(PairKey(left.id, right.id));
    if (merge == merges_.end()) return std::nullopt;
    return merge->second;
  });
  merger.ForEach([&ids](const Symbol& symbol) { ids.push_back(symbol.id); });
}

std::string BpeTokenizer::TokenBytes(TokenId id, bool print_special) const {
  assert(id >= 0 && static_cast<size_t>(id) < vocabulary_.tokens.size());
  const std::string& text = vocabulary_.tokens[id];
  const TokenKind kind =
      vocabulary_.kinds.empty() ? TokenKind::kNormal : vocabulary_.kinds[id];
  switch (kind) {
    case TokenKind::kControl:
    case TokenKind::kUnknown:
      return print_special ? text : "";
    case TokenKind::kUserDefined:
      return text;
    default:
      return BytesOfToken(text).value_or(text);
  }
}

std::string BpeTokenizer::Decode(std::span<const TokenId> ids,
                                 bool print_special) const {
  return DecodeAll(*this, ids, print_special);
}

bool BpeTokenizer::IsEndOfGeneration(TokenId id) const {
  return std::binary_search(end_of_generation_.begin(),
                            end_of_generation_.end(), id);
}

}  // namespace mj
