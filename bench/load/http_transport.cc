#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "bench/load/http_link.h"
#include "bench/load/http_reply_reader.h"
#include "bench/load/transport.h"
#include "hw_backends/clock.h"

namespace mj {
namespace {

namespace asio = boost::asio;
using Error = HttpLink::Error;

// How long the end of a body may take after [DONE], for the connection to be
// kept.
constexpr Seconds kMostAfterDone(0.1);

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
  void Cancel() override {
    cancelled_ = true;
    for (HttpLink* link : busy_) link->Close();
  }
  int64_t parts() const override { return parts_; }
  int reconnects() const override { return reconnects_; }

 private:
  // What a link in use is told: its time is over, or the load is.
  class Use;

  asio::awaitable<void> Exchange(std::string request, int output_tokens,
                                 Done done);
  // False: no connection was kept that the server still wants.
  asio::awaitable<bool> TryKept(const std::string& request, TimeLimit& limit,
                                HttpReplyReader& reader);
  asio::awaitable<void> TryNew(const std::string& request, TimeLimit& limit,
                               HttpReplyReader& reader);
  enum class Talked { kNotWritten, kNothingCame, kRead };
  asio::awaitable<Talked> Talk(HttpLink& link, const std::string& request,
                               HttpReplyReader& reader);
  // False: nothing came.
  asio::awaitable<bool> Read(HttpLink& link, HttpReplyReader& reader);
  // Whether the server cannot have seen the request, and another connection is
  // to be tried.
  asio::awaitable<bool> WasUnseen(HttpLink& link, Talked talked,
                                  HttpReplyReader& reader);
  void Keep(std::unique_ptr<HttpLink> link, const HttpReplyReader& reader);

  asio::io_context& context_;
  const Target target_;
  const RequestStyle style_;
  HttpDialer dialer_;
  std::vector<std::unique_ptr<HttpLink>> kept_;  // idle, the last used last
  std::unordered_set<HttpLink*> busy_;
  int64_t parts_ = 0;
  int reconnects_ = 0;
  bool cancelled_ = false;
  const SteadyClock clock_;
};

class HttpTransport::Use final {
 public:
  Use(HttpTransport& transport, TimeLimit& limit, HttpLink& link)
      : transport_(transport), limit_(limit), link_(link) {
    limit_.Guard(&link);
    transport_.busy_.insert(&link);
  }
  ~Use() {
    limit_.Guard(nullptr);
    transport_.busy_.erase(&link_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  HttpTransport& transport_;
  TimeLimit& limit_;
  HttpLink& link_;
};

asio::awaitable<void> HttpTransport::Exchange(std::string request,
                                              int output_tokens, Done done) {
  TimeLimit limit(context_, style_.timeout);
  HttpReplyReader reader(output_tokens, style_.lists_tokens);
  reader.reply().sent = clock_.Now();
  const bool answered = co_await TryKept(request, limit, reader);
  if (!answered && !cancelled_) co_await TryNew(request, limit, reader);
  const bool timed_out = limit.passed() && !reader.is_decided();
  std::string error = timed_out ? "timeout" : reader.error();
  Reply reply = std::move(reader.reply());
  if (reply.finished == Seconds(0)) reply.finished = clock_.Now();
  reply.error = std::move(error);
  done(std::move(reply));
}

asio::awaitable<bool> HttpTransport::TryKept(const std::string& request,
                                             TimeLimit& limit,
                                             HttpReplyReader& reader) {
  while (!cancelled_ && !kept_.empty()) {
    std::unique_ptr<HttpLink> link = std::move(kept_.back());
    kept_.pop_back();
    if (link->is_quiet()) {
      const Use use(*this, limit, *link);
      const Talked talked = co_await Talk(*link, request, reader);
      const bool again = co_await WasUnseen(*link, talked, reader);
      if (!again) {
        Keep(std::move(link), reader);
        co_return true;
      }
    }
    ++reconnects_;
  }
  co_return false;
}

asio::awaitable<bool> HttpTransport::WasUnseen(HttpLink& link, Talked talked,
                                               HttpReplyReader& reader) {
  // A link that is closed was closed here: by the time limit, or Cancel().
  if (talked == Talked::kRead || !link.is_open()) co_return false;
  if (talked == Talked::kNotWritten) co_return true;
  const bool lost = co_await link.LostWhatWasWritten();
  if (lost || !link.is_open()) co_return link.is_open();
  reader.Fail("connection_lost");
  co_return false;
}

asio::awaitable<void> HttpTransport::TryNew(const std::string& request,
                                            TimeLimit& limit,
                                            HttpReplyReader& reader) {
  if (dialer_.endpoints().empty()) {
    reader.Fail("resolve_failed");
    co_return;
  }
  std::unique_ptr<HttpLink> link = dialer_.NewLink();
  const Use use(*this, limit, *link);
  std::string error = co_await link->Connect(dialer_.endpoints());
  if (error.empty()) {
    const Talked talked = co_await Talk(*link, request, reader);
    if (talked != Talked::kRead) error = "connection_lost";
  }
  if (limit.passed()) co_return;
  if (!error.empty()) reader.Fail(std::move(error));
  Keep(std::move(link), reader);
}

asio::awaitable<HttpTransport::Talked> HttpTransport::Talk(
    HttpLink& link, const std::string& request, HttpReplyReader& reader) {
  reader.reply().sent = clock_.Now();
  const Error error = co_await link.Write(request);
  if (error) co_return Talked::kNotWritten;
  const bool came = co_await Read(link, reader);
  co_return came ? Talked::kRead : Talked::kNothingCame;
}

asio::awaitable<bool> HttpTransport::Read(HttpLink& link,
                                          HttpReplyReader& reader) {
  std::array<char, 16384> buffer;
  std::optional<TimeLimit> after_done;
  bool came = false;
  while (!reader.done()) {
    const std::string rest = reader.TakeRest();
    if (rest.size() == buffer.size()) {  // and it is still no HTTP
      reader.Fail("malformed_http");
      co_return true;
    }
    std::copy(rest.begin(), rest.end(), buffer.begin());
    Error error;
    const size_t n = co_await link.ReadSome(
        asio::buffer(buffer.data() + rest.size(), buffer.size() - rest.size()),
        error);
    if (error) {
      if (came && link.is_open()) reader.TakeEnd();  // else closed here
      co_return came;
    }
    came = true;
    const size_t known = reader.reply().text_times.size();
    const bool goes_on =
        reader.Take(buffer.data(), rest.size() + n, clock_.Now());
    parts_ += static_cast<int64_t>(reader.reply().text_times.size() - known);
    if (goes_on || after_done) continue;
    if (reader.has_error() || reader.done()) break;
    after_done.emplace(context_, kMostAfterDone).Guard(&link);
  }
  co_return true;
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
