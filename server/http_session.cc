#include "server/http_session.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "server/http_deadline.h"

namespace mj {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;

// Bodies beyond it queue for a worker of their own: however many come, they
// hold up one another only.
constexpr size_t kBigBody = 256 << 10;

// Counts a call as active while it lives.
class ActiveCall final {
 public:
  explicit ActiveCall(std::atomic<int>& count) : count_(count) { ++count_; }
  ~ActiveCall() { --count_; }
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;

 private:
  std::atomic<int>& count_;
};

asio::awaitable<Outcome> HandleHere(Api& api, const HttpCall& call,
                                    std::function<void()> wake) {
  co_return api.Handle(call, std::move(wake));
}

}  // namespace

HttpSession::HttpSession(HttpShared& shared, asio::ip::tcp::socket socket)
    : shared_(shared),
      socket_(std::move(socket)),
      reader_(shared.options, shared.api, socket_),
      writer_(shared.options, socket_),
      signal_(std::make_shared<Signal>(shared.context)),
      client_gone_(std::make_shared<bool>(false)) {}

asio::awaitable<void> HttpSession::Run() {
  Seconds head_limit = shared_.options.head_timeout;
  for (bool goes_on = true; goes_on;) {
    IncomingRequest incoming = co_await reader_.Read(head_limit);
    if (!incoming.whole && !incoming.refusal) co_return;  // nobody waits
    // Who is told to connect anew when this replica ends goes to another.
    if (!incoming.whole || !shared_.api.ready()) {
      incoming.exchange.keep_alive = false;
    }
    if (incoming.refusal) {
      goes_on = co_await writer_.Send(incoming.exchange, *incoming.refusal);
    } else {
      goes_on = co_await Answer(incoming.exchange);
    }
    shared_.log.debug("{} {} {}", incoming.exchange.call.request_id,
                      incoming.exchange.call.method,
                      incoming.exchange.call.path);
    head_limit = shared_.options.idle_timeout;
  }
  if (!*client_gone_) co_await Linger();
}

asio::awaitable<bool> HttpSession::Answer(HttpExchange& exchange) {
  const ActiveCall active(shared_.active_calls);
  if (exchange.preflight) {
    co_return co_await writer_.Send(exchange, HttpWriter::Preflight(exchange));
  }
  std::function<void()> wake = Signal::Waker(shared_.gate, signal_);
  Outcome outcome;
  if (Api::is_quick(exchange.call)) {
    outcome = shared_.api.Handle(exchange.call, std::move(wake));
  } else {
    asio::thread_pool& pool = exchange.call.body.size() > kBigBody
                                  ? shared_.big_worker
                                  : shared_.workers;
    outcome = co_await asio::co_spawn(
        pool.get_executor(),
        HandleHere(shared_.api, exchange.call, std::move(wake)),
        asio::use_awaitable);
  }
  exchange.call.body = std::string();  // megabytes, of each call that waits
  if (auto* reply = std::get_if<HttpReply>(&outcome)) {
    co_return co_await writer_.Send(exchange, *reply);
  }
  co_return co_await Follow(exchange,
                            *std::get<std::unique_ptr<Generation>>(outcome));
}

asio::awaitable<bool> HttpSession::Follow(const HttpExchange& exchange,
                                          Generation& generation) {
  const bool goes_on = co_await Tell(exchange, generation);
  StopWatching();
  if (!generation.all_ended()) {
    // Where a part failed, the client was told so.
    const bool gone = generation.status().ok();
    generation.Cancel(gone);
    // The engine may take a step more, or be stuck; the descriptor is free now.
    Error ignored;
    if (gone) socket_.close(ignored);
    std::string unread;
    generation.Advance(unread);
    while (!generation.all_ended()) {
      co_await signal_->Wait();
      generation.Advance(unread);
    }
  }
  co_return goes_on;
}

asio::awaitable<bool> HttpSession::Tell(const HttpExchange& exchange,
                                        Generation& generation) {
  WatchForDisconnect();
  bool started = false;
  std::string events;
  while (!generation.finished()) {
    co_await signal_->Wait();
    if (*client_gone_) co_return false;
    events.clear();
    generation.Advance(events);
    if (events.empty()) continue;
    // An error before the first event can still be an HTTP error.
    if (!started && !generation.status().ok()) break;
    if (!started && !co_await writer_.StartStream(
                        exchange, shared_.api.LoadHeaders(exchange.call))) {
      co_return false;
    }
    started = true;
    if (!co_await writer_.SendEvents(exchange, events)) co_return false;
  }
  StopWatching();
  if (started) {
    const bool ended = co_await writer_.EndStream(exchange);
    co_return ended&& generation.status().ok();
  }
  if (!generation.status().ok()) {
    co_return co_await writer_.Send(exchange, ErrorReply(generation.status()));
  }
  HttpReply reply = JsonReply(generation.Reply());
  reply.headers = shared_.api.LoadHeaders(exchange.call);
  co_return co_await writer_.Send(exchange, reply);
}

// A close with unread input resets the connection, and the client may lose
// the reply: so the input is read away first, for a while.
asio::awaitable<void> HttpSession::Linger() {
  constexpr Seconds kLinger{2};
  Error error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  Deadline deadline(socket_, kLinger);
  std::array<char, 16384> scratch;
  while (!error) {
    co_await socket_.async_read_some(
        asio::buffer(scratch),
        asio::redirect_error(asio::use_awaitable, error));
  }
}

// While the engine works nothing is read, so that a client that has gone is
// noticed by its socket's readiness: no bytes to read means the end.
void HttpSession::WatchForDisconnect() {
  socket_.async_wait(
      asio::ip::tcp::socket::wait_read,
      [signal = std::weak_ptr<Signal>(signal_), gone = client_gone_,
       fd = socket_.native_handle()](const Error& error) {
        const auto alive = signal.lock();
        if (error || !alive) return;  // nobody watches any more
        char byte = 0;
        const ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        const bool later = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (n > 0 || later) return;  // the next request, sent ahead
        *gone = true;
        alive->Notify();
      });
}

void HttpSession::StopWatching() {
  Error ignored;
  socket_.cancel(ignored);
}

}  // namespace mj
