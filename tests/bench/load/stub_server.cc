#include "tests/bench/load/stub_server.h"

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>

#include "hw_backends/clock.h"
#include "nlohmann/json.hpp"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Request = http::request<http::string_body>;

enum class StubFault {
  kNone,
  kStatus500,
  kStatus503,
  kBurst,          // every other one is a 503
  kNotStreaming,   // one JSON object
  kRepeatedToken,  // the second event twice
  kMissingToken,   // usage counts one more than there are
  kShort,          // ends by length with fewer than were asked
  kCutOff,         // closes before the last event
  kNoDone,
  kNoFinish,
  kErrorEvent,
  kMalformed,  // an event that is no JSON
  kNoUsage,
  kSilent,    // never replies
  kHangUp,    // closes instead
  kDropping,  // every other one is read, and its connection closed
  kInterim,   // two interim replies before each
  kEndless,   // [DONE], but no end of the body
  kFlood,     // a line that does not end
  kEncoded,   // as if it were compressed
  kGarbage,   // no HTTP
  kClosing,   // right, but closes each connection
  kUnknown,
};

constexpr std::pair<std::string_view, StubFault> kFaults[] = {
    {"v1", StubFault::kNone},
    {"500", StubFault::kStatus500},
    {"503", StubFault::kStatus503},
    {"burst", StubFault::kBurst},
    {"plain", StubFault::kNotStreaming},
    {"repeated", StubFault::kRepeatedToken},
    {"missing", StubFault::kMissingToken},
    {"short", StubFault::kShort},
    {"cut", StubFault::kCutOff},
    {"nodone", StubFault::kNoDone},
    {"nofinish", StubFault::kNoFinish},
    {"error", StubFault::kErrorEvent},
    {"malformed", StubFault::kMalformed},
    {"nousage", StubFault::kNoUsage},
    {"silent", StubFault::kSilent},
    {"hangup", StubFault::kHangUp},
    {"dropping", StubFault::kDropping},
    {"interim", StubFault::kInterim},
    {"endless", StubFault::kEndless},
    {"flood", StubFault::kFlood},
    {"encoded", StubFault::kEncoded},
    {"garbage", StubFault::kGarbage},
    {"closing", StubFault::kClosing},
};

StubFault FaultOf(std::string_view path) {
  if (!path.starts_with('/')) return StubFault::kUnknown;
  path.remove_prefix(1);
  const std::string_view first = path.substr(0, path.find('/'));
  for (const auto& [name, fault] : kFaults) {
    if (first == name) return fault;
  }
  return StubFault::kUnknown;
}

auto Into(Error& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

std::string Plain(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// One event as one chunk.
void AppendEvent(std::string_view data, std::string& out) {
  std::array<char, 32> size;
  std::snprintf(size.data(), size.size(), "%zx\r\n", data.size() + 8);
  out.append(size.data()).append("data: ").append(data).append("\n\n\r\n");
}

// What a reply says, from what its request asks.
struct Asked {
  bool chat = false, logprobs = false;
  int tokens = 0;
};

Asked Read(const Request& request) {
  const auto body = nlohmann::json::parse(request.body(), nullptr, false);
  Asked asked;
  if (!body.is_object()) return asked;
  asked.chat = body.contains("messages");
  asked.logprobs = body.contains("logprobs");
  asked.tokens = body.value("max_tokens", 16);
  return asked;
}

std::string TokenEvent(const Asked& asked) {
  std::string event =
      asked.chat ? R"({"choices":[{"index":0,"delta":{"content":" word"})"
                 : R"({"choices":[{"index":0,"text":" word")";
  if (asked.logprobs) {
    event += asked.chat ? R"(,"logprobs":{"content":[{"token":" word"}]})"
                        : R"(,"logprobs":{"tokens":[" word"]})";
  }
  return event + R"(,"finish_reason":null}]})";
}

}  // namespace

struct StubServer::Impl {
  explicit Impl(const StubOptions& o) : options(o) {}

  asio::awaitable<void> Accept();
  asio::awaitable<void> Serve(tcp::socket socket);
  // False: the connection is over.
  asio::awaitable<bool> Answer(tcp::socket& socket, const Request& request);
  asio::awaitable<bool> Stream(tcp::socket& socket, const Asked& asked,
                               StubFault fault);
  asio::awaitable<bool> AwaitEnd(tcp::socket& socket);
  asio::awaitable<bool> Flood(tcp::socket& socket, std::string begin);
  std::string Ending(const Asked& asked, StubFault fault) const;

  const StubOptions options;
  const SteadyClock clock;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  std::atomic<int64_t> requests{0};
  std::atomic<double> ttft_sum{0};
  std::thread thread;
};

asio::awaitable<void> StubServer::Impl::Accept() {
  while (true) {
    Error error;
    tcp::socket socket = co_await acceptor.async_accept(Into(error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    socket.set_option(tcp::no_delay(true), error);
    asio::co_spawn(context, Serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> StubServer::Impl::Serve(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  while (true) {
    Request request;
    Error error;
    co_await http::async_read(socket, buffer, request, Into(error));
    if (error || !co_await Answer(socket, request)) co_return;
  }
}

asio::awaitable<bool> StubServer::Impl::Answer(tcp::socket& socket,
                                               const Request& request) {
  const int64_t number = requests++;
  const std::string_view path(request.target().data(), request.target().size());
  const StubFault fault = FaultOf(path);
  Error error;
  std::string reply;
  if (fault == StubFault::kHangUp ||
      (fault == StubFault::kDropping && number % 2 == 1)) {
    co_return false;
  }
  if (path.ends_with("/models")) {
    reply = Plain(200, R"({"object":"list","data":[{"id":"stub"}]})");
  } else if (fault == StubFault::kUnknown) {
    reply = Plain(404, R"({"error":{"message":"no such path"}})");
  } else if (fault == StubFault::kStatus500) {
    reply = Plain(500, R"({"error":{"message":"broken"}})");
  } else if (fault == StubFault::kStatus503 ||
             (fault == StubFault::kBurst && number % 2 == 1)) {
    reply = Plain(503, R"({"error":{"message":"busy"}})");
  } else if (fault == StubFault::kNotStreaming) {
    reply = Plain(200, R"({"choices":[{"text":" word"}]})");
  } else if (fault == StubFault::kGarbage) {
    reply = "220 stub ESMTP\r\n";
  }
  if (!reply.empty()) {
    co_await asio::async_write(socket, asio::buffer(reply), Into(error));
    co_return !error && fault != StubFault::kGarbage;
  }
  if (fault == StubFault::kSilent) co_return co_await AwaitEnd(socket);
  co_return co_await Stream(socket, Read(request), fault);
}

asio::awaitable<bool> StubServer::Impl::AwaitEnd(tcp::socket& socket) {
  char byte = 0;
  Error error;
  co_await socket.async_read_some(asio::buffer(&byte, 1), Into(error));
  co_return false;
}

asio::awaitable<bool> StubServer::Impl::Flood(tcp::socket& socket,
                                              std::string begin) {
  const std::string chunk = "10000\r\n" + std::string(1 << 16, 'x') + "\r\n";
  Error error;
  co_await asio::async_write(socket, asio::buffer(begin), Into(error));
  while (!error) {
    co_await asio::async_write(socket, asio::buffer(chunk), Into(error));
  }
  co_return false;
}

asio::awaitable<bool> StubServer::Impl::Stream(tcp::socket& socket,
                                               const Asked& asked,
                                               StubFault fault) {
  const Seconds start = clock.Now();
  std::string out;
  if (fault == StubFault::kInterim) {
    out = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: x\r\n\r\n";
  }
  out += "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\n";
  if (fault == StubFault::kEncoded) out += "Content-Encoding: gzip\r\n";
  out += "Transfer-Encoding: chunked\r\n\r\n";
  const std::string event = TokenEvent(asked);
  const int tokens = asked.tokens - (fault == StubFault::kShort ? 1 : 0);
  Error error;
  asio::steady_timer timer(context);
  auto next = std::chrono::steady_clock::now();
  for (int i = 0; i < tokens && !error; ++i) {
    const Seconds pause = i == 0 ? options.first_token : options.per_token;
    if (pause.count() > 0) {
      if (i > 0)
        co_await asio::async_write(socket, asio::buffer(out), Into(error));
      if (i > 0) out.clear();
      next += std::chrono::duration_cast<std::chrono::nanoseconds>(pause);
      timer.expires_at(next);
      co_await timer.async_wait(Into(error));
    }
    AppendEvent(event, out);
    if (i == 0) ttft_sum = ttft_sum + (clock.Now() - start).count();
    if (i == 1 && fault == StubFault::kRepeatedToken) AppendEvent(event, out);
    if (i == 0 && fault == StubFault::kMalformed) AppendEvent("{\"cho", out);
    if (i == 0 && fault == StubFault::kErrorEvent) {
      AppendEvent(R"({"error":{"message":"broken"}})", out);
    }
  }
  if (fault == StubFault::kFlood) {
    co_return co_await Flood(socket, std::move(out));
  }
  if (fault != StubFault::kCutOff) out += Ending(asked, fault);
  if (!error)
    co_await asio::async_write(socket, asio::buffer(out), Into(error));
  if (fault == StubFault::kEndless) co_return co_await AwaitEnd(socket);
  co_return !error && fault != StubFault::kCutOff &&
      fault != StubFault::kClosing;
}

std::string StubServer::Impl::Ending(const Asked& asked,
                                     StubFault fault) const {
  std::string out;
  if (fault != StubFault::kNoFinish) {
    AppendEvent(
        asked.chat
            ? R"({"choices":[{"index":0,"delta":{},"finish_reason":"length"}]})"
            : R"({"choices":[{"index":0,"text":"","finish_reason":"length"}]})",
        out);
  }
  const int said = asked.tokens - (fault == StubFault::kShort ? 1 : 0) +
                   (fault == StubFault::kMissingToken ? 1 : 0);
  if (fault != StubFault::kNoUsage) {
    AppendEvent(R"({"choices":[],"usage":{"prompt_tokens":7,)"
                R"("completion_tokens":)" +
                    std::to_string(said) + R"(,"energy":{"joules":)" +
                    std::to_string(options.joules_per_token * said) +
                    R"(,"method":"modelled"}}})",
                out);
  }
  if (fault != StubFault::kNoDone) AppendEvent("[DONE]", out);
  return fault == StubFault::kEndless ? out : out + "0\r\n\r\n";
}

StubServer::StubServer(const StubOptions& options)
    : impl_(std::make_unique<Impl>(options)) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(),
                               static_cast<uint16_t>(options.port));
  impl_->acceptor.open(endpoint.protocol());
  impl_->acceptor.set_option(tcp::acceptor::reuse_address(true));
  impl_->acceptor.bind(endpoint);
  impl_->acceptor.listen(asio::socket_base::max_listen_connections);
  asio::co_spawn(impl_->context, impl_->Accept(), asio::detached);
  impl_->thread = std::thread([this] { impl_->context.run(); });
}

StubServer::~StubServer() {
  impl_->context.stop();
  impl_->thread.join();
}

int StubServer::port() const { return impl_->acceptor.local_endpoint().port(); }

std::string StubServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + path;
}

int64_t StubServer::requests() const { return impl_->requests; }

Seconds StubServer::ttft_sum() const { return Seconds(impl_->ttft_sum); }

}  // namespace mj
