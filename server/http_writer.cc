#include "server/http_writer.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include "server/http_deadline.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using Error = boost::system::error_code;

constexpr const char* kServerName = "millijoule";

// HTTP/1.0 knows no chunks: the end of the connection ends a stream.
bool KnowsChunks(const HttpExchange& exchange) {
  return exchange.version >= 11;
}

}  // namespace

HttpReply HttpWriter::Preflight(const HttpExchange& exchange) {
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

void HttpWriter::AddCommonHeaders(const HttpExchange& exchange,
                                  http::fields& fields) const {
  fields.set(http::field::server, kServerName);
  fields.set("X-Request-Id", exchange.call.request_id);
  const std::string& allowed = options_.allow_origin;
  if (allowed.empty() || exchange.origin.empty()) return;
  if (allowed != "*") fields.set(http::field::vary, "Origin");
  if (allowed == "*" || allowed == exchange.origin) {
    fields.set(http::field::access_control_allow_origin, allowed);
    fields.set(http::field::access_control_expose_headers,
               "X-Request-Id, Retry-After");
  }
}

asio::awaitable<bool> HttpWriter::Send(const HttpExchange& exchange,
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
  Deadline deadline(socket_, options_.write_timeout);
  Error error;
  http::response_serializer<http::string_body> serializer(message);
  co_await http::async_write(socket_, serializer,
                             redirect_error(use_awaitable, error));
  co_return !error && exchange.keep_alive;
}

asio::awaitable<bool> HttpWriter::StartStream(const HttpExchange& exchange,
                                              const HttpHeaders& headers) {
  http::response<http::empty_body> head;
  head.version(exchange.version);
  head.result(http::status::ok);
  head.chunked(KnowsChunks(exchange));
  head.keep_alive(exchange.keep_alive && KnowsChunks(exchange));
  AddCommonHeaders(exchange, head);
  for (const auto& [name, value] : headers) head.set(name, value);
  head.set(http::field::content_type, "text/event-stream; charset=utf-8");
  head.set(http::field::cache_control, "no-cache");
  Deadline deadline(socket_, options_.write_timeout);
  Error error;
  http::response_serializer<http::empty_body> serializer(head);
  co_await http::async_write_header(socket_, serializer,
                                    redirect_error(use_awaitable, error));
  co_return !error;
}

asio::awaitable<bool> HttpWriter::SendEvents(const HttpExchange& exchange,
                                             const std::string& events) {
  Deadline deadline(socket_, options_.write_timeout);
  Error error;
  if (KnowsChunks(exchange)) {
    const auto chunk = http::make_chunk(asio::buffer(events));
    co_await asio::async_write(socket_, chunk,
                               redirect_error(use_awaitable, error));
  } else {
    co_await asio::async_write(socket_, asio::buffer(events),
                               redirect_error(use_awaitable, error));
  }
  co_return !error;
}

asio::awaitable<bool> HttpWriter::EndStream(const HttpExchange& exchange) {
  if (!KnowsChunks(exchange)) co_return false;
  Deadline deadline(socket_, options_.write_timeout);
  Error error;
  const auto end = http::make_chunk_last();
  co_await asio::async_write(socket_, end,
                             redirect_error(use_awaitable, error));
  co_return !error && exchange.keep_alive;
}

}  // namespace mj
