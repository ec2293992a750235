#include "engine/simulate/trace.h"

#include <errno.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/sample/random.h"

namespace mj {
namespace {

constexpr std::array<std::string_view, 3> kColumns = {
    "TIMESTAMP", "ContextTokens", "GeneratedTokens"};
constexpr int kMostTokens = LengthDistribution::kMostTokens;
constexpr int64_t kMostFileBytes = int64_t{1} << 30;

std::vector<std::string_view> SplitFields(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

// Fit for a terminal, whatever the file is.
std::string Quoted(std::string_view text) {
  constexpr size_t kMostShown = 40;
  const bool cut = text.size() > kMostShown;
  return absl::StrCat("\"",
                      absl::CEscape(std::string(text.substr(0, kMostShown))),
                      cut ? "..." : "", "\"");
}

class TraceParser {
 public:
  TraceParser(std::string_view name, std::string_view text,
              const TraceOptions& options)
      : name_(name), rest_(text), options_(options) {}

  absl::StatusOr<std::vector<TraceRequest>> Parse() {
    std::string_view line;
    if (!NextLine(line)) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(name_), ": is empty; a header is needed"));
    }
    if (absl::Status status = ReadHeader(line); !status.ok()) return status;
    while (!Full() && NextLine(line)) {
      if (line.empty()) continue;
      if (absl::Status status = ReadRequest(line); !status.ok()) return status;
    }
    if (requests_.empty()) return Error("has no request after the header");
    return std::move(requests_);
  }

 private:
  bool Full() const {
    return options_.max_requests > 0 &&
           std::ssize(requests_) >= options_.max_requests;
  }

  bool NextLine(std::string_view& line) {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++line_number_;
    return true;
  }

  absl::Status ReadHeader(std::string_view line) {
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    const std::vector<std::string_view> names = SplitFields(line);
    place_.fill(-1);
    for (size_t i = 0; i < names.size(); ++i) {
      const auto known = std::find(kColumns.begin(), kColumns.end(), names[i]);
      if (known == kColumns.end()) {
        return Error("the column ", Quoted(names[i]),
                     " is unknown; known: TIMESTAMP, ContextTokens, "
                     "GeneratedTokens");
      }
      int& place = place_[known - kColumns.begin()];
      if (place >= 0) return Error(Quoted(names[i]), " stands there twice");
      place = static_cast<int>(i);
    }
    for (size_t i = 0; i < kColumns.size(); ++i) {
      if (place_[i] < 0) {
        return Error("the column ", Quoted(kColumns[i]), " is missing");
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadRequest(std::string_view line) {
    const std::vector<std::string_view> fields = SplitFields(line);
    if (fields.size() != kColumns.size()) {
      return Error("has ", fields.size(), " fields, must have 3");
    }
    if (requests_.size() >= kMostTraceRequests) {
      return Error("is request number ", requests_.size() + 1, "; at most ",
                   kMostTraceRequests, " fit, --requests takes the first ones");
    }
    TraceRequest request;
    absl::Status status = ReadTime(fields[place_[0]], request.arrival);
    status.Update(ReadTokens(1, fields, 1, request.prompt_tokens));
    status.Update(ReadTokens(2, fields, 0, request.output_tokens));
    if (!status.ok()) return status;
    request.output_tokens = std::max(1, request.output_tokens);
    requests_.push_back(request);
    return absl::OkStatus();
  }

  absl::Status ReadTime(std::string_view field, Seconds& arrival) {
    const std::string text(field);
    absl::Time time;
    std::string why;
    const bool is_time =
        absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, &time, &why) ||
        absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", text, &time, &why);
    // The parser also takes words for infinite ones.
    if (!is_time || time == absl::InfiniteFuture() ||
        time == absl::InfinitePast()) {
      return Error("TIMESTAMP is ", Quoted(field),
                   ", must be like \"2023-11-16 18:15:46.6805900\"");
    }
    if (requests_.empty()) first_ = last_ = time;
    if (time < last_) {
      return Error("TIMESTAMP ", Quoted(field),
                   " is before the line above; times must ascend");
    }
    last_ = time;
    arrival = Seconds(absl::ToDoubleSeconds(time - first_) / options_.scale);
    return absl::OkStatus();
  }

  absl::Status ReadTokens(int column,
                          const std::vector<std::string_view>& fields,
                          int least, int& tokens) {
    const std::string_view field = fields[place_[column]];
    if (absl::SimpleAtoi(absl::string_view(field.data(), field.size()),
                         &tokens) &&
        tokens >= least && tokens <= kMostTokens) {
      return absl::OkStatus();
    }
    return Error(std::string(kColumns[column]), " is ", Quoted(field),
                 ", must be a whole number from ", least, " to ", kMostTokens);
  }

  template <class... Parts>
  absl::Status Error(const Parts&... parts) const {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(name_), ":", line_number_, ": ", parts...));
  }

  std::string_view name_, rest_;
  const TraceOptions& options_;
  int64_t line_number_ = 0;
  std::array<int, 3> place_{};  // of each column in a line
  absl::Time first_, last_;
  std::vector<TraceRequest> requests_;
};

}  // namespace

absl::StatusOr<std::vector<TraceRequest>> ParseTrace(
    std::string_view name, std::string_view text, const TraceOptions& options) {
  assert(options.scale > 0);
  return TraceParser(name, text, options).Parse();
}

absl::StatusOr<std::vector<TraceRequest>> ReadTrace(
    const std::string& path, const TraceOptions& options) {
  // Asked first: to open a pipe is to wait for its writer.
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind != std::filesystem::file_type::regular &&
      kind != std::filesystem::file_type::not_found) {
    const bool folder = kind == std::filesystem::file_type::directory;
    return absl::InvalidArgumentError(absl::StrCat(
        "the trace ", path, " is ", folder ? "a folder" : "no regular file",
        "; a CSV file ", "is needed"));
  }
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("the trace ", path, " cannot be opened"));
  }
  const int64_t size = file.tellg();
  if (size < 0 || size > kMostFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the trace ", path, " has ", size,
                     " bytes; a file of at most 1 GB is needed"));
  }
  std::string text(static_cast<size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the trace ", path, " cannot be read"));
  }
  return ParseTrace(path, text, options);
}

std::vector<TraceRequest> PoissonTrace(double rate,
                                       const LengthDistribution& prompt,
                                       const LengthDistribution& output,
                                       uint64_t seed,
                                       const TraceOptions& options) {
  assert(rate > 0 && options.scale > 0 && options.max_requests > 0);
  std::vector<TraceRequest> requests;
  Seconds now{0};
  for (int i = 0; i < options.max_requests; ++i) {
    const auto draw = [seed, i](int what) {
      return Uniform({.seed = seed, .choice = what, .position = i});
    };
    if (i > 0) now += Seconds(-std::log1p(-draw(0)) / (rate * options.scale));
    requests.push_back({now, prompt.At(draw(1)), output.At(draw(2))});
  }
  return requests;
}

}  // namespace mj
