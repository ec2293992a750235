#include "server/http_server.h"

#include <netinet/tcp.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/http_session.h"

namespace mj {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr int kWorkers = 2;

absl::Status CannotListen(const std::string& address, const Error& error) {
  return absl::UnavailableError(
      absl::StrCat("HTTP: cannot listen on ", address, ": ", error.message()));
}

// "host:port" or "[v6]:port" to an address, names resolved.
absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& address,
                                           asio::io_context& context) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(
        "HTTP: '", address, "' is not HOST:PORT with a port up to 65535"));
  }
  std::string host = address.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  Error error;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(port),
                                      tcp::resolver::passive, error);
  if (error || found.empty()) return CannotListen(address, error);
  return found.begin()->endpoint();
}

// Finds clients that vanished without a word, and sends tokens at once.
void TuneSocket(tcp::socket& socket) {
  Error ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  const auto set = [fd](int option, int value) {
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
  };
  set(TCP_KEEPIDLE, 30);   // seconds of silence before the first probe
  set(TCP_KEEPINTVL, 10);  // seconds between probes
  set(TCP_KEEPCNT, 3);     // probes unanswered until it counts as gone
}

asio::awaitable<void> ServeConnection(HttpShared& shared, tcp::socket socket) {
  HttpSession session(shared, std::move(socket));
  co_await session.Run();
}

}  // namespace

// Members end in reverse: first the workers, whose queue may hold coroutines
// with sockets of `context`; then `context`, whose coroutines use the rest.
struct HttpServer::Impl {
  Impl(const HttpOptions& options, Api& api, Logger& log)
      : shared{options,
               api,
               log,
               context,
               workers,
               big_worker,
               std::make_shared<PostGate>(context),
               active_calls} {}

  absl::Status Listen();
  asio::awaitable<void> AcceptAll();
  asio::awaitable<void> BackOff(const Error& error);

  std::atomic<int> active_calls{0};
  std::chrono::steady_clock::time_point last_warning{};
  HttpShared shared;
  asio::io_context context{1};
  asio::thread_pool workers{kWorkers};
  asio::thread_pool big_worker{1};
  tcp::acceptor acceptor{context};
  std::thread thread;
};

absl::Status HttpServer::Impl::Listen() {
  const std::string& address = shared.options.address;
  const absl::StatusOr<tcp::endpoint> endpoint = ParseAddress(address, context);
  if (!endpoint.ok()) return endpoint.status();
  Error error;
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error ? CannotListen(address, error) : absl::OkStatus();
}

// Out of file descriptors or memory: the connections that are there go on,
// and those that wait in the kernel's queue get their turn later.
asio::awaitable<void> HttpServer::Impl::BackOff(const Error& error) {
  constexpr std::chrono::seconds kWarningPeriod{10};
  constexpr std::chrono::milliseconds kPause{50};
  const auto now = std::chrono::steady_clock::now();
  if (now - last_warning > kWarningPeriod) {
    last_warning = now;
    shared.log.warn("HTTP: cannot accept a connection: {}; trying again",
                    error.message());
  }
  asio::steady_timer timer(context, kPause);
  Error ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> HttpServer::Impl::AcceptAll() {
  while (acceptor.is_open()) {
    Error error;
    tcp::socket socket = co_await acceptor.async_accept(
        asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      co_await BackOff(error);
      continue;
    }
    TuneSocket(socket);
    asio::co_spawn(context, ServeConnection(shared, std::move(socket)),
                   asio::detached);
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const HttpOptions& options, Api& api, Logger& log) {
  auto impl = std::make_unique<Impl>(options, api, log);
  if (absl::Status status = impl->Listen(); !status.ok()) return status;
  asio::co_spawn(impl->context, impl->AcceptAll(), asio::detached);
  impl->thread = std::thread([&context = impl->context] { context.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->shared.gate->Close();
  impl_->context.stop();
  impl_->thread.join();
  for (asio::thread_pool* pool : {&impl_->workers, &impl_->big_worker}) {
    pool->stop();
    pool->join();
  }
}

int HttpServer::port() const {
  Error ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

int HttpServer::active_calls() const { return impl_->active_calls; }

}  // namespace mj
