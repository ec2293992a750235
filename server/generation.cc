#include "server/generation.h"

#include <utility>

#include "server/openai/api_error.h"
#include "server/openai/usage_json.h"

namespace mj {

Generation::Generation(Metrics& metrics, const Clock& clock,
                       std::unique_ptr<ReplyFormat> format, StreamFields stream)
    : metrics_(metrics),
      clock_(clock),
      format_(std::move(format)),
      stream_(stream) {}

absl::StatusOr<std::unique_ptr<Generation>> Generation::Start(
    Engine& engine, Metrics& metrics, const Clock& clock,
    std::vector<Request> requests, std::unique_ptr<ReplyFormat> format,
    StreamFields stream, std::function<void()> wake) {
  std::unique_ptr<Generation> call(
      new Generation(metrics, clock, std::move(format), stream));
  for (Request& request : requests) {
    Part part;
    auto prompt = std::exchange(request.prompt, std::string());
    part.request = request;
    request.prompt = std::move(prompt);  // the engine's alone
    part.last_token.resize(request.num_choices);
    absl::StatusOr<std::shared_ptr<ResponseChannel>> channel =
        engine.Submit(std::move(request), wake);
    if (!channel.ok()) return channel.status();  // ~Generation cancels others
    part.channel = *std::move(channel);
    call->parts_.push_back(std::move(part));
    ++call->unfinished_;
  }
  return call;
}

Generation::~Generation() { Cancel(); }

void Generation::Cancel() {
  for (Part& part : parts_) {
    if (part.ended) continue;
    part.channel->Cancel();
    Delta gone;
    gone.last = true;
    gone.status = absl::CancelledError("the client has gone");
    End(part, gone);
  }
}

void Generation::End(Part& part, const Delta& last) {
  part.ended = true;
  --unfinished_;
  status_.Update(last.status);
  AddUsage(last.usage, usage_);
  metrics_.ObserveFinished(part.request, last, part.finish);
}

void Generation::ObserveTokens(Part& part, const Delta& delta) {
  const int tokens = static_cast<int>(delta.tokens.size());
  if (tokens == 0) return;
  const Seconds now = clock_.Now();
  std::optional<Seconds>& previous = part.last_token[delta.choice];
  if (previous) metrics_.ObserveTokenGap(now - *previous, tokens);
  previous = now;
}

void Generation::AdvancePart(int index, std::string& events) {
  Part& part = parts_[index];
  while (!part.ended) {
    const std::optional<Delta> delta = part.channel->TryPop();
    if (!delta) return;
    if (delta->status.ok()) {
      ObserveTokens(part, *delta);
      if (delta->finish_reason) part.finish = delta->finish_reason;
      if (stream_.stream) {
        format_->Stream(index, *delta, events);
      } else {
        format_->Collect(index, *delta);
      }
    }
    if (delta->last) End(part, *delta);
  }
}

void Generation::StreamEnd(std::string& events) {
  if (!status_.ok()) return AppendEvent(ErrorBody(status_), events);
  if (stream_.include_usage) format_->StreamUsage(usage_, events);
  events += kDoneEvent;
}

void Generation::Advance(std::string& events) {
  if (finished()) return;
  for (size_t i = 0; i < parts_.size() && status_.ok(); ++i) {
    AdvancePart(static_cast<int>(i), events);
  }
  if (finished() && stream_.stream) StreamEnd(events);
}

}  // namespace mj
