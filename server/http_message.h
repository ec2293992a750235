// A request and a reply as plain data, without a network.
#ifndef MILLIJOULE_SERVER_HTTP_MESSAGE_H_
#define MILLIJOULE_SERVER_HTTP_MESSAGE_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/openai/json_reader.h"

namespace mj {

struct HttpCall {
  std::string method;  // "GET", "POST", ...
  std::string path;    // without the query
  std::string authorization;
  std::string body;
  // Those that are read beside these, by lower-case name: of ours and of llm-d
  // ("x-millijoule-...", "x-llm-d-..."), `traceparent` and
  // `endpoint-load-metrics-format`.
  std::map<std::string, std::string, std::less<>> headers{};
  std::string request_id{};  // the client's `x-request-id`, or ours

  std::string_view Header(std::string_view name) const {  // "": absent
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : found->second;
  }
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;
};

HttpReply JsonReply(const Json& json);
HttpReply TextReply(std::string text);
// The OpenAI error body; a 503 tells when to try again, and so does a 429 of
// joules that come back.
HttpReply ErrorReply(int http_status, const std::string& message,
                     const std::string& param = "",
                     const std::string& code = "");
HttpReply ErrorReply(const absl::Status& status);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_MESSAGE_H_
