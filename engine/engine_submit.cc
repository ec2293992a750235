// How a request gets into the engine; any thread.
#include <utility>

#include "engine/engine_impl.h"
#include "engine/offers.h"
#include "engine/request/request_error.h"
#include "engine/sample/random.h"

namespace mj {

uint64_t Engine::Impl::DrawSeed() {
  const uint64_t n = num_submitted.fetch_add(1);
  const auto bits =
      Philox({static_cast<uint32_t>(n), static_cast<uint32_t>(n >> 32), 0, 0},
             seed_key);
  return uint64_t{bits[0]} << 32 | bits[1];
}

absl::StatusOr<std::unique_ptr<InFlight>> Engine::Impl::Prepare(
    Request request, const std::function<void()>& on_ready) {
  const Seconds now = clock.Now();
  absl::Status allowed = budgets.Admit(request.tenant, now);
  if (!allowed.ok()) return allowed;
  if (absl::Status offered = CheckSpeculation(
          request.speculation, options, model->backend->info(), speculator);
      !offered.ok()) {
    return offered;
  }
  if (request.wants_shadow && shadow.stats().empty()) {
    return RequestError("energy.shadow", "needs a server with --shadow");
  }
  if (absl::Status offered =
          CheckQuality(request.quality, options.depth, depth.get());
      !offered.ok()) {
    return offered;
  }
  if (!request.slo.ttft) request.slo.ttft = options.slo.ttft;
  if (!request.slo.tpot) request.slo.tpot = options.slo.tpot;
  absl::StatusOr<std::unique_ptr<InFlight>> admitted =
      Admit(std::move(request), *model->tokenizer, admission, DrawSeed());
  if (!admitted.ok()) return admitted.status();
  (*admitted)->channel = std::make_shared<ResponseChannel>(on_ready);
  (*admitted)->submitted = now;
  if ((*admitted)->request.quality == Quality::kAdaptive) {
    (*admitted)->usage.depth = depth->NewReport((*admitted)->request);
  }
  return admitted;
}

absl::StatusOr<std::shared_ptr<ResponseChannel>> Engine::Submit(
    Request request, std::function<void()> on_ready) {
  absl::StatusOr<std::unique_ptr<InFlight>> admitted =
      impl_->Prepare(std::move(request), on_ready);
  if (!admitted.ok()) return admitted.status();
  auto channel = (*admitted)->channel;
  absl::Status status = impl_->inbox.Push(*std::move(admitted));
  if (!status.ok()) return status;
  return channel;
}

absl::StatusOr<std::vector<std::shared_ptr<ResponseChannel>>>
Engine::SubmitTogether(std::vector<Request> requests,
                       const std::function<void()>& on_ready) {
  std::vector<std::unique_ptr<InFlight>> admitted;
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (Request& request : requests) {
    auto one = impl_->Prepare(std::move(request), on_ready);
    if (!one.ok()) return one.status();
    channels.push_back((*one)->channel);
    admitted.push_back(*std::move(one));
  }
  absl::Status status = impl_->inbox.Push(std::move(admitted));
  if (!status.ok()) return status;
  return channels;
}

}  // namespace mj
