// The engine's deltas as messages.
#ifndef MILLIJOULE_SERVER_GRPC_GENERATE_RESPONSE_H_
#define MILLIJOULE_SERVER_GRPC_GENERATE_RESPONSE_H_

#include <map>
#include <string>

#include "engine/request/delta.h"
#include "engine/text/tokenizer.h"
#include "server/grpc/inference_api.h"

namespace mj {

// How a request ended, its choices aside.
v1::Summary SummaryOf(const std::string& request_id, const Delta& last);

// Turns one request's deltas into messages, in their order.
class ResponseWriter final {
 public:
  ResponseWriter(std::string request_id, const Tokenizer& tokenizer)
      : request_id_(std::move(request_id)), tokenizer_(tokenizer) {}

  // The last delta's message has the summary.
  v1::GenerateResponse Next(const Delta& delta);

 private:
  v1::Summary Summarise(const Delta& last) const;

  const std::string request_id_;
  const Tokenizer& tokenizer_;
  std::map<int, v1::ChoiceEnd> ends_;  // by choice
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_GENERATE_RESPONSE_H_
