#include "server/grpc/engine_call.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"
#include "server/grpc/call_metadata.h"
#include "server/grpc/grpc_status.h"
#include "server/reply_id.h"
#include "server/request_headers.h"

namespace mj {

namespace {

// gRPC's own Retry-After: clients with a retry policy wait that long.
constexpr char kRetryPushback[] = "grpc-retry-pushback-ms";
constexpr Seconds kRetryCapacity(1);
constexpr Seconds kLongestRetry(86400);

// How long until another try is worth it; nothing where it never is.
std::optional<Seconds> RetryAfter(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return kRetryCapacity;
  std::optional<Seconds> wait = QuotaWaitOf(status);
  if (wait && !std::isfinite(wait->count())) wait.reset();
  if (wait) wait = std::min(*wait, kLongestRetry);
  return wait;
}

// Of the status that the client gets.
std::string CodeName(const absl::Status& status) {
  const auto code = FromEngine(status).error_code();
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

}  // namespace

EngineCall::EngineCall(InferenceContext& context, CallQueue& queue)
    : context_(context),
      queue_(queue),
      on_accepted_([this](bool ok) { OnAccepted(ok); }),
      on_written_([this](bool ok) { OnWritten(ok); }),
      on_done_([this](bool) { OnDone(); }) {}

void EngineCall::OnAccepted(bool ok) {
  if (!ok) return queue_.Release(*this);  // the server is shutting down
  ListenAgain();
  context_.engine_calls.Enter();
  EchoRequestId(call_);
  if (absl::Status status = Submit(); !status.ok()) return Refuse(status);
  Advance();
}

absl::StatusOr<Request> EngineCall::ReadRequest() {
  auto tenant = TenantOf(call_, context_.keys);
  if (!tenant.ok()) return tenant.status();
  const std::optional<Seconds> timeout = TimeLeft(call_);
  if (timeout.has_value() && *timeout <= Seconds(0)) {
    return absl::DeadlineExceededError(
        "the call's deadline had passed when it arrived");
  }
  auto request = TakeRequest();
  if (!request.ok()) return request.status();
  request->id = MakeReplyId("grpc-");
  request->tenant = *std::move(tenant);
  request->timeout = timeout;
  absl::Status status = ReadRequestHeaders(
      [&](std::string_view name) { return FindMetadata(call_, name); },
      *request);
  if (!status.ok()) return status;
  return request;
}

absl::Status EngineCall::Submit() {
  auto request = ReadRequest();
  if (!request.ok()) return request.status();
  if (context_.draining) {
    return absl::UnavailableError("the server is shutting down");
  }
  request_ = *request;
  if (!context_.log.with_prompts()) request_.prompt = std::string();
  auto on_ready = [mailbox = queue_.mailbox(), weak = weak_from_this()] {
    mailbox->Post([weak] {
      if (auto call = weak.lock()) call->OnReady();
    });
  };
  auto channel = context_.engine.Submit(*std::move(request), on_ready);
  if (!channel.ok()) {
    return channel.status();
  }
  channel_ = *std::move(channel);
  return absl::OkStatus();
}

void EngineCall::OnReady() {
  if (channel_ == nullptr) return;  // a late signal; the call may be over
  Advance();
  ReleaseIfOver();
}

void EngineCall::Refuse(const absl::Status& why) {
  context_.metrics.ObserveRefused(why);
  context_.log.Refused(OriginOf(call_),
                       TenantOf(call_, context_.keys).value_or(""), why,
                       CodeName(why));
  const bool capacity = absl::IsResourceExhausted(why) && !QuotaWaitOf(why);
  const absl::Status status =
      capacity ? absl::UnavailableError(why.message()) : why;
  if (const std::optional<Seconds> wait = RetryAfter(status)) {
    const auto milliseconds =
        static_cast<int64_t>(std::ceil(1e3 * wait->count()));
    call_.AddTrailingMetadata(kRetryPushback, absl::StrCat(milliseconds));
  }
  writing_ = true;
  Reject(ToGrpcStatus(status), &on_written_);
}

void EngineCall::Advance() {
  while (channel_ != nullptr && !writing_) {
    const std::optional<Delta> delta = channel_->TryPop();
    if (!delta.has_value()) return;
    ObserveGap(*delta);
    if (delta->finish_reason.has_value()) finish_ = delta->finish_reason;
    if (delta->last) {
      Finish(*delta);
    } else if (!done_) {
      writing_ = Pass(*delta, &on_written_);
    }
  }
}

void EngineCall::Finish(const Delta& last) {
  const RecentRequest ended =
      context_.metrics.ObserveFinished(request_, last, finish_);
  context_.log.Ended(OriginOf(call_), ended, request_, last.status,
                     done_ ? Json() : Json(CodeName(last.status)));
  channel_ = nullptr;
  if (done_) return;
  writing_ = true;
  PassLast(last, FromEngine(last.status), &on_written_);
}

void EngineCall::ObserveGap(const Delta& delta) {
  if (delta.tokens.empty()) return;
  const Seconds now = context_.clock.Now();
  const auto [latest, first] = latest_.try_emplace(delta.choice, now);
  if (first) return;
  context_.metrics.ObserveTokenGap(now - latest->second,
                                   static_cast<int>(delta.tokens.size()));
  latest->second = now;
}

void EngineCall::OnWritten(bool ok) {
  writing_ = false;
  if (!ok && channel_ != nullptr) channel_->Cancel();
  Advance();
  ReleaseIfOver();
}

void EngineCall::OnDone() {
  done_ = true;
  // Cancelled, disconnected or past its deadline: nobody reads on.
  if (channel_ != nullptr) channel_->Cancel();
  Advance();
  ReleaseIfOver();
}

void EngineCall::ReleaseIfOver() {
  if (!done_ || writing_ || channel_ != nullptr) return;
  context_.engine_calls.Leave();
  queue_.Release(*this);
}

}  // namespace mj
