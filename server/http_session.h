// One HTTP connection, from its first byte to its last.
#ifndef MILLIJOULE_SERVER_HTTP_SESSION_H_
#define MILLIJOULE_SERVER_HTTP_SESSION_H_

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "server/api.h"
#include "server/http_exchange.h"
#include "server/http_reader.h"
#include "server/http_server.h"
#include "server/http_signal.h"
#include "server/http_writer.h"
#include "server/logging.h"

namespace mj {

// What all connections share; outlives them.
struct HttpShared {
  HttpOptions options;
  Api& api;
  Logger& log;
  boost::asio::io_context& context;
  boost::asio::thread_pool& workers;
  boost::asio::thread_pool& big_worker;  // for bodies that take it seconds
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
  // All return whether the connection can go on.
  boost::asio::awaitable<bool> Answer(HttpExchange& exchange);
  // Until the engine is done with all of it, also where the client has gone.
  boost::asio::awaitable<bool> Follow(const HttpExchange& exchange,
                                      Generation& generation);
  boost::asio::awaitable<bool> Tell(const HttpExchange& exchange,
                                    Generation& generation);
  boost::asio::awaitable<void> Linger();
  void WatchForDisconnect();
  void StopWatching();

  HttpShared& shared_;
  boost::asio::ip::tcp::socket socket_;
  HttpReader reader_;
  HttpWriter writer_;
  std::shared_ptr<Signal> signal_;
  std::shared_ptr<bool> client_gone_;  // set by the watch
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_SESSION_H_
