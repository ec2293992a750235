#include "engine/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cassert>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/text/unicode_classes.h"

namespace mj {
namespace {

struct FreeCode {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
};
using MatchData = std::unique_ptr<pcre2_match_data, FreeMatchData>;

void AppendClass(std::string_view ranges, bool in_class, std::string& out) {
  if (!in_class) out += '[';
  out += ranges;
  if (!in_class) out += ']';
}

// Rewrites one escape at the head of `rest`; returns its length.
size_t TranslateEscape(std::string_view rest, bool in_class, std::string& out) {
  if (rest.substr(0, 2) == "\\s") {
    AppendClass(kSpaceRanges, in_class, out);
    return 2;
  }
  if (rest.substr(0, 2) == "\\S" && !in_class) {
    out += "[^";
    AppendClass(kSpaceRanges, /*in_class=*/true, out);
    out += ']';
    return 2;
  }
  if (rest.substr(0, 3) != "\\p{") {
    out += rest.substr(0, 2);
    return rest.substr(0, 2).size();
  }
  const size_t end = rest.find('}');
  if (end == std::string_view::npos) {  // PCRE2 reports it
    out += rest;
    return rest.size();
  }
  const std::string_view name = rest.substr(3, end - 3);
  const std::string_view whole = rest.substr(0, end + 1);
  if (name == "RustPunctuation") {
    AppendClass(RustPunctuation(), in_class, out);
  } else {
    AppendClass(std::string(whole).append(AdditionsTo(name)), in_class, out);
  }
  return whole.size();
}

std::string Translate(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size();) {
    if (pattern[i] == '\\') {
      i += TranslateEscape(pattern.substr(i), in_class, out);
      continue;
    }
    if (pattern[i] == '[') in_class = true;
    if (pattern[i] == ']') in_class = false;
    out += pattern[i++];
  }
  return out;
}

std::string ErrorText(int error) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(error, buffer, sizeof(buffer));
  return reinterpret_cast<const char*>(buffer);
}

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeMatchContext> context;

  // Whether there is a match at or after `from`; `data` then holds it.
  bool Find(std::string_view text, size_t from, pcre2_match_data* data) const {
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    int found = pcre2_match(code.get(), subject, text.size(), from,
                            PCRE2_NO_UTF_CHECK, data, context.get());
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {  // the heap has more room
      found =
          pcre2_match(code.get(), subject, text.size(), from,
                      PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, context.get());
    }
    assert(found > 0 || found == PCRE2_ERROR_NOMATCH);
    return found > 0;
  }
};

Regex::Regex(std::unique_ptr<Code> code) : code_(std::move(code)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

absl::StatusOr<Regex> Regex::Compile(std::string_view pattern) {
  const std::string translated = Translate(pattern);
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto code = std::make_unique<Code>();
  code->code.reset(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
      PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
  if (code->code == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("regular expression '", translated, "', offset ", offset,
                     ": ", ErrorText(error)));
  }
  // Without JIT (a host that forbids executable pages) the interpreter runs.
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);
  code->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(code->context.get(), UINT32_MAX);
  pcre2_set_depth_limit(code->context.get(), UINT32_MAX);
  pcre2_set_heap_limit(code->context.get(), UINT32_MAX);
  return Regex(std::move(code));
}

void Regex::Split(std::string_view text,
                  std::vector<std::string_view>& out) const {
  const MatchData data(pcre2_match_data_create(1, nullptr));
  size_t gap = 0;  // where the text that is not yet in a piece begins
  size_t from = 0;
  while (from < text.size() && code_->Find(text, from, data.get())) {
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(data.get());
    const size_t begin = range[0], end = range[1];
    assert(end > begin && "patterns match at least one character");
    if (begin > gap) out.push_back(text.substr(gap, begin - gap));
    out.push_back(text.substr(begin, end - begin));
    gap = from = end;
  }
  if (gap < text.size()) out.push_back(text.substr(gap));
}

}  // namespace mj
