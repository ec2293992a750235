#include "server/openai/prompt_fields.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

absl::StatusOr<Prompt> OnePrompt(const Json& value, const char* field) {
  if (value.is_string()) return Prompt(value.get<std::string>());
  absl::StatusOr<std::vector<TokenId>> ids = ReadIds(value, field);
  if (!ids.ok()) return ids.status();
  return Prompt(*std::move(ids));
}

}  // namespace

absl::StatusOr<std::vector<Prompt>> ReadPrompts(const Json& body,
                                                const char* field) {
  const auto found = body.find(field);
  if (found == body.end() || found->is_null()) {
    return FieldError(field, "is missing");
  }
  const Json& value = *found;
  const bool one = value.is_string() ||
                   (value.is_array() && !value.empty() && value[0].is_number());
  if (!one && !value.is_array()) {
    return FieldError(field, absl::StrCat(Quoted(value),
                                          " is neither text nor token ids, "
                                          "nor a list of them"));
  }
  std::vector<Prompt> prompts;
  const auto add = [&](const Json& item) {
    absl::StatusOr<Prompt> prompt = OnePrompt(item, field);
    if (prompt.ok()) prompts.push_back(*std::move(prompt));
    return prompt.status();
  };
  if (one) {
    if (absl::Status status = add(value); !status.ok()) return status;
    return prompts;
  }
  if (value.empty() || value.size() > kMaxPrompts) {
    return FieldError(field, absl::StrCat(value.size(), " prompts, needs 1 to ",
                                          kMaxPrompts));
  }
  for (const Json& item : value) {
    if (absl::Status status = add(item); !status.ok()) return status;
  }
  return prompts;
}

}  // namespace mj
