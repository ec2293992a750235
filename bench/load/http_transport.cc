#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/http_link.h"
#include "bench/load/reply_check.h"
#include "bench/load/transport.h"
#include "hw_backends/clock.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = HttpLink::Error;

// A reply as it is read: HTTP around the events of a stream.
class HttpReplyReader final {
 public:
  HttpReplyReader(int asked_tokens, bool lists_tokens)
      : stream_(asked_tokens, lists_tokens) {
    parser_.body_limit(boost::none);
    parser_.eager(true);
  }

  // False: something is wrong with it, as error() says.
  bool Take(const char* bytes, size_t size, Seconds now) {
    Error error;
    for (size_t used = 0; used < size && !parser_.is_done();) {
      used += parser_.put(asio::buffer(bytes + used, size - used), error);
      if (error == http::error::need_more) {
        // The parser wants these bytes again, with more behind them.
        rest_.assign(bytes + used, size - used);
        break;
      }
      if (error) return Fail("malformed_http");
    }
    if (!parser_.is_header_done()) return true;
    const auto& reply = parser_.get();
    if (reply.result_int() != 200) {
      return Fail(absl::StrCat("http_", reply.result_int()));
    }
    if (!IsStream()) return Fail("not_streaming");
    std::string& body = parser_.get().body();
    if (!body.empty()) stream_.Feed(body, now);
    body.clear();
    return true;
  }

  // The connection ended; a reply of no stated length ends with it.
  void TakeEnd() {
    Error error;
    parser_.put_eof(error);
    if (error) Fail("connection_lost");
  }

  // The first kind stays. Returns false.
  bool Fail(std::string kind) {
    if (error_.empty()) error_ = std::move(kind);
    return false;
  }

  // Bytes that go before the next ones.
  std::string TakeRest() { return std::exchange(rest_, {}); }
  bool done() const { return parser_.is_done(); }
  bool keeps_connection() const {
    return parser_.is_done() && parser_.keep_alive();
  }
  std::string error() { return error_.empty() ? stream_.End() : error_; }
  Reply& reply() { return stream_.reply(); }

 private:
  bool IsStream() const {
    return parser_.get()[http::field::content_type].starts_with(
        "text/event-stream");
  }

  http::response_parser<http::string_body> parser_;
  StreamReader stream_;
  std::string rest_, error_;
};

class HttpTransport final : public Transport {
 public:
  HttpTransport(asio::io_context& context, const Target& target,
                const RequestStyle& style)
      : context_(context),
        target_(target),
        style_(style),
        dialer_(context, target) {}

  void Start(const Prompt& prompt, int output_tokens, Done done) override {
    std::string request =
        HttpRequest(target_, style_,
                    RequestBody(target_.api, style_, prompt, output_tokens));
    asio::co_spawn(context_,
                   Exchange(std::move(request), output_tokens, std::move(done)),
                   asio::detached);
  }
  int64_t parts() const override { return parts_; }
  int reconnects() const override { return reconnects_; }

 private:
  asio::awaitable<void> Exchange(std::string request, int output_tokens,
                                 Done done);
  // False: the server had closed a kept connection before it saw the request.
  asio::awaitable<bool> TryKept(const std::string& request, TimeLimit& limit,
                                HttpReplyReader& reader);
  asio::awaitable<void> TryNew(const std::string& request, TimeLimit& limit,
                               HttpReplyReader& reader, std::string& error);
  // How many bytes of a reply came; the reader knows what is wrong with them.
  asio::awaitable<size_t> Talk(HttpLink& link, const std::string& request,
                               HttpReplyReader& reader);
  void Keep(std::unique_ptr<HttpLink> link, const HttpReplyReader& reader);

  asio::io_context& context_;
  const Target target_;
  const RequestStyle style_;
  HttpDialer dialer_;
  std::vector<std::unique_ptr<HttpLink>> kept_;  // idle, the last used last
  int64_t parts_ = 0;
  int reconnects_ = 0;
  const SteadyClock clock_;
};

asio::awaitable<void> HttpTransport::Exchange(std::string request,
                                              int output_tokens, Done done) {
  const Seconds start = clock_.Now();
  TimeLimit limit(context_, style_.timeout);
  HttpReplyReader reader(output_tokens, style_.lists_tokens);
  reader.reply().sent = start;
  std::string error;
  if (!co_await TryKept(request, limit, reader)) {
    co_await TryNew(request, limit, reader, error);
  }
  if (error.empty()) error = reader.error();
  Reply reply = std::move(reader.reply());
  reply.finished = clock_.Now();
  reply.error = limit.passed() ? "timeout" : std::move(error);
  done(std::move(reply));
}

asio::awaitable<bool> HttpTransport::TryKept(const std::string& request,
                                             TimeLimit& limit,
                                             HttpReplyReader& reader) {
  if (kept_.empty()) co_return false;
  std::unique_ptr<HttpLink> link = std::move(kept_.back());
  kept_.pop_back();
  limit.Guard(link.get());
  const size_t received = co_await Talk(*link, request, reader);
  limit.Guard(nullptr);
  if (received == 0 && !limit.passed()) {
    ++reconnects_;
    co_return false;
  }
  if (received > 0) Keep(std::move(link), reader);
  co_return true;
}

asio::awaitable<void> HttpTransport::TryNew(const std::string& request,
                                            TimeLimit& limit,
                                            HttpReplyReader& reader,
                                            std::string& error) {
  if (dialer_.endpoints().empty()) {
    error = "resolve_failed";
    co_return;
  }
  std::unique_ptr<HttpLink> link = dialer_.NewLink();
  limit.Guard(link.get());
  error = co_await link->Connect(dialer_.endpoints());
  if (error.empty() && co_await Talk(*link, request, reader) == 0) {
    error = "connection_lost";
  }
  limit.Guard(nullptr);
  if (error.empty()) Keep(std::move(link), reader);
}

asio::awaitable<size_t> HttpTransport::Talk(HttpLink& link,
                                            const std::string& request,
                                            HttpReplyReader& reader) {
  reader.reply().sent = clock_.Now();
  Error error = co_await link.Write(request);
  std::array<char, 16384> buffer;
  size_t received = 0;
  while (!error && !reader.done()) {
    const std::string rest = reader.TakeRest();
    if (rest.size() == buffer.size()) {  // and it is still no HTTP
      reader.Fail("malformed_http");
      break;
    }
    std::copy(rest.begin(), rest.end(), buffer.begin());
    const size_t n = co_await link.ReadSome(
        asio::buffer(buffer.data() + rest.size(), buffer.size() - rest.size()),
        error);
    received += n;
    const size_t known = reader.reply().text_times.size();
    if (error) {
      if (received > 0) reader.TakeEnd();
    } else if (!reader.Take(buffer.data(), rest.size() + n, clock_.Now())) {
      break;
    }
    parts_ += static_cast<int64_t>(reader.reply().text_times.size() - known);
  }
  co_return received;
}

void HttpTransport::Keep(std::unique_ptr<HttpLink> link,
                         const HttpReplyReader& reader) {
  if (reader.keeps_connection() && link->is_open()) {
    kept_.push_back(std::move(link));
  }
}

}  // namespace

std::unique_ptr<Transport> MakeHttpTransport(asio::io_context& context,
                                             const Target& target,
                                             const RequestStyle& style) {
  return std::make_unique<HttpTransport>(context, target, style);
}

}  // namespace mj
