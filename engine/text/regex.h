// A PCRE2 pattern (UTF, Unicode properties, JIT where the host has it) that
// reads \s, \S and \p{L|M|N|P|S|Lu|Ll|Lm|Lo} as the reference tokenizers'
// engines do. Immutable after Compile: any thread may call.
#ifndef MILLIJOULE_ENGINE_TEXT_REGEX_H_
#define MILLIJOULE_ENGINE_TEXT_REGEX_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

class Regex final {
 public:
  // INVALID_ARGUMENT: the pattern's error and its place.
  static absl::StatusOr<Regex> Compile(std::string_view pattern);

  // Cuts `text` at its matches, leftmost first: appends every match and every
  // gap between matches, which together are the text. The ends of `text` are
  // its ends for lookarounds. No limit on the length or on backtracking.
  // REQUIRES: `text` is valid UTF-8
  void Split(std::string_view text, std::vector<std::string_view>& out) const;

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

 private:
  struct Code;
  explicit Regex(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_REGEX_H_
