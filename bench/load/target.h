// Where requests go, and how they are written.
#ifndef MILLIJOULE_BENCH_LOAD_TARGET_H_
#define MILLIJOULE_BENCH_LOAD_TARGET_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "bench/load/prompts.h"
#include "hw_backends/quantities.h"

namespace mj {

enum class Api { kCompletions, kChat, kGrpc };

struct Target {
  Api api = Api::kCompletions;
  std::string host, port;
  bool uses_tls = false;
  std::string path;         // of requests; empty for gRPC
  std::string models_path;  // beside it; empty for gRPC
};

// openai: "http[s]://HOST[:PORT][/PREFIX][?QUERY]"; a prefix that ends in
// "/completions" or "/chat/completions" is the path itself, else completions of
// PREFIX (PREFIX/v1 where it does not end in a version) are asked. grpc:
// "[grpc://]HOST:PORT". INVALID_ARGUMENT names what is wrong.
absl::StatusOr<Target> ParseTarget(const std::string& url,
                                   const std::string& api);

// How every request of a load is written.
struct RequestStyle {
  std::string model;          // empty: not named
  bool ignore_eos = true;     // replies have the length that is asked for
  bool lists_tokens = false;  // asks for log-probabilities, to count tokens
  std::string api_key;        // empty: none
  Seconds timeout{600};       // of one request
};

// The JSON of one request, greedy and streamed with its usage. REQUIRES: api
// is HTTP's. A prompt of messages needs kChat; text becomes a user's message
// there.
std::string RequestBody(Api api, const RequestStyle& style,
                        const Prompt& prompt, int output_tokens);

// The whole HTTP requests: a POST of `body`, and a GET that ends the
// connection.
std::string HttpGetRequest(const Target& target, const RequestStyle& style,
                           const std::string& path);
std::string HttpRequest(const Target& target, const RequestStyle& style,
                        std::string_view body);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_TARGET_H_
