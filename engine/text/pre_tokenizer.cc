#include "engine/text/pre_tokenizer.h"

#include <algorithm>
#include <utility>

#include "engine/text/utf8.h"

namespace mj {
namespace {

using Pieces = std::vector<std::string_view>;

bool IsContinuation(char c) { return (c & 0xC0) == 0x80; }

void SplitTrailingSpace(std::string_view piece, Pieces& out) {
  size_t end = piece.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && IsContinuation(piece[begin])) --begin;
    if (!IsUnicodeSpace(DecodeUtf8(piece.substr(begin)).code_point)) break;
    end = begin;
  }
  if (end > 0) out.push_back(piece.substr(0, end));
  if (end < piece.size()) out.push_back(piece.substr(end));
}

bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

bool IsSpelledNumeral(char c) {
  const uint8_t byte = static_cast<uint8_t>(c);
  return IsAsciiDigit(c) || byte == 0xB2 || byte == 0xB3 || byte == 0xB9 ||
         (byte >= 0xBC && byte <= 0xBE);
}

void SplitDigitsInThrees(std::string_view run, Pieces& out) {
  size_t gap = 0;
  for (size_t i = 0; i + 3 <= run.size();) {
    if (!std::all_of(&run[i], &run[i] + 3, IsAsciiDigit)) {
      ++i;
      continue;
    }
    if (i > gap) out.push_back(run.substr(gap, i - gap));
    out.push_back(run.substr(i, 3));
    gap = i += 3;
  }
  if (gap < run.size()) out.push_back(run.substr(gap));
}

void SplitSpelledNumerals(std::string_view piece, Pieces& out) {
  while (!piece.empty()) {
    const bool numeral = IsSpelledNumeral(piece[0]);
    size_t size = 1;
    while (size < piece.size() && IsSpelledNumeral(piece[size]) == numeral) {
      ++size;
    }
    SplitDigitsInThrees(piece.substr(0, size), out);
    piece.remove_prefix(size);
  }
}

}  // namespace

absl::StatusOr<PreTokenizer> PreTokenizer::Make(std::string_view name) {
  absl::StatusOr<PreTokenizerRule> rule = FindPreTokenizerRule(name);
  if (!rule.ok()) return rule.status();
  PreTokenizer pre_tokenizer(*rule);
  for (const PreTokenizerStep& step : rule->steps) {
    Step& made = pre_tokenizer.steps_.emplace_back(Step{step.kind, {}});
    if (step.kind != PreTokenizerStep::Kind::kPattern) continue;
    absl::StatusOr<Regex> regex = Regex::Compile(step.pattern);
    if (!regex.ok()) return regex.status();
    made.regex.push_back(*std::move(regex));
  }
  return pre_tokenizer;
}

std::vector<std::string_view> PreTokenizer::Split(std::string_view text) const {
  Pieces pieces = {text};
  Pieces next;
  for (const Step& step : steps_) {
    next.clear();
    for (const std::string_view piece : pieces) {
      switch (step.kind) {
        case PreTokenizerStep::Kind::kPattern:
          step.regex[0].Split(piece, next);
          break;
        case PreTokenizerStep::Kind::kTrailingSpace:
          SplitTrailingSpace(piece, next);
          break;
        case PreTokenizerStep::Kind::kSpelledNumerals:
          SplitSpelledNumerals(piece, next);
          break;
      }
    }
    std::swap(pieces, next);
  }
  return pieces;
}

}  // namespace mj
