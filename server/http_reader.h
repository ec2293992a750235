// Reads the requests of one connection, each within its limits.
#ifndef MILLIJOULE_SERVER_HTTP_READER_H_
#define MILLIJOULE_SERVER_HTTP_READER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "server/api.h"
#include "server/http_exchange.h"
#include "server/http_server.h"

namespace mj {

// Network thread only.
class HttpReader final {
 public:
  HttpReader(const HttpOptions& options, const Api& api,
             boost::asio::ip::tcp::socket& socket);

  // Refuses what is too large, too slow or no HTTP, and what `api` refuses
  // by the head alone, whose body is then not read.
  boost::asio::awaitable<IncomingRequest> Read(Seconds head_limit);

 private:
  using Parser =
      boost::beast::http::request_parser<boost::beast::http::string_body>;

  boost::asio::awaitable<bool> ReadHead(Parser& parser, Seconds limit,
                                        IncomingRequest& incoming);
  boost::asio::awaitable<bool> ReadBody(Parser& parser,
                                        IncomingRequest& incoming);
  void DenyReadError(const boost::system::error_code& error,
                     IncomingRequest& incoming) const;
  void TakeHead(const Parser& parser, HttpExchange& exchange) const;
  std::optional<HttpReply> RefuseHead(const Parser& parser,
                                      const HttpExchange& exchange) const;

  const HttpOptions& options_;
  const Api& api_;
  boost::asio::ip::tcp::socket& socket_;
  boost::beast::flat_buffer buffer_;  // what came after the last request
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_READER_H_
