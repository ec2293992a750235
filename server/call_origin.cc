#include "server/call_origin.h"

#include <algorithm>

namespace mj {
namespace {

// Of fields with fixed places: VV-TRACE-SPAN-FF.
constexpr size_t kTraceAt = 3, kTraceSize = 32;
constexpr size_t kSpanAt = 36, kSpanSize = 16;
constexpr size_t kFlagsAt = 53, kWholeSize = 55;

bool IsLowerHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsZero(std::string_view hex) {
  return hex.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

bool IsRequestId(std::string_view id) {
  constexpr size_t kMaxLength = 128;
  return !id.empty() && id.size() <= kMaxLength &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<std::string> TraceIdOf(std::string_view traceparent) {
  if (traceparent.size() < kWholeSize) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace = traceparent.substr(kTraceAt, kTraceSize);
  const std::string_view span = traceparent.substr(kSpanAt, kSpanSize);
  for (size_t dash : {kTraceAt, kSpanAt, kFlagsAt}) {
    if (traceparent[dash - 1] != '-') return std::nullopt;
  }
  for (std::string_view hex :
       {version, trace, span, traceparent.substr(kFlagsAt, 2)}) {
    if (!IsLowerHex(hex)) return std::nullopt;
  }
  // Later versions may say more, after one more dash.
  const bool whole = traceparent.size() == kWholeSize ||
                     (version != "00" && traceparent[kWholeSize] == '-');
  if (!whole || version == "ff" || IsZero(trace) || IsZero(span)) {
    return std::nullopt;
  }
  return std::string(trace);
}

}  // namespace mj
