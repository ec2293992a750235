#include "bench/load/http_reply_reader.h"

#include <boost/asio/buffer.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;
using Head = http::response<http::string_body>;

constexpr std::uint32_t kMostHeadBytes = 16384;

bool IsEventStream(const Head& head) {
  const auto type = head[http::field::content_type];
  return absl::StartsWithIgnoreCase(absl::string_view(type.data(), type.size()),
                                    "text/event-stream");
}

bool IsEncoded(const Head& head) {
  const auto encoding = head[http::field::content_encoding];
  return !encoding.empty() &&
         !absl::EqualsIgnoreCase(
             absl::string_view(encoding.data(), encoding.size()), "identity");
}

}  // namespace

HttpReplyReader::HttpReplyReader(int asked_tokens, bool lists_tokens)
    : stream_(asked_tokens, lists_tokens) {
  Restart();
}

void HttpReplyReader::Restart() {
  parser_.emplace();
  parser_->body_limit(boost::none);
  parser_->header_limit(kMostHeadBytes);
  parser_->eager(true);
}

bool HttpReplyReader::is_interim() const {
  if (!parser_->is_header_done()) return false;
  const unsigned status = parser_->get().result_int();
  return status >= 100 && status < 200 && status != 101;
}

bool HttpReplyReader::Take(const char* bytes, size_t size, Seconds now) {
  for (size_t used = 0; used < size;) {
    if (done()) {
      has_excess_ = true;
      break;
    }
    if (parser_->is_done()) Restart();
    Error error;
    used += parser_->put(asio::buffer(bytes + used, size - used), error);
    if (error == http::error::need_more) {
      // The parser wants these bytes again, with more behind them.
      rest_.assign(bytes + used, size - used);
      break;
    }
    if (error) return Fail("malformed_http");
  }
  return !parser_->is_header_done() || is_interim() || TakeBody(now);
}

bool HttpReplyReader::TakeBody(Seconds now) {
  Head& reply = parser_->get();
  if (reply.result_int() != 200) {
    return Fail(absl::StrCat("http_", reply.result_int()));
  }
  if (!IsEventStream(reply)) return Fail("not_streaming");
  if (IsEncoded(reply)) return Fail("content_encoding");
  if (!reply.body().empty()) stream_.Feed(reply.body(), now);
  reply.body().clear();
  return !is_decided();
}

void HttpReplyReader::TakeEnd() {
  if (is_decided()) return;
  Error error = http::error::partial_message;
  if (parser_->got_some() && !is_interim()) parser_->put_eof(error);
  if (error) Fail("connection_lost");
}

bool HttpReplyReader::Fail(std::string kind) {
  if (error_.empty()) error_ = std::move(kind);
  return false;
}

}  // namespace mj
