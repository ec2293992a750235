#include "server/request_log.h"

#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mj {
namespace {

constexpr size_t kMaxPromptBytes = 16 << 10;

void AddText(const char* name, const std::string& text, Json& fields) {
  if (!text.empty()) fields[name] = text;
}

void AddSeconds(const char* name, const std::optional<Seconds>& time,
                Json& fields) {
  if (time) fields[name] = time->count();
}

Json Start(const CallOrigin& origin) {
  Json fields = Json::object();
  fields["message"] = "request";
  fields["transport"] = origin.transport;
  AddText("request_id", origin.request_id, fields);
  AddText("trace_id", origin.trace_id, fields);
  return fields;
}

void AddError(const absl::Status& status, Json& fields) {
  if (!status.ok()) fields["error"] = std::string(status.message());
}

// Nothing where the engine has not said: unknown is not 0.
void AddWhatItTook(const RecentRequest& ended, Json& fields) {
  if (ended.method.empty()) return;
  fields["prompt_tokens"] = ended.prompt_tokens;
  fields["cached_tokens"] = ended.cached_tokens;
  fields["completion_tokens"] = ended.completion_tokens;
  AddSeconds("queue_seconds", ended.queued, fields);
  AddSeconds("ttft_seconds", ended.ttft, fields);
  AddSeconds("tpot_seconds", ended.tpot, fields);
  AddSeconds("total_seconds", ended.took, fields);
  fields["joules"] = ended.energy.value();
  fields["energy_method"] = ended.method;
}

std::string PromptText(const decltype(Request::prompt)& prompt) {
  std::string text;
  if (const auto* ids = std::get_if<std::vector<TokenId>>(&prompt)) {
    text = DumpJson(*ids);
  } else {
    text = std::get<std::string>(prompt);
  }
  return text.substr(0, kMaxPromptBytes);
}

}  // namespace

RequestLog::RequestLog(const Logger& log, bool with_prompts)
    : log_(Logger(log).clone(kFieldsLogger)), with_prompts_(with_prompts) {}

void RequestLog::Write(const Json& fields) {
  if (log_->should_log(spdlog::level::info)) {
    log_->log(spdlog::level::info, spdlog::string_view_t(DumpJson(fields)));
  }
}

void RequestLog::Ended(const CallOrigin& origin, const RecentRequest& ended,
                       const Request& request, const absl::Status& status,
                       const Json& code) {
  Json fields = Start(origin);
  fields["id"] = ended.id;
  fields["tenant"] = ended.tenant;
  fields["status"] = code;
  fields["outcome"] = ended.outcome;
  AddError(status, fields);
  AddWhatItTook(ended, fields);
  if (with_prompts_) fields["prompt"] = PromptText(request.prompt);
  Write(fields);
}

void RequestLog::Refused(const CallOrigin& origin, const std::string& tenant,
                         const absl::Status& status, const Json& code) {
  Json fields = Start(origin);
  AddText("tenant", tenant, fields);
  fields["status"] = code;
  fields["outcome"] = "refused";
  AddError(status, fields);
  Write(fields);
}

}  // namespace mj
