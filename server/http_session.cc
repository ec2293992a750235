#include "server/http_session.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "server/http_deadline.h"
#include "server/reply_id.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::redirect_error;
using asio::use_awaitable;

constexpr const char* kServerName = "millijoule";

std::string Text(boost::string_view view) {
  return std::string(view.data(), view.size());
}

// The client's id where it is fit for a header and a log line, else ours.
std::string RequestId(boost::string_view given) {
  constexpr size_t kMaxLength = 128;
  if (given.empty() || given.size() > kMaxLength) return MakeReplyId("req-");
  return Text(given);
}

// The reply to what Beast could not read; nothing for a broken connection.
std::optional<HttpReply> ReplyToReadError(const boost::system::error_code& e,
                                          const HttpOptions& options) {
  if (e == http::error::body_limit) {
    return ErrorReply(413, absl::StrCat("the body is over the limit of ",
                                        options.max_body_bytes, " bytes"));
  }
  if (e == http::error::header_limit) {
    return ErrorReply(431, absl::StrCat("the headers are over the limit of ",
                                        options.max_header_bytes, " bytes"));
  }
  const bool is_http_error =
      e.category() == http::make_error_code(http::error::bad_method).category();
  const bool cut =
      e == http::error::end_of_stream || e == http::error::partial_message;
  if (!is_http_error || cut) return std::nullopt;
  return ErrorReply(400, absl::StrCat("not an HTTP request: ", e.message()));
}

// Counts a call as active while it lives.
class ActiveCall final {
 public:
  explicit ActiveCall(std::atomic<int>& count) : count_(count) { ++count_; }
  ~ActiveCall() { --count_; }
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;

 private:
  std::atomic<int>& count_;
};

asio::awaitable<Outcome> HandleHere(Api& api, const HttpCall& call,
                                    std::function<void()> wake) {
  co_return api.Handle(call, std::move(wake));
}

}  // namespace

HttpSession::HttpSession(HttpShared& shared, asio::ip::tcp::socket socket)
    : shared_(shared),
      socket_(std::move(socket)),
      buffer_(shared.options.max_header_bytes + (64 << 10)),
      signal_(std::make_shared<Signal>(shared.context)),
      client_gone_(std::make_shared<bool>(false)) {}

asio::awaitable<void> HttpSession::Run() {
  Seconds head_limit = shared_.options.head_timeout;
  while (true) {
    Incoming incoming = co_await ReadRequest(head_limit);
    if (!incoming.ok) {
      if (!incoming.refusal) co_return;
      incoming.exchange.keep_alive = false;
      co_await Send(incoming.exchange, *incoming.refusal);
      co_await Linger();
      co_return;
    }
    if (!co_await Answer(incoming.exchange)) break;
    if (!incoming.exchange.keep_alive) break;
    head_limit = shared_.options.idle_timeout;
  }
  if (!*client_gone_) co_await Linger();
}

asio::awaitable<bool> HttpSession::ReadHead(Parser& parser, Seconds limit,
                                            Incoming& incoming) {
  Error error;
  bool timed_out = false;
  {
    Deadline deadline(socket_, limit);
    co_await http::async_read_header(socket_, buffer_, parser,
                                     redirect_error(use_awaitable, error));
    timed_out = deadline.passed();
  }
  if (timed_out && (parser.got_some() || buffer_.size() > 0)) {
    incoming.refusal = ErrorReply(
        408,
        absl::StrCat("the request's head took over ", limit.count(), " s"));
  } else if (error) {
    incoming.refusal = ReplyToReadError(error, shared_.options);
  }
  co_return !error;
}

asio::awaitable<bool> HttpSession::ReadBody(Parser& parser,
                                            Incoming& incoming) {
  Error error;
  Deadline deadline(socket_, shared_.options.body_timeout);
  if (parser.get()[http::field::expect] == "100-continue") {
    static constexpr boost::string_view kContinue =
        "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(socket_,
                               asio::buffer(kContinue.data(), kContinue.size()),
                               redirect_error(use_awaitable, error));
  }
  if (!error) {
    co_await http::async_read(socket_, buffer_, parser,
                              redirect_error(use_awaitable, error));
  }
  if (deadline.passed()) {
    incoming.refusal = ErrorReply(
        408, absl::StrCat("the request's body took over ",
                          shared_.options.body_timeout.count(), " s"));
  } else if (error) {
    incoming.refusal = ReplyToReadError(error, shared_.options);
  }
  co_return !error;
}

std::optional<HttpReply> HttpSession::RefuseHead(
    const Parser& parser, const Exchange& exchange) const {
  if (exchange.preflight) return std::nullopt;
  if (auto refused = shared_.api.Refuse(exchange.call)) return refused;
  const bool has_length = parser.content_length() || parser.chunked();
  if (exchange.call.method == "POST" && !has_length) {
    return ErrorReply(411, "POST needs Content-Length or a chunked body");
  }
  return std::nullopt;
}

asio::awaitable<HttpSession::Incoming> HttpSession::ReadRequest(
    Seconds head_limit) {
  Incoming incoming;
  Exchange& exchange = incoming.exchange;
  exchange.request_id = MakeReplyId("req-");
  Parser parser;
  parser.header_limit(shared_.options.max_header_bytes);
  parser.body_limit(shared_.options.max_body_bytes);
  if (!co_await ReadHead(parser, head_limit, incoming)) co_return incoming;
  const auto& head = parser.get();
  const std::string target = Text(head.target());
  exchange.call.method = Text(head.method_string());
  exchange.call.path = target.substr(0, target.find('?'));
  exchange.call.authorization = Text(head[http::field::authorization]);
  exchange.version = head.version();
  exchange.keep_alive = head.keep_alive();
  exchange.head_only = head.method() == http::verb::head;
  exchange.origin = Text(head[http::field::origin]);
  exchange.request_id = RequestId(head["x-request-id"]);
  exchange.wanted_headers =
      Text(head[http::field::access_control_request_headers]);
  exchange.preflight = head.method() == http::verb::options &&
                       !shared_.options.allow_origin.empty();
  incoming.refusal = RefuseHead(parser, exchange);
  if (incoming.refusal) {
    // A request without a body leaves the connection usable.
    const bool bodyless =
        !parser.chunked() && parser.content_length().value_or(0) == 0;
    if (!bodyless) co_return incoming;
  }
  if (!co_await ReadBody(parser, incoming)) co_return incoming;
  exchange.call.body = std::move(parser.get().body());
  incoming.ok = true;
  co_return incoming;
}

asio::awaitable<bool> HttpSession::Answer(Exchange& exchange) {
  const ActiveCall active(shared_.active_calls);
  if (exchange.preflight)
    co_return co_await Send(exchange, Preflight(exchange));
  std::function<void()> wake = Signal::Waker(shared_.gate, signal_);
  Outcome outcome;
  if (Api::is_quick(exchange.call)) {
    outcome = shared_.api.Handle(exchange.call, std::move(wake));
  } else {
    outcome = co_await asio::co_spawn(
        shared_.workers.get_executor(),
        HandleHere(shared_.api, exchange.call, std::move(wake)), use_awaitable);
  }
  if (auto* reply = std::get_if<HttpReply>(&outcome)) {
    co_return co_await Send(exchange, *reply);
  }
  co_return co_await Follow(exchange,
                            *std::get<std::unique_ptr<Generation>>(outcome));
}

asio::awaitable<bool> HttpSession::Follow(Exchange& exchange,
                                          Generation& generation) {
  WatchForDisconnect();
  bool head_sent = false;
  std::string events;
  while (!generation.finished()) {
    co_await signal_->Wait();
    if (*client_gone_) co_return false;  // ~Generation cancels
    events.clear();
    generation.Advance(events);
    if (events.empty()) continue;
    // An error before the first event can still be an HTTP error.
    if (!head_sent && !generation.status().ok()) break;
    if (!head_sent && !co_await SendStreamHead(exchange)) co_return false;
    head_sent = true;
    if (!co_await SendEvents(exchange, events)) co_return false;
  }
  StopWatching();
  if (head_sent)
    co_return co_await SendStreamEnd(exchange) && generation.status().ok();
  if (!generation.status().ok()) {
    co_return co_await Send(exchange, ErrorReply(generation.status()));
  }
  co_return co_await Send(exchange, JsonReply(generation.Reply()));
}

HttpReply HttpSession::Preflight(const Exchange& exchange) const {
  HttpReply reply;
  reply.status = 204;
  reply.headers = {{"Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS"},
                   {"Access-Control-Allow-Headers",
                    exchange.wanted_headers.empty()
                        ? "Authorization, Content-Type, X-Request-Id"
                        : exchange.wanted_headers},
                   {"Access-Control-Max-Age", "600"}};
  return reply;
}

void HttpSession::AddCommonHeaders(const Exchange& exchange,
                                   Fields& fields) const {
  fields.set(http::field::server, kServerName);
  fields.set("X-Request-Id", exchange.request_id);
  const std::string& allowed = shared_.options.allow_origin;
  if (allowed.empty() || exchange.origin.empty()) return;
  if (allowed != "*") fields.set(http::field::vary, "Origin");
  if (allowed == "*" || allowed == exchange.origin) {
    fields.set(http::field::access_control_allow_origin, allowed);
    fields.set(http::field::access_control_expose_headers,
               "X-Request-Id, Retry-After");
  }
}

asio::awaitable<bool> HttpSession::Send(const Exchange& exchange,
                                        const HttpReply& reply) {
  http::response<http::string_body> message;
  message.version(exchange.version);
  message.result(reply.status);
  message.keep_alive(exchange.keep_alive);
  AddCommonHeaders(exchange, message);
  for (const auto& [name, value] : reply.headers) message.set(name, value);
  if (reply.status != 204) {
    message.set(http::field::content_type, reply.content_type);
    message.content_length(reply.body.size());
  }
  if (!exchange.head_only) message.body() = reply.body;
  Deadline deadline(socket_, shared_.options.write_timeout);
  Error error;
  http::response_serializer<http::string_body> serializer(message);
  co_await http::async_write(socket_, serializer,
                             redirect_error(use_awaitable, error));
  shared_.log.debug("{} {} {} {}", exchange.request_id, exchange.call.method,
                    exchange.call.path, reply.status);
  co_return !error && exchange.keep_alive;
}

asio::awaitable<bool> HttpSession::SendStreamHead(const Exchange& exchange) {
  http::response<http::empty_body> head;
  head.version(exchange.version);
  head.result(http::status::ok);
  // HTTP/1.0 knows no chunks: the end of the connection ends the stream.
  head.chunked(exchange.version >= 11);
  head.keep_alive(exchange.keep_alive && exchange.version >= 11);
  AddCommonHeaders(exchange, head);
  head.set(http::field::content_type, "text/event-stream; charset=utf-8");
  head.set(http::field::cache_control, "no-cache");
  Deadline deadline(socket_, shared_.options.write_timeout);
  Error error;
  http::response_serializer<http::empty_body> serializer(head);
  co_await http::async_write_header(socket_, serializer,
                                    redirect_error(use_awaitable, error));
  co_return !error;
}

asio::awaitable<bool> HttpSession::SendEvents(const Exchange& exchange,
                                              const std::string& events) {
  Deadline deadline(socket_, shared_.options.write_timeout);
  Error error;
  if (exchange.version >= 11) {
    const auto chunk = http::make_chunk(asio::buffer(events));
    co_await asio::async_write(socket_, chunk,
                               redirect_error(use_awaitable, error));
  } else {
    co_await asio::async_write(socket_, asio::buffer(events),
                               redirect_error(use_awaitable, error));
  }
  co_return !error;
}

asio::awaitable<bool> HttpSession::SendStreamEnd(const Exchange& exchange) {
  if (exchange.version < 11) co_return false;
  Deadline deadline(socket_, shared_.options.write_timeout);
  Error error;
  const auto end = http::make_chunk_last();
  co_await asio::async_write(socket_, end,
                             redirect_error(use_awaitable, error));
  co_return !error;
}

// A close with unread input resets the connection, and the client may lose
// the reply: so the input is read away first, for a while.
asio::awaitable<void> HttpSession::Linger() {
  constexpr Seconds kLinger{2};
  Error error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  Deadline deadline(socket_, kLinger);
  std::array<char, 16384> scratch;
  while (!error) {
    co_await socket_.async_read_some(asio::buffer(scratch),
                                     redirect_error(use_awaitable, error));
  }
}

// While the engine works nothing is read, so that a client that has gone is
// noticed by its socket's readiness: no bytes to read means the end.
void HttpSession::WatchForDisconnect() {
  watching_ = true;
  socket_.async_wait(
      asio::ip::tcp::socket::wait_read,
      [signal = std::weak_ptr<Signal>(signal_), gone = client_gone_,
       fd = socket_.native_handle()](const Error& error) {
        const auto alive = signal.lock();
        if (error || !alive) return;  // nobody watches any more
        char byte = 0;
        const ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        const bool later = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (n > 0 || later) return;  // the next request, sent ahead
        *gone = true;
        alive->Notify();
      });
}

void HttpSession::StopWatching() {
  if (!watching_) return;
  watching_ = false;
  Error ignored;
  socket_.cancel(ignored);
}

}  // namespace mj
