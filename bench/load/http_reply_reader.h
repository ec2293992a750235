// A streamed reply out of the bytes of a connection: HTTP around the events.
#ifndef MILLIJOULE_BENCH_LOAD_HTTP_REPLY_READER_H_
#define MILLIJOULE_BENCH_LOAD_HTTP_REPLY_READER_H_

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "bench/load/reply.h"
#include "bench/load/reply_check.h"
#include "hw_backends/quantities.h"

namespace mj {

// Interim replies (1xx) are passed over, 101 is none of them.
class HttpReplyReader final {
 public:
  HttpReplyReader(int asked_tokens, bool lists_tokens);

  // False: it is known how the reply went, but for what may come after its end.
  bool Take(const char* bytes, size_t size, Seconds now);
  // The connection ended; a reply of no stated length ends with it.
  void TakeEnd();
  // The first kind stays. Returns false.
  bool Fail(std::string kind);

  // Bytes that go before the next ones.
  std::string TakeRest() { return std::exchange(rest_, {}); }
  bool is_decided() const { return !error_.empty() || stream_.is_over(); }
  bool has_error() const { return !error_.empty() || stream_.has_error(); }
  bool done() const { return parser_->is_done() && !is_interim(); }
  // Whether another request may follow on the connection.
  bool keeps_connection() const {
    return done() && parser_->keep_alive() && !has_excess_;
  }
  std::string error() { return error_.empty() ? stream_.End() : error_; }
  Reply& reply() { return stream_.reply(); }

 private:
  using Parser =
      boost::beast::http::response_parser<boost::beast::http::string_body>;

  void Restart();
  bool is_interim() const;
  bool TakeBody(Seconds now);

  std::optional<Parser> parser_;  // a new one after each interim reply
  StreamReader stream_;
  std::string rest_, error_;
  bool has_excess_ = false;  // bytes behind the reply, asked for by nobody
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_HTTP_REPLY_READER_H_
