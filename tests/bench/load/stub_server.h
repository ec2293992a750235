// An OpenAI-compatible server that replies at a fixed pace, or wrongly, for
// tests of what asks it. Its replies are made of nothing.
#ifndef MILLIJOULE_TESTS_BENCH_LOAD_STUB_SERVER_H_
#define MILLIJOULE_TESTS_BENCH_LOAD_STUB_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "hw_backends/quantities.h"

namespace mj {

struct StubOptions {
  int port = 0;            // 0: a free one
  Seconds first_token{0};  // until the first token
  Seconds per_token{0};    // between two
  double joules_per_token = 0.5;
};

// Serves on loopback from a thread of its own until it is destroyed. The first
// segment of a path says how: "/v1/completions" rightly, "/cut/v1/completions"
// with the fault "cut", of kFaults in the .cc; any other is a 404.
class StubServer final {
 public:
  explicit StubServer(const StubOptions& options);
  ~StubServer();
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  int port() const;
  std::string url(const std::string& path = "") const;
  // Requests that came, and the sum over them of the time from their last byte
  // to the first byte of their reply's first token.
  int64_t requests() const;
  Seconds ttft_sum() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_BENCH_LOAD_STUB_SERVER_H_
