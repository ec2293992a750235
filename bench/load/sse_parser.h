// Server-sent events out of the bytes of a reply (WHATWG HTML, section 9.2).
#ifndef MILLIJOULE_BENCH_LOAD_SSE_PARSER_H_
#define MILLIJOULE_BENCH_LOAD_SSE_PARSER_H_

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace mj {

// However the bytes are cut, the same events come out. Lines end in LF, CRLF
// or CR; comments and the fields `event`, `id` and `retry` are passed over.
class SseParser final {
 public:
  static constexpr size_t kMostBytes = size_t{16} << 20;  // of one event

  // Calls `on_data` with the data of each event that `bytes` completes.
  // RESOURCE_EXHAUSTED for an event over kMostBytes; the parser is then over.
  absl::Status Feed(std::string_view bytes,
                    absl::FunctionRef<void(std::string_view)> on_data);

 private:
  void EndLine(std::string_view line,
               absl::FunctionRef<void(std::string_view)> on_data);

  std::string line_;  // the part of a line that has come
  std::string data_;  // of the event, lines joined with LF
  bool has_data_ = false;
  bool after_cr_ = false;  // a LF now belongs to the CR before it
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_SSE_PARSER_H_
