// One request on its way to a reply: what the reply needs to know of it.
#ifndef MILLIJOULE_SERVER_HTTP_EXCHANGE_H_
#define MILLIJOULE_SERVER_HTTP_EXCHANGE_H_

#include <optional>
#include <string>

#include "server/http_message.h"

namespace mj {

struct HttpExchange {
  HttpCall call;
  unsigned version = 11;  // 10: HTTP/1.0
  bool keep_alive = false;
  bool head_only = false;  // HEAD
  bool preflight = false;  // of CORS
  std::string origin;
  std::string wanted_headers;  // of a preflight
};

// The next request of a connection. Without `refusal` it is to be answered;
// if it is not `whole`, the connection cannot go on, and if no `refusal`
// tells why, nobody waits for a reply.
struct IncomingRequest {
  bool whole = false;
  std::optional<HttpReply> refusal;
  HttpExchange exchange;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_EXCHANGE_H_
