// Writes the replies of one connection: whole, or as a stream of events.
#ifndef MILLIJOULE_SERVER_HTTP_WRITER_H_
#define MILLIJOULE_SERVER_HTTP_WRITER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/fields.hpp>
#include <string>

#include "server/http_exchange.h"
#include "server/http_server.h"

namespace mj {

// Each call returns whether the connection can go on: not where the client
// has gone, or takes nothing for `write_timeout`. Network thread only.
class HttpWriter final {
 public:
  HttpWriter(const HttpOptions& options, boost::asio::ip::tcp::socket& socket)
      : options_(options), socket_(socket) {}

  boost::asio::awaitable<bool> Send(const HttpExchange& exchange,
                                    const HttpReply& reply);
  boost::asio::awaitable<bool> StartStream(const HttpExchange& exchange,
                                           const HttpHeaders& headers);
  boost::asio::awaitable<bool> SendEvents(const HttpExchange& exchange,
                                          const std::string& events);
  boost::asio::awaitable<bool> EndStream(const HttpExchange& exchange);

  // What a CORS preflight gets.
  static HttpReply Preflight(const HttpExchange& exchange);

 private:
  void AddCommonHeaders(const HttpExchange& exchange,
                        boost::beast::http::fields& fields) const;

  const HttpOptions& options_;
  boost::asio::ip::tcp::socket& socket_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_WRITER_H_
