#include "server/grpc/watch_call.h"

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/grpc/call_metadata.h"
#include "server/grpc/grpc_status.h"

namespace mj {

namespace {

constexpr Seconds kShortestInterval(0.1), kLongestInterval(60);

}  // namespace

void WatchCall::Listen(EnergyContext& context, CallQueue& queue) {
  auto call = std::make_shared<WatchCall>(context, queue);
  WatchCall& self = *call;
  queue.Keep(std::move(call));
  self.call_.AsyncNotifyWhenDone(&self.on_done_);
  context.service.RequestWatch(&self.call_, &self.message_, &self.stream_,
                               queue.queue(), queue.queue(),
                               &self.on_accepted_);
}

WatchCall::WatchCall(EnergyContext& context, CallQueue& queue)
    : context_(context),
      queue_(queue),
      on_accepted_([this](bool ok) { OnAccepted(ok); }),
      on_written_([this](bool ok) { OnWritten(ok); }),
      on_alarm_([this](bool) { OnAlarm(); }),
      on_done_([this](bool) { OnDone(); }) {}

void WatchCall::OnAccepted(bool ok) {
  if (!ok) return queue_.Release(*this);  // the server is shutting down
  Listen(context_, queue_);
  context_.watches.Enter();
  EchoRequestId(call_);
  absl::Status status = CheckOperator(call_, context_.keys);
  status.Update(ReadInterval());
  if (status.ok()) return Write();
  pending_ = true;
  stream_.Finish(ToGrpcStatus(status), &on_written_);
}

absl::Status WatchCall::ReadInterval() {
  if (!message_.has_interval_seconds()) return absl::OkStatus();
  interval_ = Seconds(message_.interval_seconds());
  // Written so that NaN is refused.
  if (interval_ >= kShortestInterval && interval_ <= kLongestInterval) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "interval_seconds is ", interval_.count(), "; it must be from ",
      kShortestInterval.count(), " to ", kLongestInterval.count()));
}

void WatchCall::Write() {
  const Seconds unix_time = std::chrono::system_clock::now().time_since_epoch();
  pending_ = true;
  stream_.Write(writer_.Next(context_.engine.stats(), context_.clock.Now(),
                             unix_time.count()),
                &on_written_);
}

void WatchCall::OnWritten(bool ok) {
  pending_ = false;
  if (ok && !done_) {
    const auto next =
        std::chrono::system_clock::now() +
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            interval_);
    pending_ = true;
    alarm_.Set(queue_.queue(), next, &on_alarm_);
  }
  ReleaseIfOver();
}

void WatchCall::OnAlarm() {
  pending_ = false;
  if (!done_) return Write();
  ReleaseIfOver();
}

void WatchCall::OnDone() {
  done_ = true;
  alarm_.Cancel();
  ReleaseIfOver();
}

void WatchCall::ReleaseIfOver() {
  if (!done_ || pending_) return;
  context_.watches.Leave();
  queue_.Release(*this);
}

}  // namespace mj
