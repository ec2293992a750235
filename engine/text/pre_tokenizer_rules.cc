#include "engine/text/pre_tokenizer_rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/text/absl_text.h"

namespace mj {
namespace {

using Kind = PreTokenizerStep::Kind;

#define MJ_CONTRACTIONS R"((?i:'s|'t|'re|'ve|'m|'ll|'d))"
#define MJ_WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define MJ_SYMBOLS R"( ?[^\s\p{L}\p{N}]+[\r\n]*)"
#define MJ_SPACES R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
// Words that begin with capitals end before the next capital (o200k).
#define MJ_CASED_WORD_1                                   \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*)" \
  R"([\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
#define MJ_CASED_WORD_2                                   \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+)" \
  R"([\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
#define MJ_GPT2                                                     \
  R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+)" \
  R"(|\s+(?!\S)|\s+)"

// Rust's char::is_numeric, which follows a later Unicode than \p{N} does.
constexpr PreTokenizerStep kDigit = {
    Kind::kPattern, R"([\p{N}\x{11DE0}-\x{11DE9}\x{16FF4}-\x{16FF6}])"};
constexpr PreTokenizerStep kLineBreak = {Kind::kPattern, R"([\r\n])"};
constexpr PreTokenizerStep kEastAsian = {
    Kind::kPattern, R"([\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+)"};
constexpr PreTokenizerStep kGpt2 = {Kind::kPattern, MJ_GPT2};

constexpr PreTokenizerStep kGpt2Steps[] = {kGpt2};
constexpr PreTokenizerStep kDigitGpt2Steps[] = {kDigit, kGpt2};

// cl100k with digits in threes.
constexpr PreTokenizerStep kLlama3Steps[] = {
    {Kind::kPattern,
     MJ_CONTRACTIONS "|" MJ_WORD R"(|\p{N}{1,3}|)" MJ_SYMBOLS "|" MJ_SPACES}};

constexpr PreTokenizerStep kQwen2Steps[] = {{Kind::kPattern, MJ_CONTRACTIONS
                                             "|" MJ_WORD R"(|\p{N}|)" MJ_SYMBOLS
                                             "|" MJ_SPACES}};

constexpr PreTokenizerStep kQwen35Steps[] = {
    {Kind::kPattern, MJ_CONTRACTIONS
     R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" MJ_SPACES}};

constexpr PreTokenizerStep kGpt4oSteps[] = {
    {Kind::kPattern, MJ_CASED_WORD_1 MJ_CONTRACTIONS
     "?|" MJ_CASED_WORD_2 MJ_CONTRACTIONS
     R"(?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" MJ_SPACES}};

constexpr PreTokenizerStep kTekkenSteps[] = {
    {Kind::kPattern, MJ_CASED_WORD_1
     "|" MJ_CASED_WORD_2 R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" MJ_SPACES}};

constexpr PreTokenizerStep kDeepSeekLlmSteps[] = {
    kLineBreak,
    {Kind::kPattern,
     R"(\s?[)"
     R"(A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA})"
     R"(\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373})"
     R"(\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A})"
     R"(\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481})"
     R"(\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5})"
     R"(\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF})"
     R"(\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A})"
     R"(\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45})"
     R"(\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D})"
     R"(\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE})"
     R"(\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3})"
     R"(\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4})"
     R"(\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115})"
     R"(\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D})"
     R"(\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149})"
     R"(\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4})"
     R"(\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D})"
     R"(\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787})"
     R"(\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06})"
     R"(\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A})"
     R"(\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB})"
     R"(\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
     R"(\x{1E900}-\x{1E943})"
     R"(]+)"},
    {Kind::kPattern,
     R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F})"
     R"(\x{3000}-\x{3002}]+)"},
    {Kind::kTrailingSpace, ""},
    kEastAsian,
    kDigit};

constexpr PreTokenizerStep kDeepSeekCoderSteps[] = {
    kLineBreak,
    {Kind::kPattern, R"(\s?\p{L}+)"},
    {Kind::kPattern, R"(\s?\p{P}+)"},
    kEastAsian,
    kDigit};

constexpr PreTokenizerStep kDeepSeekV3Steps[] = {
    {Kind::kPattern, R"(\p{N}{1,3})"},
    {Kind::kPattern,
     R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)"},
    {Kind::kPattern,
     R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+)"
     R"(|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" MJ_SPACES}};

constexpr PreTokenizerStep kFalconSteps[] = {
    {Kind::kPattern, R"(\p{RustPunctuation}+)"},
    kGpt2,
    {Kind::kSpelledNumerals, ""}};

// What files without a name were made for: llama.cpp's own approximation.
constexpr PreTokenizerStep kDefaultSteps[] = {
    {Kind::kPattern, R"([\p{P}$+<=>^~|]+)"},
    kGpt2,
    {Kind::kPattern, R"(\p{N}+)"},
    {Kind::kPattern, "[0-9][0-9][0-9]"}};

constexpr std::string_view kDefaultNames[] = {"default"};
constexpr std::string_view kGpt2Names[] = {"gpt-2", "phi-2", "exaone4",
                                           "granite-docling", "modern-bert"};
constexpr std::string_view kNeoxNames[] = {"mpt", "olmo"};
constexpr std::string_view kSmolLmNames[] = {"smollm", "starcoder", "refact",
                                             "codeshell", "exaone"};
constexpr std::string_view kCommandRNames[] = {"command-r"};
constexpr std::string_view kLlama3Names[] = {
    "llama-bpe", "llama3",  "llama-v3", "falcon3",
    "falcon-h1", "pixtral", "midm-2.0", "lfm2"};
constexpr std::string_view kDbrxNames[] = {"dbrx", "smaug-bpe"};
constexpr std::string_view kGlm4Names[] = {"glm4"};
constexpr std::string_view kChatGlmNames[] = {"chatglm-bpe"};
constexpr std::string_view kQwen2Names[] = {"qwen2", "deepseek-r1-qwen",
                                            "megrez", "stablelm2"};
constexpr std::string_view kQwen35Names[] = {"qwen35"};
constexpr std::string_view kGpt4oNames[] = {"gpt-4o", "llama4"};
constexpr std::string_view kTekkenNames[] = {"tekken"};
constexpr std::string_view kDeepSeekLlmNames[] = {"deepseek-llm"};
constexpr std::string_view kDeepSeekCoderNames[] = {"deepseek-coder"};
constexpr std::string_view kDeepSeekV3Names[] = {"deepseek-v3"};
constexpr std::string_view kFalconNames[] = {"falcon"};

constexpr PreTokenizerRule kRules[] = {
    {kDefaultNames, kDefaultSteps},
    {kGpt2Names, kGpt2Steps},
    {kNeoxNames, kGpt2Steps, /*nfc=*/true},
    {kSmolLmNames, kDigitGpt2Steps},
    {kCommandRNames, kDigitGpt2Steps, /*nfc=*/true},
    {kLlama3Names, kLlama3Steps, /*nfc=*/false, /*ignore_merges=*/true,
     /*add_bos=*/true},
    {kDbrxNames, kLlama3Steps},
    {kGlm4Names, kLlama3Steps, /*nfc=*/false, /*ignore_merges=*/true},
    {kChatGlmNames, kLlama3Steps},
    {kQwen2Names, kQwen2Steps, /*nfc=*/true},
    {kQwen35Names, kQwen35Steps},
    {kGpt4oNames, kGpt4oSteps},
    {kTekkenNames, kTekkenSteps, /*nfc=*/false, /*ignore_merges=*/true,
     /*add_bos=*/true},
    {kDeepSeekLlmNames, kDeepSeekLlmSteps},
    {kDeepSeekCoderNames, kDeepSeekCoderSteps},
    {kDeepSeekV3Names, kDeepSeekV3Steps},
    {kFalconNames, kFalconSteps},
};

}  // namespace

absl::StatusOr<PreTokenizerRule> FindPreTokenizerRule(std::string_view name) {
  if (name.empty()) name = "default";
  std::vector<absl::string_view> known;
  for (const PreTokenizerRule& rule : kRules) {
    if (std::find(rule.names.begin(), rule.names.end(), name) !=
        rule.names.end()) {
      return rule;
    }
    for (const std::string_view each : rule.names) known.push_back(Absl(each));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tokenizer.ggml.pre: unknown pre-tokenizer '", Absl(name),
                   "'; known: ", absl::StrJoin(known, ", ")));
}

}  // namespace mj
