#include "server/openai/api_error.h"

#include "engine/request/request_error.h"

namespace mj {

int HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kDeadlineExceeded:
      return 408;
    case absl::StatusCode::kResourceExhausted:
      return QuotaWaitOf(status) ? 429 : 503;
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kUnimplemented:
      return 501;
    default:
      return 500;
  }
}

const char* ErrorTypeOf(int http_status) {
  switch (http_status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 408:
      return "timeout_error";
    case 429:
      return "rate_limit_error";
    case 500:
      return "server_error";
    case 501:
      return "not_supported_error";
    case 503:
      return "unavailable_error";
    default:
      return "invalid_request_error";
  }
}

Json ErrorBody(int http_status, const std::string& message,
               const std::string& param, const std::string& code) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  Json error = Json::object();
  error["message"] = message;
  error["type"] = ErrorTypeOf(http_status);
  error["param"] = or_null(param);
  error["code"] = or_null(code);
  Json body = Json::object();
  body["error"] = std::move(error);
  return body;
}

Json ErrorBody(const absl::Status& status) {
  return ErrorBody(HttpStatusOf(status), std::string(status.message()),
                   FieldOf(status), CodeOf(status));
}

}  // namespace mj
