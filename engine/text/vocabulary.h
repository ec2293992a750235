// What a model file says about its tokens: plain data, no behaviour.
// engine/model fills it from GGUF metadata; MakeTokenizer() reads it.
#ifndef MILLIJOULE_ENGINE_TEXT_VOCABULARY_H_
#define MILLIJOULE_ENGINE_TEXT_VOCABULARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mj {

using TokenId = int32_t;

// The values are those of `tokenizer.ggml.token_type`.
enum class TokenKind : int8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // special: matched in text only when asked, never printed
  kUserDefined = 4,  // matched in text before anything else, printed as it is
  kUnused = 5,
  kByte = 6,  // <0x0A>: one raw byte
};

struct Vocabulary {
  std::string model;  // tokenizer.ggml.model: "gpt2" (BPE), "llama" (SPM)
  std::string pre;    // tokenizer.ggml.pre: which pre-tokenizer (BPE)
  std::vector<std::string> tokens;
  std::vector<float> scores;        // empty or one a token
  std::vector<TokenKind> kinds;     // empty (all normal) or one a token
  std::vector<std::string> merges;  // BPE: "left right", best first
  std::optional<TokenId> bos, eos, eot, unknown, padding;
  // Absent where the file is silent: the tokenizer's kind decides.
  std::optional<bool> add_bos, add_eos, add_space_prefix;
  bool remove_extra_whitespaces = false;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_VOCABULARY_H_
