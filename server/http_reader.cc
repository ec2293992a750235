#include "server/http_reader.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/call_origin.h"
#include "server/http_deadline.h"
#include "server/http_target.h"
#include "server/load_report.h"
#include "server/reply_id.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using Error = boost::system::error_code;

std::string Text(boost::string_view view) {
  return std::string(view.data(), view.size());
}

std::string RequestId(const std::string& given) {
  return IsRequestId(given) ? given : MakeReplyId("req-");
}

bool IsRequestHeader(const std::string& name) {
  return absl::StartsWith(name, "x-millijoule-") ||
         absl::StartsWith(name, "x-llm-d-") || name == "traceparent" ||
         name == kLoadFormatHeader;
}

struct Denial {
  int status;
  std::string message;
};

// The reply to what Beast could not read; nothing for a broken connection.
std::optional<Denial> DenialOf(const Error& error, const HttpOptions& options) {
  if (error == http::error::body_limit) {
    return Denial{413, absl::StrCat("the body is over the limit of ",
                                    options.max_body_bytes, " bytes")};
  }
  if (error == http::error::header_limit) {
    return Denial{431, absl::StrCat("the headers are over the limit of ",
                                    options.max_header_bytes, " bytes")};
  }
  const bool is_http_error =
      error.category() ==
      http::make_error_code(http::error::bad_method).category();
  const bool cut = error == http::error::end_of_stream ||
                   error == http::error::partial_message;
  if (!is_http_error || cut) return std::nullopt;
  return Denial{400, absl::StrCat("not an HTTP request: ", error.message())};
}

}  // namespace

HttpReader::HttpReader(const HttpOptions& options, const Api& api,
                       asio::ip::tcp::socket& socket)
    : options_(options),
      api_(api),
      socket_(socket),
      buffer_(options.max_header_bytes + (64 << 10)) {}

asio::awaitable<bool> HttpReader::ReadHead(Parser& parser, Seconds limit,
                                           IncomingRequest& incoming) {
  Error error;
  Deadline deadline(socket_, limit);
  co_await http::async_read_header(socket_, buffer_, parser,
                                   redirect_error(use_awaitable, error));
  const bool started = parser.got_some() || buffer_.size() > 0;
  if (deadline.passed() && started) {
    incoming.refusal = api_.Deny(
        incoming.exchange.call, 408,
        absl::StrCat("the request's head took over ", limit.count(), " s"));
  } else if (error) {
    DenyReadError(error, incoming);
  }
  co_return !error;
}

asio::awaitable<bool> HttpReader::ReadBody(Parser& parser,
                                           IncomingRequest& incoming) {
  static constexpr boost::string_view kContinue =
      "HTTP/1.1 100 Continue\r\n\r\n";
  Error error;
  Deadline deadline(socket_, options_.body_timeout);
  if (parser.get()[http::field::expect] == "100-continue") {
    co_await asio::async_write(socket_,
                               asio::buffer(kContinue.data(), kContinue.size()),
                               redirect_error(use_awaitable, error));
  }
  if (!error) {
    co_await http::async_read(socket_, buffer_, parser,
                              redirect_error(use_awaitable, error));
  }
  if (deadline.passed()) {
    incoming.refusal =
        api_.Deny(incoming.exchange.call, 408,
                  absl::StrCat("the request's body took over ",
                               options_.body_timeout.count(), " s"));
  } else if (error) {
    DenyReadError(error, incoming);
  }
  co_return !error;
}

void HttpReader::DenyReadError(const Error& error,
                               IncomingRequest& incoming) const {
  const std::optional<Denial> denial = DenialOf(error, options_);
  if (!denial) return;
  incoming.refusal =
      api_.Deny(incoming.exchange.call, denial->status, denial->message);
}

void HttpReader::TakeHead(const Parser& parser, HttpExchange& exchange) const {
  const auto& head = parser.get();
  const std::string target = Text(head.target());
  exchange.call.method = Text(head.method_string());
  exchange.call.path = PathOfTarget(target).value_or("");
  exchange.call.authorization = Text(head[http::field::authorization]);
  for (const auto& field : head) {
    const std::string name = absl::AsciiStrToLower(Text(field.name_string()));
    if (!IsRequestHeader(name)) continue;
    exchange.call.headers.emplace(name, Text(field.value()));
  }
  exchange.version = head.version();
  exchange.keep_alive = head.keep_alive();
  exchange.head_only = head.method() == http::verb::head;
  exchange.preflight =
      head.method() == http::verb::options && !options_.allow_origin.empty();
  exchange.origin = Text(head[http::field::origin]);
  exchange.wanted_headers =
      Text(head[http::field::access_control_request_headers]);
  exchange.call.request_id = RequestId(Text(head["x-request-id"]));
}

std::optional<HttpReply> HttpReader::RefuseHead(
    const Parser& parser, const HttpExchange& exchange) const {
  const auto& head = parser.get();
  if (head.version() >= 11 && head.count(http::field::host) == 0) {
    return api_.Deny(exchange.call, 400, "HTTP/1.1 needs a Host header");
  }
  if (exchange.call.path.empty()) {
    return api_.Deny(exchange.call, 400,
                     absl::StrCat("the request target '", Text(head.target()),
                                  "' is malformed"));
  }
  if (exchange.preflight) return std::nullopt;
  if (auto refused = api_.Refuse(exchange.call)) return refused;
  const bool has_length = parser.content_length() || parser.chunked();
  if (exchange.call.method == "POST" && !has_length) {
    return api_.Deny(exchange.call, 411,
                     "POST needs Content-Length or a chunked body");
  }
  return std::nullopt;
}

asio::awaitable<IncomingRequest> HttpReader::Read(Seconds head_limit) {
  IncomingRequest incoming;
  incoming.exchange.call.request_id = MakeReplyId("req-");
  Parser parser;
  parser.header_limit(options_.max_header_bytes);
  parser.body_limit(options_.max_body_bytes);
  if (!co_await ReadHead(parser, head_limit, incoming)) co_return incoming;
  TakeHead(parser, incoming.exchange);
  incoming.refusal = RefuseHead(parser, incoming.exchange);
  // Bodies of refused requests are not worth reading.
  const bool has_body =
      parser.chunked() || parser.content_length().value_or(0) > 0;
  if (incoming.refusal && has_body) co_return incoming;
  incoming.whole = co_await ReadBody(parser, incoming);
  incoming.exchange.call.body = std::move(parser.get().body());
  co_return incoming;
}

}  // namespace mj
