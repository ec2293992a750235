#include "engine/text/spm_tokenizer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "absl/status/status.h"
#include "engine/text/detokenizer.h"
#include "engine/text/special_rules.h"
#include "engine/text/utf8.h"

namespace mj {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte that "<0x0A>" stands for, or -1.
int ByteOfToken(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') {
    return -1;
  }
  const int high = HexDigit(text[3]), low = HexDigit(text[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void AppendReplaced(std::string_view text, std::string_view from,
                    std::string_view to, std::string& out) {
  size_t begin = 0;
  for (size_t at = text.find(from); at != std::string_view::npos;
       at = text.find(from, begin)) {
    out += text.substr(begin, at - begin);
    out += to;
    begin = at + from.size();
  }
  out += text.substr(begin);
}

std::string Escape(std::string_view text) {
  std::string out;
  AppendReplaced(text, " ", kSpace, out);
  return out;
}

std::string Unescape(std::string_view text) {
  std::string out;
  AppendReplaced(text, kSpace, " ", out);
  return out;
}

TokenKind KindOf(const Vocabulary& vocabulary, size_t id) {
  return vocabulary.kinds.empty() ? TokenKind::kNormal : vocabulary.kinds[id];
}

// The bytes of the first character; text that is no UTF-8 goes byte by byte.
size_t CharacterSize(std::string_view text) {
  const Utf8Step step = DecodeUtf8(text);
  return step.state == Utf8State::kValid ? step.length : 1;
}

// Orders as the scores do, the highest first.
uint32_t CostOfScore(float score) {
  const uint32_t bits = std::bit_cast<uint32_t>(score + 0.0f);  // no -0
  return bits >> 31 ? bits : ~(bits | 0x80000000u);
}

void FillDefaults(Vocabulary& v) {
  const auto token = [&v](std::optional<TokenId>& id, TokenId silent) {
    if (!id && static_cast<size_t>(silent) < v.tokens.size()) id = silent;
  };
  token(v.bos, 1);
  token(v.eos, 2);
  token(v.unknown, 0);
  v.add_bos = v.add_bos.value_or(true) && v.bos.has_value();
  v.add_eos = v.add_eos.value_or(false) && v.eos.has_value();
  v.add_space_prefix = v.add_space_prefix.value_or(true);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokenizer>> SpmTokenizer::Make(
    Vocabulary vocabulary) {
  if (vocabulary.scores.empty()) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.scores: missing, a 'llama' tokenizer needs them");
  }
  FillDefaults(vocabulary);
  // Converters write the spaces of added tokens either way.
  for (std::string& text : vocabulary.tokens) text = Escape(text);
  std::unique_ptr<SpmTokenizer> tokenizer(
      new SpmTokenizer(std::move(vocabulary)));
  tokenizer->IndexTokens();
  return tokenizer;
}

SpmTokenizer::SpmTokenizer(Vocabulary vocabulary)
    : vocabulary_(std::move(vocabulary)),
      special_tokens_(vocabulary_),
      end_of_generation_(FindEndOfGeneration(vocabulary_)) {
  byte_ids_.fill(-1);
}

void SpmTokenizer::IndexTokens() {
  for (size_t i = 0; i < vocabulary_.tokens.size(); ++i) {
    const std::string_view text = vocabulary_.tokens[i];
    const TokenId id = static_cast<TokenId>(i);
    const TokenKind kind = KindOf(vocabulary_, i);
    if (kind == TokenKind::kByte) {
      const int byte = ByteOfToken(text);
      if (byte >= 0) byte_ids_[byte] = id;
    }
    const bool mergeable = kind == TokenKind::kNormal ||
                           kind == TokenKind::kUserDefined ||
                           kind == TokenKind::kUnused;
    if (!mergeable || text.empty()) continue;
    pieces_.try_emplace(text, id);
    longest_piece_ = std::max(longest_piece_, text.size());
    std::string_view previous;
    for (size_t at = 0; at < text.size();) {
      const std::string_view character =
          text.substr(at, CharacterSize(text.substr(at)));
      if (character == kSpace && at > 0) before_space_.insert(previous);
      previous = character;
      at += character.size();
    }
  }
}

TokenId SpmTokenizer::Find(std::string_view text) const {
  if (text.size() > longest_piece_) return -1;
  const auto piece = pieces_.find(text);
  return piece == pieces_.end() ? -1 : piece->second;
}

std::vector<TokenId> SpmTokenizer::Encode(std::string_view text,
                                          EncodeOptions options) const {
  // Added tokens are sought in escaped text: a space before a literal U+2581
  // is a run of two.
  const std::string escaped =
      Escape(IsValidUtf8(text) ? text : ReplaceInvalidUtf8(text));
  std::vector<TokenId> ids;
  ids.reserve(text.size() / 3 + 2);
  if (options.add_special && *vocabulary_.add_bos) {
    ids.push_back(*vocabulary_.bos);
  }
  Scratch scratch;
  bool after_special = true;  // so is the start of the text
  for (const TextPiece& piece :
       special_tokens_.Split(escaped, options.parse_special)) {
    if (piece.id >= 0) {
      ids.push_back(piece.id);
    } else if (after_special && *vocabulary_.add_space_prefix) {
      EncodeEscaped(std::string(kSpace).append(piece.text), scratch, ids);
    } else {
      EncodeEscaped(piece.text, scratch, ids);
    }
    after_special = piece.id >= 0;
  }
  if (options.add_special && *vocabulary_.add_eos) {
    ids.push_back(*vocabulary_.eos);
  }
  return ids;
}

void SpmTokenizer::EncodeEscaped(std::string_view text, Scratch& scratch,
                                 std::vector<TokenId>& ids) const {
  size_t begin = 0;
  std::string_view previous;
  for (size_t at = 0; at < text.size();) {
    const std::string_view character =
        text.substr(at, CharacterSize(text.substr(at)));
    if (character == kSpace && at > 0 && !before_space_.contains(previous)) {
      EncodeSegment(text.substr(begin, at - begin), scratch, ids);
      begin = at;
    }
    previous = character;
    at += character.size();
  }
  EncodeSegment(text.substr(begin), scratch, ids);
}

void SpmTokenizer::EncodeSegment(std::string_view segment, Scratch& scratch,
                                 std::vector<TokenId>& ids) const {
  if (scratch.cache.Append(segment, ids)) return;
  const size_t first = ids.size();
  SymbolMerger& merger = scratch.merger;
  merger.Clear();
  for (size_t at = 0; at < segment.size();) {
    const size_t size = CharacterSize(segment.substr(at));
    merger.Add({static_cast<uint32_t>(at), static_cast<uint32_t>(size),
                Find(segment.substr(at, size))});
    at += size;
  }
  merger.Merge([&](const Symbol& left,
                   const Symbol& right) -> std::optional<SymbolMerge> {
    const TokenId id = Find(segment.substr(left.begin, left.size + right.size));
    if (id < 0) return std::nullopt;
    return SymbolMerge{CostOfScore(vocabulary_.scores[id]), id};
  });
  merger.ForEach([&](const Symbol& symbol) {
    if (symbol.id >= 0) {
      ids.push_back(symbol.id);
    } else {
      EncodeUnknown(segment.substr(symbol.begin, symbol.size), ids);
    }
  });
  scratch.cache.Record(segment, first, ids.size());
}

void SpmTokenizer::EncodeUnknown(std::string_view character,
                                 std::vector<TokenId>& ids) const {
  const bool has_bytes = std::all_of(
      character.begin(), character.end(),
      [this](char c) { return byte_ids_[static_cast<uint8_t>(c)] >= 0; });
  if (has_bytes) {
    for (const char c : character) {
      ids.push_back(byte_ids_[static_cast<uint8_t>(c)]);
    }
  } else if (ids.empty() || ids.back() != *vocabulary_.unknown) {
    ids.push_back(*vocabulary_.unknown);  // one for a run of them
  }
}

std::string SpmTokenizer::TokenBytes(TokenId id, bool print_special) const {
  assert(id >= 0 && static_cast<size_t>(id) < vocabulary_.tokens.size());
  const std::string& text = vocabulary_.tokens[id];
  switch (KindOf(vocabulary_, id)) {
    case TokenKind::kControl:
    case TokenKind::kUnknown:
      return print_special ? text : "";
    case TokenKind::kByte:
      return std::string(1, static_cast<char>(ByteOfToken(text)));
    default:
      return Unescape(text);
  }
}

std::string SpmTokenizer::Decode(std::span<const TokenId> ids,
                                 bool print_special) const {
  return DecodeAll(*this, ids, print_special);
}

bool SpmTokenizer::IsEndOfGeneration(TokenId id) const {
  return std::binary_search(end_of_generation_.begin(),
                            end_of_generation_.end(), id);
}

}  // namespace mj
