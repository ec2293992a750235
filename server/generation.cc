#include "server/generation.h"

#include <utility>

#include "server/openai/api_error.h"
#include "server/openai/usage_json.h"

namespace mj {

Generation::Generation(const Serving& serving, CallOrigin origin,
                       std::unique_ptr<ReplyFormat> format, StreamFields stream)
    : serving_(serving),
      origin_(std::move(origin)),
      format_(std::move(format)),
      stream_(stream) {}

absl::StatusOr<std::unique_ptr<Generation>> Generation::Start(
    const Serving& serving, CallOrigin origin, std::vector<Request> requests,
    std::unique_ptr<ReplyFormat> format, StreamFields stream,
    std::function<void()> wake) {
  std::unique_ptr<Generation> call(
      new Generation(serving, std::move(origin), std::move(format), stream));
  for (Request& request : requests) {
    Part part;
    auto prompt = std::exchange(request.prompt, std::string());
    part.request = request;
    if (serving.log.with_prompts()) part.request.prompt = prompt;
    request.prompt = std::move(prompt);
    part.last_token.resize(request.num_choices);
    absl::StatusOr<std::shared_ptr<ResponseChannel>> channel =
        serving.engine.Submit(std::move(request), wake);
    if (!channel.ok()) {
      call->Forget();
      return channel.status();
    }
    part.channel = *std::move(channel);
    call->parts_.push_back(std::move(part));
    ++call->unfinished_;
  }
  return call;
}

Generation::~Generation() {
  Cancel(/*gone=*/true);
  for (Part& part : parts_) {
    if (part.ended) continue;
    Delta unknown;
    unknown.last = true;
    unknown.status = absl::CancelledError("the server has ended");
    End(part, unknown);
  }
}

void Generation::Forget() {
  for (Part& part : parts_) {
    part.channel->Cancel();
    part.ended = true;
  }
}

void Generation::Cancel(bool gone) {
  cancelled_ = true;
  gone_ = gone_ || gone;
  for (Part& part : parts_) {
    if (!part.ended) part.channel->Cancel();
  }
}

Json Generation::Code() const {
  if (gone_) return Json();
  return told_ ? 200 : HttpStatusOf(status_);
}

void Generation::End(Part& part, const Delta& last) {
  part.ended = true;
  --unfinished_;
  status_.Update(last.status);
  AddUsage(last.usage, usage_);
  const RecentRequest ended =
      serving_.metrics.ObserveFinished(part.request, last, part.finish);
  const bool was_fine = cancelled_ && !gone_ && absl::IsCancelled(last.status);
  serving_.log.Ended(
      origin_, ended, part.request,
      was_fine ? absl::CancelledError("another prompt of the call failed")
               : last.status,
      Code());
}

void Generation::ObserveTokens(Part& part, const Delta& delta) {
  const int tokens = static_cast<int>(delta.tokens.size());
  if (tokens == 0) return;
  const Seconds now = serving_.clock.Now();
  std::optional<Seconds>& previous = part.last_token[delta.choice];
  if (previous) serving_.metrics.ObserveTokenGap(now - *previous, tokens);
  previous = now;
}

void Generation::AdvancePart(int index, std::string& events) {
  Part& part = parts_[index];
  while (!part.ended) {
    const std::optional<Delta> delta = part.channel->TryPop();
    if (!delta) return;
    if (delta->finish_reason) part.finish = delta->finish_reason;
    if (delta->status.ok() && !cancelled_) {
      ObserveTokens(part, *delta);
      if (stream_.stream) {
        format_->Stream(index, *delta, events);
      } else {
        format_->Collect(index, *delta);
      }
    }
    told_ = told_ || !events.empty();
    if (delta->last) End(part, *delta);
  }
}

void Generation::StreamEnd(std::string& events) {
  if (!status_.ok()) return AppendEvent(ErrorBody(status_), events);
  if (stream_.include_usage) format_->StreamUsage(usage_, events);
  events += kDoneEvent;
}

void Generation::Advance(std::string& events) {
  if (all_ended()) return;
  for (size_t i = 0; i < parts_.size() && (cancelled_ || status_.ok()); ++i) {
    AdvancePart(static_cast<int>(i), events);
  }
  if (finished() && stream_.stream && !cancelled_) StreamEnd(events);
}

}  // namespace mj
