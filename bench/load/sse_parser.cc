#include "bench/load/sse_parser.h"

#include "absl/strings/str_cat.h"

namespace mj {

absl::Status SseParser::Feed(
    std::string_view bytes, absl::FunctionRef<void(std::string_view)> on_data) {
  while (!bytes.empty()) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const size_t end = bytes.find_first_of("\r\n");
    if (end == std::string_view::npos) {
      line_.append(bytes);
      break;
    }
    after_cr_ = bytes[end] == '\r';
    if (line_.empty()) {  // the common case needs no copy
      EndLine(bytes.substr(0, end), on_data);
    } else {
      line_.append(bytes.substr(0, end));
      EndLine(line_, on_data);
      line_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  if (line_.size() + data_.size() <= kMostBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("an event has over ", kMostBytes, " bytes"));
}

void SseParser::EndLine(std::string_view line,
                        absl::FunctionRef<void(std::string_view)> on_data) {
  if (line.empty()) {
    if (has_data_) on_data(data_);
    data_.clear();
    has_data_ = false;
    return;
  }
  constexpr std::string_view kField = "data";
  if (!line.starts_with(kField)) return;
  line.remove_prefix(kField.size());
  if (!line.empty() && line.front() != ':') return;  // another field
  if (!line.empty()) line.remove_prefix(1);
  if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  if (has_data_) data_ += '\n';
  data_.append(line);
  has_data_ = true;
}

}  // namespace mj
