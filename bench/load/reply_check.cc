#include "bench/load/reply_check.h"

namespace mj {

std::string Disagreement(const TokenCounts& counts,
                         const std::optional<ReplyUsage>& usage) {
  if (counts.text_after_finish) return "text_after_finish";
  if (usage) {
    const int said = usage->output_tokens;
    const int at_least = counts.text_events - (counts.text_at_finish ? 1 : 0);
    if (at_least > said || counts.listed > said) return "repeated_tokens";
    if (counts.listed == 0 && said > 0) return "no_token_list";
    if (counts.listed >= 0 && counts.listed < said) return "missing_tokens";
    if (said > counts.asked) return "too_many_tokens";
    if (counts.cut_by_length && said < counts.asked) return "missing_tokens";
  }
  return counts.text_events == 0 ? "empty_reply" : "";
}

StreamReader::StreamReader(int asked_tokens, bool lists_tokens)
    : counts_{.asked = asked_tokens}, lists_tokens_(lists_tokens) {
  if (lists_tokens) counts_.listed = 0;
}

void StreamReader::Feed(std::string_view bytes, Seconds now) {
  if (!error_.empty()) return;  // the first one names the reply
  const absl::Status status =
      parser_.Feed(bytes, [&](std::string_view data) { TakeEvent(data, now); });
  if (!status.ok() && error_.empty()) error_ = "malformed_event";
  if (is_over() && reply_.finished == Seconds(0)) reply_.finished = now;
}

void StreamReader::TakeEvent(std::string_view data, Seconds now) {
  if (!error_.empty()) return;
  if (done_) {
    error_ = "data_after_done";
  } else if (data == "[DONE]") {
    done_ = true;
  } else if (const auto chunk = ParseChunk(data); !chunk.ok()) {
    error_ = "malformed_event";
  } else if (chunk->is_error) {
    error_ = "error_event";
  } else if (chunk->usage_is_wrong) {
    error_ = "malformed_usage";
  } else {
    TakeChunk(*chunk, now);
  }
}

void StreamReader::TakeChunk(const StreamChunk& chunk, Seconds now) {
  if (chunk.usage) reply_.usage = chunk.usage;
  if (finished_ && (chunk.has_text || chunk.finished)) {
    counts_.text_after_finish = true;
  }
  if (chunk.finished) {
    finished_ = true;
    counts_.cut_by_length = chunk.cut_by_length;
    counts_.text_at_finish = chunk.has_text;
  }
  if (lists_tokens_) counts_.listed += chunk.listed_tokens;
  if (!chunk.has_text) return;
  ++counts_.text_events;
  reply_.text_times.push_back(now);
}

std::string StreamReader::End() {
  if (!error_.empty()) return error_;
  if (!done_) return "cut_off";
  if (!finished_) return "unfinished";
  return Disagreement(counts_, reply_.usage);
}

}  // namespace mj
