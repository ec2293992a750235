#include "bench/load/http_link.h"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

namespace mj {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = HttpLink::Error;
using TlsStream = asio::ssl::stream<tcp::socket>;

auto Into(Error& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

std::string ConnectError(const Error& error) {
  if (error == asio::error::connection_refused) return "connect_refused";
  if (error == asio::error::timed_out) return "connect_timeout";
  if (error == asio::error::no_descriptors) return "too_many_open_files";
  return "connect_failed";
}

asio::awaitable<std::string> ShakeHands(tcp::socket&) { co_return ""; }

asio::awaitable<std::string> ShakeHands(TlsStream& stream) {
  Error error;
  co_await stream.async_handshake(TlsStream::client, Into(error));
  if (!error) co_return "";
  const bool untrusted =
      SSL_get_verify_result(stream.native_handle()) != X509_V_OK;
  co_return untrusted ? "tls_untrusted" : "tls_failed";
}

template <class Stream>
class LinkOver final : public HttpLink {
 public:
  template <class... Args>
  explicit LinkOver(Args&... args) : stream_(args...) {}

  Stream& stream() { return stream_; }

  asio::awaitable<std::string> Connect(
      const tcp::resolver::results_type& endpoints) override {
    Error error;
    // What follows tells a socket that cannot be opened as an operation that
    // was aborted.
    socket().open(endpoints.begin()->endpoint().protocol(), error);
    if (error == asio::error::no_descriptors) co_return ConnectError(error);
    co_await asio::async_connect(socket(), endpoints, Into(error));
    if (error) co_return ConnectError(error);
    Error ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    co_return co_await ShakeHands(stream_);
  }

  asio::awaitable<Error> Write(std::string_view bytes) override {
    Error error;
    co_await asio::async_write(
        stream_, asio::buffer(bytes.data(), bytes.size()), Into(error));
    co_return error;
  }

  asio::awaitable<size_t> ReadSome(asio::mutable_buffer buffer,
                                   Error& error) override {
    co_return co_await stream_.async_read_some(buffer, Into(error));
  }

  asio::awaitable<bool> LostWhatWasWritten() override {
    constexpr std::chrono::milliseconds kWayBack(50);
    Error ignored;
    asio::steady_timer timer(stream_.get_executor(), kWayBack);
    co_await timer.async_wait(Into(ignored));
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(socket().native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    co_return error != 0;
  }

  void Close() override {
    Error ignored;
    socket().close(ignored);
  }
  bool is_open() const override { return stream_.lowest_layer().is_open(); }
  bool is_quiet() override {
    char byte = 0;
    const ssize_t n =
        recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  tcp::socket::lowest_layer_type& socket() { return stream_.lowest_layer(); }

  Stream stream_;
};

}  // namespace

HttpDialer::HttpDialer(asio::io_context& context, const Target& target)
    : context_(context),
      host_(target.host),
      uses_tls_(target.uses_tls),
      tls_(asio::ssl::context::tls_client) {
  Error error;
  endpoints_ = tcp::resolver(context).resolve(host_, target.port, error);
  if (!uses_tls_) return;
  tls_.set_default_verify_paths(error);
  tls_.set_verify_mode(asio::ssl::verify_peer);
}

std::unique_ptr<HttpLink> HttpDialer::NewLink() {
  if (!uses_tls_) return std::make_unique<LinkOver<tcp::socket>>(context_);
  auto link = std::make_unique<LinkOver<TlsStream>>(context_, tls_);
  TlsStream& stream = link->stream();
  Error not_an_address, ignored;
  asio::ip::make_address(host_, not_an_address);
  if (not_an_address) {  // a server of many names is told which
    SSL_set_tlsext_host_name(stream.native_handle(), host_.c_str());
  }
  stream.set_verify_callback(asio::ssl::host_name_verification(host_), ignored);
  return link;
}

TimeLimit::TimeLimit(asio::io_context& context, Seconds limit)
    : timer_(context,
             std::chrono::duration_cast<asio::steady_timer::duration>(limit)),
      state_(std::make_shared<State>()) {
  timer_.async_wait([state = state_](const Error& error) {
    if (error || state->over) return;
    state->passed = true;
    if (state->link) state->link->Close();
  });
}

}  // namespace mj
