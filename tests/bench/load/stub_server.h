// An OpenAI-compatible server that replies at a fixed pace, or wrongly, for
// tests of what asks it. Its replies are made of nothing.
#ifndef MILLIJOULE_TESTS_BENCH_LOAD_STUB_SERVER_H_
#define MILLIJOULE_TESTS_BENCH_LOAD_STUB_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "hw_backends/quantities.h"

namespace mj {

// What is wrong with replies, by the first segment of the path that is asked:
// "/v1/completions" is right, "/FAULT/v1/completions" is:
enum class StubFault {
  kNone,
  kStatus500,  // "500"; kStatus503: "503"
  kStatus503,
  kBurst,          // "burst": every other one is a 503
  kNotStreaming,   // "plain": one JSON object
  kRepeatedToken,  // "repeated": the second event twice
  kMissingToken,   // "missing": log-probabilities list one less than usage
  kShort,          // "short": ends by length with fewer than were asked
  kCutOff,         // "cut": closes before the last event
  kNoDone,         // "nodone": no [DONE]
  kNoFinish,       // "nofinish": no finish_reason
  kErrorEvent,     // "error": an error object in the stream
  kMalformed,      // "malformed": an event that is no JSON
  kNoUsage,        // "nousage"
  kSilent,         // "silent": never replies
  kGarbage,        // "garbage": no HTTP
  kClosing,        // "closing": right, but closes each connection
  kUnknown,        // any other: 404
};

struct StubOptions {
  int port = 0;            // 0: a free one
  Seconds first_token{0};  // until the first token
  Seconds per_token{0};    // between two
  double joules_per_token = 0.5;
};

// Serves on loopback from a thread of its own until it is destroyed.
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
