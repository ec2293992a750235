// Byte streams to a server: TCP, or TLS over it for https.
#ifndef MILLIJOULE_BENCH_LOAD_HTTP_LINK_H_
#define MILLIJOULE_BENCH_LOAD_HTTP_LINK_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/target.h"
#include "hw_backends/quantities.h"

namespace mj {

// One stream. What waits on it when it is closed ends with an error.
class HttpLink {
 public:
  using Error = boost::system::error_code;

  virtual ~HttpLink() = default;
  // Shakes hands too. The kind of error (transport.h), or "".
  virtual boost::asio::awaitable<std::string> Connect(
      const boost::asio::ip::tcp::resolver::results_type& endpoints) = 0;
  virtual boost::asio::awaitable<Error> Write(std::string_view bytes) = 0;
  virtual boost::asio::awaitable<size_t> ReadSome(
      boost::asio::mutable_buffer buffer, Error& error) = 0;
  // After an end without a reply: whether the server had closed before it read
  // what was written last, so that it never saw it. Its host then says RST, for
  // which a while is waited; one that comes later, or came in place of the end,
  // is not known from an answer that the server refused.
  virtual boost::asio::awaitable<bool> LostWhatWasWritten() = 0;
  virtual void Close() = 0;
  virtual bool is_open() const = 0;
  // Nothing has come, an end neither: what is written may be read.
  virtual bool is_quiet() = 0;
};

// Makes links to one target. Certificates are checked against the authorities
// that OpenSSL trusts: the host's, and those of the file that the environment's
// SSL_CERT_FILE names. Outlives its links; one thread.
class HttpDialer final {
 public:
  // Looks the host up once.
  HttpDialer(boost::asio::io_context& context, const Target& target);

  std::unique_ptr<HttpLink> NewLink();
  // Empty where the host is unknown.
  const boost::asio::ip::tcp::resolver::results_type& endpoints() const {
    return endpoints_;
  }

 private:
  boost::asio::io_context& context_;
  const std::string host_;
  const bool uses_tls_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::resolver::results_type endpoints_;
};

// Closes a link when its time is over.
class TimeLimit final {
 public:
  TimeLimit(boost::asio::io_context& context, Seconds limit);
  ~TimeLimit() { state_->over = true; }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  void Guard(HttpLink* link) { state_->link = link; }
  bool passed() const { return state_->passed; }

 private:
  struct State {
    HttpLink* link = nullptr;
    bool over = false, passed = false;
  };
  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_HTTP_LINK_H_
