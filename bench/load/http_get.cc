#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/transport.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Response = http::response<http::string_body>;

constexpr std::chrono::seconds kLimit{5};

auto Into(Error& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

http::request<http::empty_body> MakeRequest(const Target& target,
                                            const RequestStyle& style,
                                            const std::string& path) {
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, target.host);
  request.set(http::field::connection, "close");
  if (!style.api_key.empty()) {
    request.set(http::field::authorization, "Bearer " + style.api_key);
  }
  return request;
}

asio::awaitable<void> Get(const Target& target,
                          http::request<http::empty_body> request,
                          Response& response, Error& error) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto endpoints =
      co_await resolver.async_resolve(target.host, target.port, Into(error));
  if (error) co_return;
  beast::tcp_stream stream(executor);
  stream.expires_after(kLimit);
  co_await stream.async_connect(endpoints, Into(error));
  if (error) co_return;
  co_await http::async_write(stream, request, Into(error));
  if (error) co_return;
  beast::flat_buffer buffer;
  co_await http::async_read(stream, buffer, response, Into(error));
}

}  // namespace

absl::StatusOr<std::string> HttpGet(const Target& target,
                                    const RequestStyle& style,
                                    const std::string& path) {
  asio::io_context context{1};
  Response response;
  Error error;
  asio::co_spawn(context,
                 Get(target, MakeRequest(target, style, path), response, error),
                 asio::detached);
  context.run();
  const std::string what =
      absl::StrCat("GET ", path, " of ", target.host, ":", target.port);
  if (error) {
    return absl::UnavailableError(absl::StrCat(what, ": ", error.message()));
  }
  if (response.result_int() != 200) {
    return absl::UnavailableError(
        absl::StrCat(what, ": status ", response.result_int()));
  }
  return std::move(response.body());
}

}  // namespace mj
