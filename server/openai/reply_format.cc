#include "server/openai/reply_format.h"

#include "absl/strings/str_cat.h"

namespace mj {

void AppendEvent(const Json& json, std::string& events) {
  absl::StrAppend(&events, "data: ", DumpJson(json), "\n\n");
}

Json FinishReasonJson(const std::optional<FinishReason>& reason) {
  if (!reason) return Json();
  switch (*reason) {
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kEnergy:
      return "energy";
  }
  return Json();
}

Json StartReply(const ReplyHead& head, const char* kind) {
  Json reply = Json::object();
  reply["id"] = head.id;
  reply["object"] = kind;
  reply["created"] = head.created;
  reply["model"] = head.model;
  reply["system_fingerprint"] = head.fingerprint;
  return reply;
}

}  // namespace mj
