// One HTTP connection, from its first byte to its last.
#ifndef MILLIJOULE_SERVER_HTTP_SESSION_H_
#define MILLIJOULE_SERVER_HTTP_SESSION_H_

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <string>
#include <utility>

#include "server/api.h"
#include "server/http_server.h"
#include "server/http_signal.h"
#include "server/logging.h"

namespace mj {

// What all connections share; outlives them.
struct HttpShared {
  HttpOptions options;
  Api& api;
  Logger& log;
  boost::asio::io_context& context;
  boost::asio::thread_pool& workers;
  std::shared_ptr<PostGate> gate;
  std::atomic<int>& active_calls;
};

// Network thread only.
class HttpSession final {
 public:
  HttpSession(HttpShared& shared, boost::asio::ip::tcp::socket socket);

  // Serves request after request until one side ends it.
  boost::asio::awaitable<void> Run();

 private:
  using Parser =
      boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Fields = boost::beast::http::fields;
  using Error = boost::system::error_code;

  // What replies need to know of their request.
  struct Exchange {
    HttpCall call;
    unsigned version = 11;
    bool keep_alive = false;
    bool head_only = false;  // HEAD
    std::string origin;
    std::string request_id;
    std::string wanted_headers;  // of a CORS preflight
    bool preflight = false;
  };

  // The next request, or why there is none: a reply to send before the
  // connection ends, or nothing where nobody waits for one.
  struct Incoming {
    bool ok = false;
    std::optional<HttpReply> refusal;
    Exchange exchange;
  };
  boost::asio::awaitable<Incoming> ReadRequest(Seconds head_limit);
  boost::asio::awaitable<bool> ReadHead(Parser& parser, Seconds limit,
                                        Incoming& incoming);
  boost::asio::awaitable<bool> ReadBody(Parser& parser, Incoming& incoming);
  std::optional<HttpReply> RefuseHead(const Parser& parser,
                                      const Exchange& exchange) const;

  // Each returns whether the connection can go on.
  boost::asio::awaitable<bool> Answer(Exchange& exchange);
  boost::asio::awaitable<bool> Follow(Exchange& exchange,
                                      Generation& generation);
  boost::asio::awaitable<bool> Send(const Exchange& exchange,
                                    const HttpReply& reply);
  boost::asio::awaitable<bool> SendStreamHead(const Exchange& exchange);
  boost::asio::awaitable<bool> SendEvents(const Exchange& exchange,
                                          const std::string& events);
  boost::asio::awaitable<bool> SendStreamEnd(const Exchange& exchange);
  boost::asio::awaitable<void> Linger();

  HttpReply Preflight(const Exchange& exchange) const;
  void AddCommonHeaders(const Exchange& exchange, Fields& fields) const;
  void WatchForDisconnect();
  void StopWatching();

  HttpShared& shared_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  std::shared_ptr<Signal> signal_;
  std::shared_ptr<bool> client_gone_;  // set by the watch
  bool watching_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_SESSION_H_
