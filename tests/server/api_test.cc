#include "server/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/server/server_fixture.h"

namespace mj {
namespace {

using testing::HasSubstr;

// Calls, waits for a generation's end, and gives its reply or its events.
struct Answer {
  int status = 200;
  std::string text;
  Json json() const { return Json::parse(text, nullptr, false); }
};

// A request that was submitted before another was refused may still wake.
struct Bell {
  std::mutex mutex;
  std::condition_variable arrived;
  int wakes = 0;
};

Answer Call(Api& api, const std::string& method, const std::string& path,
            const std::string& body = "", const std::string& key = "") {
  const auto bell = std::make_shared<Bell>();
  Outcome outcome = api.Handle({method, path, key, body}, [bell] {
    const std::lock_guard lock(bell->mutex);
    ++bell->wakes;
    bell->arrived.notify_one();
  });
  if (const auto* reply = std::get_if<HttpReply>(&outcome)) {
    return {reply->status, reply->body};
  }
  Generation& generation = *std::get<std::unique_ptr<Generation>>(outcome);
  std::string events;
  while (!generation.finished()) {
    std::unique_lock lock(bell->mutex);
    bell->arrived.wait(lock, [&] { return bell->wakes > 0; });
    bell->wakes = 0;
    lock.unlock();
    generation.Advance(events);
  }
  if (generation.streaming()) return {200, events};
  return {200, DumpJson(generation.Reply())};
}

struct RouteCase {
  const char* name;
  const char* method;
  const char* path;
  std::string body;
  int status;
  const char* text;
};

// A list of `count` token ids.
std::string Ids(int count) {
  std::string ids = "[97";
  for (int i = 1; i < count; ++i) ids += ",97";
  return ids + "]";
}

class Routes : public testing::TestWithParam<RouteCase> {};

TEST_P(Routes, Answer) {
  ServerFixture server;
  server.api->SetReady(true);
  const RouteCase& c = GetParam();
  const Answer answer = Call(*server.api, c.method, c.path, c.body);
  EXPECT_EQ(answer.status, c.status) << answer.text;
  EXPECT_THAT(answer.text, HasSubstr(c.text));
}

constexpr const char* kHi = R"({"prompt":"hi","max_tokens":2})";

INSTANTIATE_TEST_SUITE_P(
    Table, Routes,
    testing::Values(
        RouteCase{"health", "GET", "/health", "", 200, "ok"},
        RouteCase{"ready", "GET", "/ready", "", 200, "ready"},
        RouteCase{"metrics", "GET", "/metrics", "", 200,
                  "vllm:num_requests_running"},
        RouteCase{"models", "GET", "/v1/models", "", 200, "\"fake\""},
        RouteCase{"models_plain", "GET", "/models", "", 200, "max_model_len"},
        RouteCase{"model", "GET", "/v1/models/fake", "", 200, "\"fake\""},
        RouteCase{"other_model", "GET", "/v1/models/x", "", 404, "'x'"},
        RouteCase{"nameless_model", "GET", "/v1/models/", "", 404,
                  "/v1/models/"},
        RouteCase{"tokenize_other_model", "POST", "/tokenize",
                  R"({"prompt":"a","model":"gpt-9"})", 404,
                  R"("code":"model_not_found")"},
        RouteCase{"detokenize_other_model", "POST", "/detokenize",
                  R"({"tokens":[97],"model":"gpt-9"})", 404, "gpt-9"},
        RouteCase{"code_of_a_long_prompt", "POST", "/v1/completions",
                  R"({"prompt":"a","max_tokens":600})", 400,
                  R"("param":"prompt","code":"context_length_exceeded")"},
        RouteCase{"field_the_engine_refuses", "POST", "/v1/completions",
                  R"({"prompt":"a","max_tokens":3,"min_tokens":4})", 400,
                  R"("param":"min_tokens")"},
        RouteCase{"completion", "POST", "/v1/completions", kHi, 200,
                  "text_completion"},
        RouteCase{"completion_plain", "POST", "/completions", kHi, 200,
                  "text_completion"},
        RouteCase{"wrong_method", "GET", "/v1/completions", "", 405, "GET"},
        RouteCase{"nothing", "POST", "/v1/nothing", "{}", 404, "/v1/nothing"},
        RouteCase{"not_json", "POST", "/v1/completions", "{", 400, "JSON"},
        RouteCase{"unknown_model", "POST", "/v1/completions",
                  R"({"prompt":"a","model":"gpt-9"})", 404, "gpt-9"},
        RouteCase{"empty_prompt", "POST", "/v1/completions",
                  R"({"prompt":[[]]})", 400, "prompt"},
        RouteCase{"over_the_context", "POST", "/v1/completions",
                  R"({"prompt":"a","max_tokens":600})", 400, "512"},
        RouteCase{"id_out_of_range", "POST", "/v1/completions",
                  R"({"prompt":[99999],"echo":true})", 400, "99999"},
        RouteCase{"chat", "POST", "/v1/chat/completions",
                  R"({"messages":[{"role":"user","content":"x"}],
                  "max_tokens":2})",
                  200, "assistant"},
        RouteCase{"tokenize", "POST", "/tokenize", R"({"prompt":"ab"})", 200,
                  R"("tokens":[256,97,98],"count":3,"max_model_len":512)"},
        RouteCase{"tokenize_plain", "POST", "/tokenize",
                  R"({"prompt":"ab","add_special_tokens":false})", 200,
                  R"("tokens":[97,98])"},
        RouteCase{"chat_too_long", "POST", "/v1/chat/completions",
                  R"({"messages":[{"role":"u","content":"v"}],)"
                  R"("max_tokens":600})",
                  400,
                  R"("param":"messages","code":"context_length_exceeded")"},
        RouteCase{"tokenize_chat", "POST", "/tokenize",
                  R"({"messages":[{"role":"u","content":"v"}]})", 200,
                  R"("tokens":[117,58,118,59])"},
        RouteCase{"tokenize_nothing", "POST", "/tokenize", "{}", 400, "prompt"},
        RouteCase{"detokenize", "POST", "/detokenize", R"({"tokens":[97,98]})",
                  200, R"({"prompt":"ab"})"},
        RouteCase{"embedding", "POST", "/v1/embeddings",
                  R"({"input":["a",[98,99]]})", 200,
                  R"("object":"embedding","index":1,"embedding":[)"},
        RouteCase{"embedding_base64", "POST", "/v1/embeddings",
                  R"({"input":"a","encoding_format":"base64"})", 200,
                  R"("embedding":")"},
        RouteCase{"embedding_too_long", "POST", "/v1/embeddings",
                  R"({"input":[[98],)" + Ids(513) + "]}", 400,
                  R"("param":"input","code":"context_length_exceeded")"},
        RouteCase{"embedding_other_model", "POST", "/v1/embeddings",
                  R"({"input":"a","model":"gpt-9"})", 404, "gpt-9"},
        RouteCase{"embedding_dimensions", "POST", "/v1/embeddings",
                  R"({"input":"a","dimensions":8})", 400,
                  R"("param":"dimensions")"},
        RouteCase{"openapi", "GET", "/openapi.json", "", 200,
                  R"("openapi": "3.1.0")"},
        RouteCase{"detokenize_unknown", "POST", "/detokenize",
                  R"({"tokens":[259]})", 400, "259"}),
    [](const auto& info) { return info.param.name; });

TEST(ApiTest, KeysGuardAllButHealthAndReady) {
  ServerFixture server(/*with_keys=*/true);
  Api& api = *server.api;
  EXPECT_EQ(Call(api, "GET", "/health").status, 200);
  EXPECT_EQ(Call(api, "GET", "/ready").status, 503);
  EXPECT_EQ(Call(api, "GET", "/v1/models").status, 401);
  EXPECT_EQ(Call(api, "GET", "/v1/models", "", "Bearer abd").status, 401);
  EXPECT_EQ(Call(api, "GET", "/v1/models", "", "Bearer abc").status, 200);
  EXPECT_EQ(Call(api, "GET", "/metrics", "", "Bearer abc").status, 403);
}

// SHA-256 of "abc".
constexpr const char* kOperatorKey =
    "operator:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(ApiTest, BrowsersAreAskedForTheOperatorsKey) {
  ServerFixture server;
  server.keys = *ApiKeys::Parse(kOperatorKey);
  Api& api = *server.api;
  const std::string basic = "Basic b3BlcmF0b3I6YWJj";  // operator:abc
  for (const char* path : {"/", "/live", "/metrics"}) {
    const std::optional<HttpReply> refused = api.Refuse({"GET", path, "", ""});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 401);
    EXPECT_EQ(refused->headers.back(),
              std::make_pair(std::string("WWW-Authenticate"),
                             std::string("Basic realm=\"operator\", "
                                         "charset=\"UTF-8\"")));
    EXPECT_FALSE(api.Refuse({"GET", path, basic, ""}));
    EXPECT_FALSE(api.Refuse({"GET", path, "Bearer abc", ""}));
    EXPECT_TRUE(api.Refuse({"GET", path, "Basic YW5uOmFiYw==", ""}));  // ann
  }
  // A browser sends it along with what other sites' pages ask of us.
  EXPECT_TRUE(api.Refuse({"POST", "/v1/completions", basic, ""}));
}

TEST(ApiTest, EveryRouteIsInTheDocument) {
  ServerFixture server;
  const Json paths = Call(*server.api, "GET", "/openapi.json").json()["paths"];
  for (const RouteName& route : Api::Routes()) {
    std::string path(route.path);
    if (path == "/models/") path += "{model}";
    if (!paths.contains(path)) path = "/v1" + path;
    ASSERT_TRUE(paths.contains(path)) << path;
    EXPECT_TRUE(paths[path].contains(route.method == "GET" ? "get" : "post"));
  }
  EXPECT_EQ(paths.size(), Api::Routes().size());
}

TEST(ApiTest, RefusalsAreCountedByWhy) {
  ServerFixture server(/*with_keys=*/true,
                       {{"ann", {Watts(0), Joules(1e-12)}}});
  Api& api = *server.api;
  const auto post = [&](const char* body, const char* key = "Bearer abc") {
    return Call(api, "POST", "/v1/completions", body, key).status;
  };
  EXPECT_EQ(post("{"), 400);
  EXPECT_EQ(post(R"({"prompt":"a","max_tokens":600})"), 400);
  EXPECT_EQ(post(R"({"prompt":"a","max_tokens":1})", ""), 401);
  EXPECT_EQ(post(R"({"prompt":"a","max_tokens":1})"), 200);
  EXPECT_EQ(post(R"({"prompt":"a","max_tokens":1})"), 429);
  server.engine->Drain();
  server.engine->RemoveTenantLimit("ann");
  EXPECT_EQ(post(R"({"prompt":"a","max_tokens":1})"), 503);
  const std::string text = server.metrics->Text(server.engine->stats());
  for (const char* reason :
       {"invalid", "too_long", "unauthorized", "tenant_budget", "draining"}) {
    EXPECT_THAT(text, HasSubstr(std::string("refused_total{reason=\"") +
                                reason + "\",model_name=\"fake\"} 1\n"));
  }
  EXPECT_THAT(text, HasSubstr("vllm:admission_rejections_total{reason=\"max_"
                              "num_queued_reqs\",model_name=\"fake\","
                              "engine=\"0\"} 0"));
}

TEST(ApiTest, ALoadReportComesWhereItIsAskedFor) {
  ServerFixture server;
  HttpCall call{"POST", "/v1/completions", "", ""};
  EXPECT_TRUE(server.api->LoadHeaders(call).empty());
  call.headers["endpoint-load-metrics-format"] = "BIN";
  EXPECT_TRUE(server.api->LoadHeaders(call).empty());
  call.headers["endpoint-load-metrics-format"] = "TEXT";
  const HttpHeaders headers = server.api->LoadHeaders(call);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0].first, "endpoint-load-metrics");
  EXPECT_THAT(headers[0].second,
              HasSubstr("named_metrics.num_requests_waiting=0"));
}

TEST(ApiTest, StreamAndWholeReplyAgree) {
  ServerFixture server;
  const std::string common =
      R"("prompt":"The fake","max_tokens":20,"temperature":0,)"
      R"("ignore_eos":true,"n":2,"seed":5)";
  const Json whole =
      Call(*server.api, "POST", "/v1/completions", "{" + common + "}").json();
  const std::string events =
      Call(*server.api, "POST", "/v1/completions",
           "{" + common + R"(,"stream":true,)" +
               R"("stream_options":{"include_usage":true}})")
          .text;
  std::string texts[2];
  Json usage;
  size_t at = 0;
  for (size_t end; (end = events.find("\n\n", at)) != std::string::npos;
       at = end + 2) {
    const std::string data = events.substr(at + 6, end - at - 6);
    if (data == "[DONE]") continue;
    const Json chunk = Json::parse(data);
    for (const Json& choice : chunk["choices"]) {
      texts[choice["index"].get<int>()] += choice["text"];
    }
    if (!chunk["usage"].is_null()) usage = chunk["usage"];
  }
  EXPECT_EQ(texts[0], whole["choices"][0]["text"]);
  EXPECT_EQ(texts[1], whole["choices"][1]["text"]);
  EXPECT_EQ(usage["completion_tokens"], 40);
  EXPECT_EQ(usage["total_tokens"], whole["usage"]["total_tokens"]);
  EXPECT_TRUE(usage["energy"].contains("joules"));
  EXPECT_THAT(events, testing::EndsWith("data: [DONE]\n\n"));
}

TEST(ApiTest, EchoWithLogprobsScoresThePrompt) {
  ServerFixture server;
  const Json reply =
      Call(*server.api, "POST", "/v1/completions",
           R"({"prompt":[1,2,3],"echo":true,"logprobs":20,"max_tokens":1,
            "temperature":0,"ignore_eos":true,
            "return_tokens_as_token_ids":true})")
          .json();
  const Json& logprobs = reply["choices"][0]["logprobs"];
  ASSERT_EQ(logprobs["token_logprobs"].size(), 4u) << reply;
  EXPECT_TRUE(logprobs["token_logprobs"][0].is_null());
  EXPECT_GE(logprobs["top_logprobs"][3].size(), 20u);
  EXPECT_EQ(logprobs["tokens"][1], "token_id:2");
}

TEST(ApiTest, EchoWithoutTokensRepeatsThePrompt) {
  ServerFixture server;
  const Json reply = Call(*server.api, "POST", "/v1/completions",
                          R"({"prompt":"abc","echo":true,"max_tokens":0})")
                         .json();
  EXPECT_EQ(reply["choices"][0]["text"], "abc") << reply;
  EXPECT_TRUE(reply["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(reply["choices"][0]["finish_reason"], "length");
}

TEST(ApiTest, ADroppedGenerationIsCancelledAndCountedOnce) {
  ServerFixture server;
  {
    const Outcome outcome = server.api->Handle(
        {"POST", "/v1/completions", "",
         R"({"prompt":"a","max_tokens":500,"ignore_eos":true})"},
        [] {});
    ASSERT_TRUE(std::holds_alternative<std::unique_ptr<Generation>>(outcome));
  }
  EXPECT_THAT(server.metrics->Text(server.engine->stats()),
              HasSubstr("vllm:request_success_total{finished_reason=\"abort\","
                        "model_name=\"fake\",engine=\"0\"} 1"));
}

constexpr const char* kMany =
    R"({"prompt":"hi","max_tokens":400,"ignore_eos":true,"seed":1})";

TEST(ApiTest, ABudgetInTheBodyEndsTheReply) {
  ServerFixture server;
  const Json whole = Call(*server.api, "POST", "/v1/completions", kMany).json();
  Json body = Json::parse(kMany);
  const double budget = whole["usage"]["energy"]["joules"].get<double>() / 2;
  body["energy"]["max_joules"] = budget;
  const Json reply =
      Call(*server.api, "POST", "/v1/completions", body.dump()).json();
  EXPECT_EQ(reply["choices"][0]["finish_reason"], "energy") << reply;
  const int tokens = reply["usage"]["completion_tokens"];
  EXPECT_GT(tokens, 100);
  EXPECT_LT(tokens, 300);
  EXPECT_NEAR(reply["usage"]["energy"]["joules"].get<double>(), budget,
              0.02 * budget);
  EXPECT_THAT(server.metrics->Text(server.engine->stats()),
              HasSubstr("finished_reason=\"energy\",model_name=\"fake\"} 1"));
}

// What `headers` make of a call: its reply if it comes at once, else that of
// the generation.
HttpReply CallWith(Api& api,
                   std::map<std::string, std::string, std::less<>> headers,
                   const std::string& body) {
  Outcome outcome = api.Handle({.method = "POST",
                                .path = "/v1/completions",
                                .authorization = "Bearer abc",
                                .body = body,
                                .headers = std::move(headers)},
                               [] {});
  if (auto* reply = std::get_if<HttpReply>(&outcome)) return *reply;
  Generation& generation = *std::get<std::unique_ptr<Generation>>(outcome);
  std::string events;
  while (!generation.finished()) generation.Advance(events);
  return JsonReply(generation.Reply());
}

TEST(ApiTest, ABudgetInTheHeadIsSharedByThePrompts) {
  ServerFixture server;
  Json body = Json::parse(kMany);
  body["prompt"] = {"hi", "ho"};
  const Json whole = Json::parse(CallWith(*server.api, {}, body.dump()).body);
  ASSERT_TRUE(whole.contains("usage")) << whole;
  const double budget = whole["usage"]["energy"]["joules"].get<double>() / 4;
  const Json reply = Json::parse(
      CallWith(
          *server.api,
          {{"x-millijoule-max-joules", std::to_string(budget * 1e9) + "e-9"}},
          body.dump())
          .body);
  ASSERT_TRUE(reply.contains("choices")) << reply;
  for (const Json& choice : reply["choices"]) {
    EXPECT_EQ(choice["finish_reason"], "energy") << reply;
  }
  EXPECT_NEAR(reply["usage"]["energy"]["joules"].get<double>(), budget,
              0.1 * budget);
}

TEST(ApiTest, BadHeadersNameThemselves) {
  ServerFixture server;
  for (const char* name : {"x-millijoule-max-joules", "x-llm-d-slo-ttft-ms",
                           "x-llm-d-slo-tpot-ms"}) {
    const HttpReply reply = CallWith(*server.api, {{name, "nan"}}, kHi);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Json::parse(reply.body)["error"]["param"], name) << reply.body;
  }
}

TEST(ApiTest, ASpentTenantGets429AndRetryAfter) {
  ServerFixture server(/*with_keys=*/true,
                       {{"ann", {Watts(1e-9), Joules(1e-12)}}});
  EXPECT_EQ(CallWith(*server.api, {}, kHi).status, 200);
  const HttpReply reply = CallWith(*server.api, {}, kHi);
  EXPECT_EQ(reply.status, 429) << reply.body;
  const Json error = Json::parse(reply.body)["error"];
  EXPECT_EQ(error["type"], "rate_limit_error");
  EXPECT_EQ(error["code"], "energy_quota_exceeded");
  ASSERT_EQ(reply.headers.size(), 1u);
  EXPECT_EQ(reply.headers[0].first, "Retry-After");
  EXPECT_GT(std::stoi(reply.headers[0].second), 0);
}

TEST(ApiTest, JoulesThatNeverComeBackAreWorthATryInADay) {
  ServerFixture server(/*with_keys=*/true,
                       {{"ann", {Watts(0), Joules(1e-12)}}});
  EXPECT_EQ(CallWith(*server.api, {}, kHi).status, 200);
  const HttpReply reply = CallWith(*server.api, {}, kHi);
  EXPECT_EQ(reply.status, 429) << reply.body;
  EXPECT_NE(reply.body.find("it does not refill"), std::string::npos)
      << reply.body;
  ASSERT_EQ(reply.headers.size(), 1u);
  EXPECT_EQ(reply.headers[0].first, "Retry-After");
  EXPECT_EQ(reply.headers[0].second, "86400");
}

TEST(ApiTest, DrainingRefusesWith503AndRetryAfter) {
  ServerFixture server;
  server.engine->Drain();
  const Outcome outcome =
      server.api->Handle({"POST", "/v1/completions", "", kHi}, [] {});
  const auto& reply = std::get<HttpReply>(outcome);
  EXPECT_EQ(reply.status, 503);
  ASSERT_EQ(reply.headers.size(), 1u);
  EXPECT_EQ(reply.headers[0].first, "Retry-After");
}

}  // namespace
}  // namespace mj
