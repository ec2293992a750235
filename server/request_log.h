// A log line for each request that has ended or been refused.
#ifndef MILLIJOULE_SERVER_REQUEST_LOG_H_
#define MILLIJOULE_SERVER_REQUEST_LOG_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/request/request.h"
#include "server/call_origin.h"
#include "server/logging.h"
#include "server/openai/json_reader.h"
#include "server/recent_requests.h"

namespace mj {

// Any thread.
class RequestLog final {
 public:
  // What is logged goes where `log` writes, at its level info. `with_prompts`:
  // prompts are logged, too, each cut at 16 KiB.
  RequestLog(const Logger& log, bool with_prompts);

  bool with_prompts() const { return with_prompts_; }

  // {"message": "request", "transport", "request_id", "trace_id", "id",
  // "tenant", "status", "outcome", "error", "prompt_tokens", "cached_tokens",
  // "completion_tokens", "queue_seconds", "ttft_seconds", "tpot_seconds",
  // "total_seconds", "joules", "energy_method", "prompt"}: absent where there
  // is none. `code`: the HTTP status or gRPC code that the client got, null
  // where it had gone. `request` has its prompt where prompts are logged.
  void Ended(const CallOrigin& origin, const RecentRequest& ended,
             const Request& request, const absl::Status& status,
             const Json& code);

  // The same of a call that the engine never took; outcome "refused".
  void Refused(const CallOrigin& origin, const std::string& tenant,
               const absl::Status& status, const Json& code);

 private:
  void Write(const Json& fields);

  const std::shared_ptr<Logger> log_;
  const bool with_prompts_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_REQUEST_LOG_H_
