// A tokenizer whose tokens are the 256 bytes, plus <s> (256) before a text.
#ifndef MILLIJOULE_TESTS_SERVER_GRPC_BYTE_TOKENIZER_H_
#define MILLIJOULE_TESTS_SERVER_GRPC_BYTE_TOKENIZER_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/text/tokenizer.h"

namespace mj {

class ByteTokenizer final : public Tokenizer {
 public:
  static constexpr TokenId kBos = 256;

  ByteTokenizer() { vocabulary_.tokens.resize(kBos + 1); }

  std::vector<TokenId> Encode(std::string_view text,
                              EncodeOptions options) const override {
    std::vector<TokenId> ids;
    if (options.add_special) ids.push_back(kBos);
    for (const unsigned char byte : text) ids.push_back(byte);
    return ids;
  }
  std::string TokenBytes(TokenId id, bool print_special) const override {
    if (id == kBos) return print_special ? "<s>" : "";
    return std::string(1, static_cast<char>(id));
  }
  std::string Decode(std::span<const TokenId> ids,
                     bool print_special) const override {
    std::string text;
    for (const TokenId id : ids) text += TokenBytes(id, print_special);
    return text;
  }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool IsEndOfGeneration(TokenId) const override { return false; }

 private:
  Vocabulary vocabulary_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_SERVER_GRPC_BYTE_TOKENIZER_H_
