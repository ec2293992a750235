#include "bench/load/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"

namespace mj {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct UrlCase {
  const char *url, *host, *port, *path, *models;
};

constexpr UrlCase kUrlCases[] = {
    {"http://a", "a", "80", "/v1/completions", "/v1/models"},
    {"http://a:81/", "a", "81", "/v1/completions", "/v1/models"},
    {"http://a/v1", "a", "80", "/v1/completions", "/v1/models"},
    {"http://a/v3/", "a", "80", "/v3/completions", "/v3/models"},
    {"http://a/proxy", "a", "80", "/proxy/v1/completions", "/proxy/v1/models"},
    {"http://[::1]:8080/v1/completions", "::1", "8080", "/v1/completions",
     "/v1/models"},
    {"http://a/v1/chat/completions", "a", "80", "/v1/chat/completions",
     "/v1/models"},
    {"https://a", "a", "443", "/v1/completions", "/v1/models"},
    {"https://a:8443/v1", "a", "8443", "/v1/completions", "/v1/models"},
    {"HTTP://a/v1?x=1&y=/z/", "a", "80", "/v1/completions?x=1&y=/z/",
     "/v1/models?x=1&y=/z/"},
    {"http://a/v1/chat/completions?x=1", "a", "80", "/v1/chat/completions?x=1",
     "/v1/models?x=1"},
};

TEST(TargetTest, UrlsNameTheServerOrTheWholePath) {
  for (const UrlCase& c : kUrlCases) {
    const auto target = ParseTarget(c.url, "openai");
    ASSERT_TRUE(target.ok()) << c.url << ": " << target.status();
    EXPECT_EQ(target->host, c.host) << c.url;
    EXPECT_EQ(target->port, c.port) << c.url;
    EXPECT_EQ(target->path, c.path) << c.url;
    EXPECT_EQ(target->models_path, c.models) << c.url;
    const bool chat =
        std::string_view(c.path).find("chat") != std::string::npos;
    EXPECT_EQ(target->api, chat ? Api::kChat : Api::kCompletions) << c.url;
    EXPECT_EQ(target->uses_tls, std::string_view(c.url).starts_with("https"));
  }
}

TEST(TargetTest, GrpcIsHostAndPort) {
  for (const char* url : {"a:50051", "grpc://a:50051"}) {
    const auto target = ParseTarget(url, "grpc");
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(target->host, "a");
    EXPECT_EQ(target->port, "50051");
    EXPECT_EQ(target->api, Api::kGrpc);
  }
}

struct WrongCase {
  const char *url, *api, *message;
};

constexpr WrongCase kWrongCases[] = {
    {"a:80", "openai", "must begin with http:// or https://"},
    {"https://a:0", "openai", "with a port from 1 to 65535"},
    {"https://a:1", "grpc", "must be HOST:PORT"},
    {"http://", "openai", "must name HOST:PORT"},
    {"http://a:0", "openai", "with a port from 1 to 65535"},
    {"http://a:x", "openai", "must name HOST:PORT"},
    {"http://a/ b", "openai", "has a blank"},
    {"http://a/\r\nx", "openai", "has a blank or control character"},
    {"http://a", "rest", "--api 'rest' is neither openai nor grpc"},
    {"a", "grpc", "must name HOST:PORT"},
    {"http://u:p@a:80", "openai", "without a user"},
    {"grpc://u@a:80", "grpc", "without a user"},
    {"http://a:80:80", "openai", "must name HOST:PORT or [IPV6]:PORT"},
    {"http://::1:80", "openai", "must name HOST:PORT or [IPV6]:PORT"},
    {"http://[::1", "openai", "must name HOST:PORT or [IPV6]:PORT"},
    {"http://a:+80", "openai", "with a port from 1 to 65535"},
    {"http://a/v1#x", "openai", "has a fragment"},
    {"http://a:1", "grpc", "must be HOST:PORT"},
};

TEST(TargetTest, SaysWhatIsWrong) {
  for (const WrongCase& c : kWrongCases) {
    EXPECT_THAT(std::string(ParseTarget(c.url, c.api).status().message()),
                HasSubstr(c.message))
        << c.url;
  }
}

TEST(TargetTest, ACompletionAsksForItsLengthAndUsage) {
  const json body = json::parse(
      RequestBody(Api::kCompletions, {.model = "m"}, {.text = "one two"}, 5));
  EXPECT_EQ(body["model"], "m");
  EXPECT_EQ(body["prompt"], "one two");
  EXPECT_EQ(body["max_tokens"], 5);
  EXPECT_EQ(body["stream"], true);
  EXPECT_EQ(body["stream_options"]["include_usage"], true);
  EXPECT_EQ(body["ignore_eos"], true);
  EXPECT_FALSE(body.contains("logprobs"));
}

TEST(TargetTest, AChatHasMessagesAndNothingUnasked) {
  const RequestStyle style{.ignore_eos = false, .lists_tokens = true};
  json body = json::parse(RequestBody(Api::kChat, style, {.text = "hi"}, 5));
  EXPECT_EQ(body["messages"][0]["content"], "hi");
  EXPECT_FALSE(body.contains("model"));
  EXPECT_FALSE(body.contains("ignore_eos"));
  EXPECT_EQ(body["logprobs"], true);
  body = json::parse(RequestBody(
      Api::kChat, style,
      {.messages_json = R"([{"role":"system","content":"x"}])"}, 5));
  EXPECT_EQ(body["messages"][0]["role"], "system");
}

TEST(TargetTest, BytesThatAreNoTextDoNotThrow) {
  const std::string body =
      RequestBody(Api::kCompletions, {}, {.text = "a\xff"}, 1);
  EXPECT_TRUE(json::accept(body));
}

TEST(TargetTest, TheHttpRequestCarriesKeyAndLength) {
  const auto target = ParseTarget("http://[::1]:8080", "openai");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(HttpRequest(*target, {.api_key = "k"}, "{}"),
            "POST /v1/completions HTTP/1.1\r\n"
            "Host: [::1]:8080\r\n"
            "Authorization: Bearer k\r\n"
            "Content-Type: application/json\r\n"
            "Accept: text/event-stream\r\n"
            "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(HttpGetRequest(*target, {}, "/v1/models"),
            "GET /v1/models HTTP/1.1\r\n"
            "Host: [::1]:8080\r\n"
            "Connection: close\r\n\r\n");
}

}  // namespace
}  // namespace mj
