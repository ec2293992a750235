// A request and a reply as plain data, without a network.
#ifndef MILLIJOULE_SERVER_HTTP_MESSAGE_H_
#define MILLIJOULE_SERVER_HTTP_MESSAGE_H_

#include <map>
#include <string>
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
  // Those of ours and of llm-d ("x-millijoule-...", "x-llm-d-..."), by
  // lower-case name.
  std::map<std::string, std::string, std::less<>> headers{};
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
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
