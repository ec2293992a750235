#include "bench/load/target.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/load/dump_json.h"
#include "nlohmann/json.hpp"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

absl::Status Wrong(const std::string& url, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat("--url '", url, "' ", why));
}

// "host:port", "[v6]:port"; a missing port is `port`.
absl::Status TakeAuthority(const std::string& url, std::string_view authority,
                           const char* port, Target& target) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket == std::string_view::npos || colon > bracket);
  std::string_view host =
      authority.substr(0, has_port ? colon : authority.size());
  target.port = has_port ? std::string(authority.substr(colon + 1)) : port;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  int number = 0;
  if (host.empty() || host.find_first_of("[]@") != std::string_view::npos ||
      (!bracketed && host.find(':') != std::string_view::npos) ||
      !absl::c_all_of(target.port, absl::ascii_isdigit) ||
      !absl::SimpleAtoi(target.port, &number) || number < 1 || number > 65535) {
    return Wrong(url,
                 "must name HOST:PORT or [IPV6]:PORT, without a user, with a "
                 "port from 1 to 65535");
  }
  target.host = std::string(host);
  return absl::OkStatus();
}

bool EndsInVersion(std::string_view path) {
  const std::string_view last = path.substr(path.rfind('/') + 1);
  return last.size() > 1 && last.front() == 'v' &&
         last.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// A query follows every path.
void TakePath(std::string path, const std::string& query, Target& target) {
  while (path.ends_with('/')) path.pop_back();
  for (const auto& [suffix, api] :
       {std::pair{"/chat/completions", Api::kChat},
        std::pair{"/completions", Api::kCompletions}}) {
    if (!path.ends_with(suffix)) continue;
    target.api = api;
    target.path = path + query;
    target.models_path =
        path.substr(0, path.size() - std::string_view(suffix).size()) +
        "/models" + query;
    return;
  }
  if (!EndsInVersion(path)) path += "/v1";
  target.path = path + "/completions" + query;
  target.models_path = path + "/models" + query;
}

// After the scheme: "HOST[:PORT][/PATH][?QUERY]".
absl::Status TakeHttp(const std::string& url, std::string_view rest,
                      Target& target) {
  if (rest.find('#') != std::string_view::npos) {
    return Wrong(url, "has a fragment (#), which no server is sent");
  }
  const size_t question = std::min(rest.find('?'), rest.size());
  const std::string query(rest.substr(question));
  rest = rest.substr(0, question);
  const size_t slash = std::min(rest.find('/'), rest.size());
  absl::Status status = TakeAuthority(url, rest.substr(0, slash),
                                      target.uses_tls ? "443" : "80", target);
  if (!status.ok()) return status;
  TakePath(std::string(rest.substr(slash)), query, target);
  return absl::OkStatus();
}

// Whether `rest` began with `scheme`, in whatever case; it goes.
bool TakeScheme(std::string_view scheme, std::string_view& rest) {
  if (!absl::StartsWithIgnoreCase(
          absl::string_view(rest.data(), rest.size()),
          absl::string_view(scheme.data(), scheme.size()))) {
    return false;
  }
  rest.remove_prefix(scheme.size());
  return true;
}

Json MessagesOf(const Prompt& prompt) {
  if (!prompt.messages_json.empty()) return Json::parse(prompt.messages_json);
  return Json::array({{{"role", "user"}, {"content", prompt.text}}});
}

std::string CommonHeaders(const Target& target, const RequestStyle& style) {
  const bool v6 = target.host.find(':') != std::string::npos;
  std::string headers = absl::StrCat("Host: ", v6 ? "[" : "", target.host,
                                     v6 ? "]:" : ":", target.port, "\r\n");
  if (!style.api_key.empty()) {
    absl::StrAppend(&headers, "Authorization: Bearer ", style.api_key, "\r\n");
  }
  return headers;
}

bool IsHeaderSafe(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

}  // namespace

absl::StatusOr<Target> ParseTarget(const std::string& url,
                                   const std::string& api) {
  if (api != "openai" && api != "grpc") {
    return absl::InvalidArgumentError(
        absl::StrCat("--api '", api, "' is neither openai nor grpc"));
  }
  if (!IsHeaderSafe(url)) return Wrong(url, "has a blank or control character");
  Target target;
  std::string_view rest = url;
  if (api == "grpc") {
    TakeScheme("grpc://", rest);
    target.api = Api::kGrpc;
    if (rest.find('/') != std::string_view::npos) {
      return Wrong(url, "must be HOST:PORT or grpc://HOST:PORT");
    }
    absl::Status status = TakeAuthority(url, rest, "", target);
    if (!status.ok()) return status;
    return target;
  }
  target.uses_tls = TakeScheme("https://", rest);
  if (!target.uses_tls && !TakeScheme("http://", rest)) {
    return Wrong(url, "must begin with http:// or https://");
  }
  absl::Status status = TakeHttp(url, rest, target);
  if (!status.ok()) return status;
  return target;
}

std::string RequestBody(Api api, const RequestStyle& style,
                        const Prompt& prompt, int output_tokens) {
  Json body = Json::object();
  if (!style.model.empty()) body["model"] = style.model;
  if (api == Api::kChat) {
    body["messages"] = MessagesOf(prompt);
  } else {
    body["prompt"] = prompt.text;
  }
  body["max_tokens"] = output_tokens;
  body["temperature"] = 0;
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  if (style.ignore_eos) body["ignore_eos"] = true;
  if (style.lists_tokens && api == Api::kChat) {
    body["logprobs"] = true;
    body["top_logprobs"] = 1;
  } else if (style.lists_tokens) {
    body["logprobs"] = 1;
  }
  return DumpJson(body);
}

std::string HttpGetRequest(const Target& target, const RequestStyle& style,
                           const std::string& path) {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\n",
                      CommonHeaders(target, style),
                      "Connection: close\r\n\r\n");
}

std::string HttpRequest(const Target& target, const RequestStyle& style,
                        std::string_view body) {
  std::string request = absl::StrCat(
      "POST ", target.path, " HTTP/1.1\r\n", CommonHeaders(target, style),
      "Content-Type: application/json\r\nAccept: text/event-stream\r\n",
      "Content-Length: ", body.size(), "\r\n\r\n");
  request.append(body);
  return request;
}

}  // namespace mj
