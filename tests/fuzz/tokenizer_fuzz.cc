// Any bytes through both tokenizers: no crash, and text that is UTF-8 and
// holds no added token comes back as it was.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "engine/text/tokenizer.h"
#include "engine/text/utf8.h"
#include "tests/engine/text/small_vocabulary.h"

namespace {

constexpr mj::EncodeOptions kPlain{.add_special = false,
                                   .parse_special = false};

std::unique_ptr<mj::Tokenizer> MakeOrAbort(mj::Vocabulary vocabulary) {
  auto tokenizer = mj::Tokenizer::Make(std::move(vocabulary));
  if (!tokenizer.ok()) std::abort();
  return *std::move(tokenizer);
}

void Check(const mj::Tokenizer& tokenizer, std::string_view text,
           bool lossless) {
  const auto ids = tokenizer.Encode(text, kPlain);
  if (lossless && tokenizer.Decode(ids, false) != text) std::abort();
  tokenizer.Decode(tokenizer.Encode(text), true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto bpe = MakeOrAbort(mj::SmallBpe());
  static const auto falcon = MakeOrAbort(mj::SmallBpe("falcon"));
  static const auto deepseek = MakeOrAbort(mj::SmallBpe("deepseek-llm"));
  static const auto qwen = MakeOrAbort(mj::SmallBpe("qwen2"));
  static const auto prefixing = MakeOrAbort(mj::SmallSpm());
  static const auto spm = [] {
    mj::Vocabulary vocabulary = mj::SmallSpm();
    vocabulary.add_space_prefix = false;
    return MakeOrAbort(std::move(vocabulary));
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool valid = mj::IsValidUtf8(text);
  for (const auto* tokenizer : {&bpe, &falcon, &deepseek}) {
    Check(**tokenizer, text, valid);
  }
  Check(*qwen, text, /*lossless=*/false);  // it normalizes
  // It prefixes a space behind added tokens too, and keeps that one.
  Check(*prefixing, text, /*lossless=*/false);
  // A literal U+2581 reads as a space.
  Check(*spm, text, valid && text.find("\u2581") == std::string_view::npos);
  return 0;
}
