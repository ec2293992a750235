#include "server/http_message.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"
#include "server/openai/api_error.h"

namespace mj {
namespace {

constexpr const char* kRetryAfterSeconds = "1";
// A day: nobody waits longer. Also for what only an operator can change:
// clients that find no time to wait come back at once.
constexpr double kLongestRetryAfter = 86400;

HttpReply WithBody(int status, const Json& body) {
  HttpReply reply;
  reply.status = status;
  reply.body = DumpJson(body);
  if (status == 503)
    reply.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return reply;
}

}  // namespace

HttpReply JsonReply(const Json& json) { return WithBody(200, json); }

HttpReply TextReply(std::string text) {
  HttpReply reply;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body = std::move(text);
  return reply;
}

HttpReply ErrorReply(int http_status, const std::string& message,
                     const std::string& param, const std::string& code) {
  return WithBody(http_status, ErrorBody(http_status, message, param, code));
}

HttpReply ErrorReply(const absl::Status& status) {
  HttpReply reply = WithBody(HttpStatusOf(status), ErrorBody(status));
  if (const std::optional<Seconds> wait = QuotaWaitOf(status)) {
    const double seconds =
        std::clamp(std::ceil(wait->count()), 1.0, kLongestRetryAfter);
    reply.headers.emplace_back("Retry-After",
                               absl::StrCat(static_cast<int>(seconds)));
  }
  return reply;
}

}  // namespace mj
