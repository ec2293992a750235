#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/http_link.h"
#include "bench/load/transport.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = HttpLink::Error;

constexpr Seconds kLimit(5);

struct Got {
  http::response_parser<http::string_body> parser;
  std::string error;
};

asio::awaitable<void> Read(HttpLink& link, Got& got) {
  got.parser.eager(true);
  std::array<char, 16384> buffer;
  size_t held = 0;  // bytes that the parser wants again, with more behind them
  Error error;
  while (!got.parser.is_done() && got.error.empty()) {
    held += co_await link.ReadSome(
        asio::buffer(buffer.data() + held, buffer.size() - held), error);
    if (error) {
      // A reply of no stated length ends with the connection.
      const bool ended = error == asio::error::eof ||
                         error == asio::ssl::error::stream_truncated;
      if (ended && got.parser.got_some()) got.parser.put_eof(error);
      if (error) got.error = "connection_lost";
      co_return;
    }
    const size_t used =
        got.parser.put(asio::buffer(buffer.data(), held), error);
    if (error == http::error::need_more) error = {};
    held -= used;
    std::copy_n(buffer.begin() + used, held, buffer.begin());
    if (error || held == buffer.size()) got.error = "malformed_http";
  }
}

asio::awaitable<void> Get(HttpDialer& dialer, const std::string& request,
                          asio::io_context& context, Got& got) {
  const std::unique_ptr<HttpLink> link = dialer.NewLink();
  TimeLimit limit(context, kLimit);
  limit.Guard(link.get());
  got.error = co_await link->Connect(dialer.endpoints());
  if (got.error.empty() && co_await link->Write(request)) {
    got.error = "connection_lost";
  }
  if (got.error.empty()) co_await Read(*link, got);
  if (limit.passed()) got.error = "timeout";
  limit.Guard(nullptr);
}

}  // namespace

absl::StatusOr<std::string> HttpGet(const Target& target,
                                    const RequestStyle& style,
                                    const std::string& path) {
  const std::string what =
      absl::StrCat("GET ", path, " of ", target.host, ":", target.port, ": ");
  asio::io_context context{1};
  HttpDialer dialer(context, target);
  Got got;
  if (dialer.endpoints().empty()) {
    return absl::UnavailableError(what + "resolve_failed");
  }
  const std::string request = HttpGetRequest(target, style, path);
  asio::co_spawn(context, Get(dialer, request, context, got), asio::detached);
  context.run();
  if (!got.error.empty()) return absl::UnavailableError(what + got.error);
  if (got.parser.get().result_int() != 200) {
    return absl::UnavailableError(
        absl::StrCat(what, "status ", got.parser.get().result_int()));
  }
  return std::move(got.parser.get().body());
}

}  // namespace mj
