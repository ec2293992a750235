// What the requests ask: lines of a file, or made-up words.
#ifndef MILLIJOULE_BENCH_LOAD_PROMPTS_H_
#define MILLIJOULE_BENCH_LOAD_PROMPTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mj {

struct Prompt {
  std::string text;
  // In place of text: chat messages, as their JSON array.
  std::string messages_json;
};

// `tokens` common words, of which nearly every vocabulary has each as one
// token; servers may add a few of their own (BOS, a chat template). No two
// indices begin alike, so a prefix cache does not answer.
std::string MadeUpPrompt(uint64_t seed, int index, int tokens);

// A line is a prompt: an object with "prompt" (text) or "messages", a JSON
// string, or else the text itself; blank lines are passed over.
// INVALID_ARGUMENT begins with `name`:LINE, or says that there is none.
absl::StatusOr<std::vector<Prompt>> ParsePrompts(std::string_view name,
                                                 std::string_view text);
// The same from a file; NOT_FOUND if it cannot be opened.
absl::StatusOr<std::vector<Prompt>> ReadPrompts(const std::string& path);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_PROMPTS_H_
