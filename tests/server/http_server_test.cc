// The HTTP server on a loopback socket, over an engine with a fake model.
#include "server/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>
#include <string>
#include <thread>

#include "tests/server/server_fixture.h"

namespace mj {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
  }
  ~Client() { Close(); }

  void Send(const std::string& text) {
    size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n =
          send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<size_t>(n);
    }
  }
  // Everything until the server ends the connection.
  std::string ReadAll() {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof(buffer), 0)) > 0;) {
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }
  // Until `text` has come.
  std::string ReadUntil(const std::string& text) {
    std::string got;
    char byte = 0;
    while (got.find(text) == std::string::npos && recv(fd_, &byte, 1, 0) > 0) {
      got += byte;
    }
    return got;
  }
  void EndSending() { shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

std::string Post(const std::string& path, const std::string& body,
                 const std::string& headers = "Connection: close\r\n") {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpServerTest : public testing::Test {
 protected:
  void Start() {
    options_.address = "127.0.0.1:0";
    fixture_.api->SetReady(true);
    log_ = *MakeLogger("off");
    auto started = HttpServer::Start(options_, *fixture_.api, *log_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  std::string Ask(const std::string& request) {
    Client client(server_->port());
    client.Send(request);
    return client.ReadAll();
  }
  void WaitUntilIdle() {
    while (!fixture_.engine->idle()) std::this_thread::yield();
  }

  ServerFixture fixture_;
  HttpOptions options_;
  std::unique_ptr<Logger> log_;
  std::unique_ptr<HttpServer> server_;
};

constexpr const char* kClose = "Connection: close\r\n\r\n";
constexpr const char* kHi = R"({"prompt":"hi","max_tokens":2})";

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  const std::string text =
      Ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n" +
          Post("/v1/completions", kHi, "") +
          "GET /v1/models HTTP/1.1\r\nHost: x\r\n" + kClose);
  const size_t health = text.find("\"ok\"");
  const size_t completion = text.find("text_completion");
  const size_t models = text.find("max_model_len");
  EXPECT_LT(health, completion) << text;
  EXPECT_LT(completion, models) << text;
  EXPECT_NE(models, std::string::npos) << text;
}

TEST_F(HttpServerTest, ConnectionsEndWithTheirReplyWhenItIsNotReadyAnyMore) {
  Start();
  const std::string health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
  Client client(server_->port());
  client.Send(health);
  EXPECT_THAT(client.ReadUntil("\"ok\"}"), Not(HasSubstr("close")));
  fixture_.api->SetReady(false);
  client.Send(health);
  const std::string rest = client.ReadAll();
  EXPECT_THAT(rest, HasSubstr("200 OK"));
  EXPECT_THAT(rest, HasSubstr("Connection: close"));
}

TEST_F(HttpServerTest, Http10ClosesAfterItsReply) {
  Start();
  const std::string text = Ask("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.0 200"));
  EXPECT_THAT(text, HasSubstr("\"ok\""));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  Start();
  const std::string text =
      Ask(std::string("HEAD /health HTTP/1.1\r\nHost: x\r\n") + kClose);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(text, HasSubstr("Content-Length: 15"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ChunkedBodiesAreRead) {
  Start();
  const std::string text =
      Ask("POST /tokenize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
          "Connection: close\r\n\r\n8\r\n{\"prompt\r\n6\r\n\":\"a\"}\r\n"
          "0\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("\"tokens\":[256,97]"));
}

TEST_F(HttpServerTest, ExpectContinueIsAnswered) {
  Start();
  Client client(server_->port());
  const std::string body = R"({"prompt":"a"})";
  client.Send(
      "POST /tokenize HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Connection: close\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  client.Send(body);
  EXPECT_THAT(client.ReadAll(), HasSubstr("\"tokens\""));
}

struct RefusedCase {
  const char* name;
  std::string request;
  const char* status;
};

class Refused : public HttpServerTest,
                public testing::WithParamInterface<RefusedCase> {};

TEST_P(Refused, WithAnErrorBody) {
  options_.max_body_bytes = 1000;
  options_.max_header_bytes = 2000;
  Start();
  const std::string text = Ask(GetParam().request);
  EXPECT_THAT(text, StartsWith(std::string("HTTP/1.1 ") + GetParam().status));
  EXPECT_THAT(text, HasSubstr("{\"error\":{\"message\":"));
  EXPECT_THAT(Ask(Post("/v1/completions", kHi)), StartsWith("HTTP/1.1 200"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refused,
    testing::Values(
        RefusedCase{"body_by_length",
                    Post("/v1/completions", std::string(1001, ' ')), "413"},
        RefusedCase{"body_far_over",
                    Post("/v1/completions", std::string(1 << 20, ' ')), "413"},
        RefusedCase{
            "body_by_chunks",
            "POST /tokenize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
            "\r\n\r\n400\r\n" +
                std::string(1024, ' ') + "\r\n0\r\n\r\n",
            "413"},
        RefusedCase{"header",
                    "GET /health HTTP/1.1\r\nHost: x\r\nX-A: " +
                        std::string(3000, 'a') + "\r\n\r\n",
                    "431"},
        RefusedCase{"not_http", "\x16\x03\x01\x02 hello\r\n\r\n", "400"},
        RefusedCase{
            "no_length",
            "POST /tokenize HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "411"},
        RefusedCase{
            "no_path",
            "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "404"},
        RefusedCase{
            "method",
            "DELETE /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "405"},
        RefusedCase{"no_host",
                    "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
        RefusedCase{"bad_target",
                    "GET /v1/%zz HTTP/1.1\r\nHost: x\r\n"
                    "Connection: close\r\n\r\n",
                    "400"}),
    [](const auto& info) { return info.param.name; });

TEST_F(HttpServerTest, SlowHeadsAndBodiesTimeOut) {
  options_.head_timeout = options_.body_timeout = Seconds(0.05);
  Start();
  EXPECT_THAT(Ask("GET /hea"), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(
      Ask("POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"),
      StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(Ask(""), "") << "an idle connection ends without a word";
}

TEST_F(HttpServerTest, StreamsAreChunkedEvents) {
  Start();
  const std::string body =
      R"({"prompt":"hi","max_tokens":3,"stream":true,"ignore_eos":true})";
  const std::string text = Ask(Post("/v1/completions", body));
  EXPECT_THAT(text, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(text, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(text, HasSubstr("data: [DONE]\n\n\r\n0\r\n\r\n"));
  const std::string old =
      Ask("POST /v1/completions HTTP/1.0\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_THAT(old, Not(HasSubstr("chunked")));
  EXPECT_THAT(old, EndsWith("data: [DONE]\n\n"));
}

TEST_F(HttpServerTest, AClientThatGoesCancelsItsRequest) {
  Start();
  for (const char* stream : {"false", "true"}) {
    std::latch stepped(1), left(1);
    bool first = true;
    fixture_.log.before_step = [&] {
      if (!first) return;
      first = false;
      stepped.count_down();
      left.wait();
    };
    Client client(server_->port());
    client.Send(Post("/v1/completions",
                     std::string(R"({"prompt":"a","max_tokens":500,)") +
                         R"("ignore_eos":true,"stream":)" + stream + "}"));
    stepped.wait();
    client.EndSending();
    // It is let go at once, however long the step takes.
    EXPECT_EQ(client.ReadAll(), "");
    left.count_down();
    WaitUntilIdle();
    while (server_->active_calls() > 0) std::this_thread::yield();
    EXPECT_LT(fixture_.engine->stats().generated_tokens, 400u);
    fixture_.log.before_step = nullptr;
  }
  EXPECT_THAT(fixture_.metrics->Text(fixture_.engine->stats()),
              HasSubstr("finished_reason=\"abort\",model_name=\"fake\"} 2"));
  // What they took until then is known.
  for (const RecentRequest& request : fixture_.metrics->Recent()) {
    EXPECT_EQ(request.outcome, "abort");
    EXPECT_GT(request.completion_tokens, 0);
    EXPECT_GT(request.energy, Joules(0));
  }
}

TEST_F(HttpServerTest, RequestIdsAreEchoedOrMade) {
  Start();
  EXPECT_THAT(
      Ask(std::string(
              "GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc-1\r\n") +
          kClose),
      HasSubstr("X-Request-Id: abc-1\r\n"));
  EXPECT_THAT(Ask(std::string("GET /health HTTP/1.1\r\nHost: x\r\n") + kClose),
              HasSubstr("X-Request-Id: req-"));
}

constexpr const char* kPreflight =
    "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: x\r\nOrigin: "
    "http://a.example\r\n"
    "Access-Control-Request-Method: POST\r\n"
    "Access-Control-Request-Headers: authorization\r\n"
    "Connection: close\r\n\r\n";

TEST_F(HttpServerTest, CorsIsOffByDefault) {
  Start();
  const std::string text = Ask(kPreflight);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(text, Not(HasSubstr("Access-Control")));
}

TEST_F(HttpServerTest, CorsAllowsTheNamedOrigin) {
  options_.allow_origin = "http://a.example";
  Start();
  const std::string text = Ask(kPreflight);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(text, HasSubstr("Access-Control-Allow-Origin: http://a.example"));
  EXPECT_THAT(text, HasSubstr("Access-Control-Allow-Headers: authorization"));
  const std::string other = Ask(
      std::string(
          "GET /health HTTP/1.1\r\nHost: x\r\nOrigin: http://b.example\r\n") +
      kClose);
  EXPECT_THAT(other, Not(HasSubstr("Access-Control-Allow-Origin")));
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
  Start();
  options_.address = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = HttpServer::Start(options_, *fixture_.api, *log_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(options_.address));
}

TEST_F(HttpServerTest, BadAddressesAreNamed) {
  log_ = *MakeLogger("off");
  for (const char* address :
       {"", "8080", "host:", "127.0.0.1:99999", ":80", "127.0.0.1:x"}) {
    options_.address = address;
    const auto started = HttpServer::Start(options_, *fixture_.api, *log_);
    ASSERT_FALSE(started.ok()) << address;
    EXPECT_THAT(std::string(started.status().message()), HasSubstr(address));
  }
}

}  // namespace
}  // namespace mj
