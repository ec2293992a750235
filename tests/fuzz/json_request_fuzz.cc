// Any bytes as the body of a completion and of a chat completion: parsed or
// refused, never more.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/openai/api_error.h"
#include "server/openai/chat_request.h"
#include "server/openai/completion_request.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

void Read(std::string_view body) {
  const absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok()) {
    DumpJson(ErrorBody(json.status()));
    return;
  }
  const auto completion = ParseCompletionRequest(*json);
  if (!completion.ok()) DumpJson(ErrorBody(completion.status()));
  const auto chat = ParseChatRequest(*json);
  if (!chat.ok()) DumpJson(ErrorBody(chat.status()));
  if (chat.ok()) DumpJson(chat->context);
}

}  // namespace
}  // namespace mj

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mj::Read({reinterpret_cast<const char*>(data), size});
  return 0;
}
