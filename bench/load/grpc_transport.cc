#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/reply_check.h"
#include "bench/load/transport.h"
#include "grpcpp/grpcpp.h"
#include "hw_backends/clock.h"
#include "proto/millijoule/v1/inference.grpc.pb.h"

namespace mj {
namespace {

namespace asio = boost::asio;
namespace v1 = millijoule::v1;

const char* CodeName(grpc::StatusCode code) {
  switch (code) {
    case grpc::CANCELLED:
      return "CANCELLED";
    case grpc::INVALID_ARGUMENT:
      return "INVALID_ARGUMENT";
    case grpc::NOT_FOUND:
      return "NOT_FOUND";
    case grpc::RESOURCE_EXHAUSTED:
      return "RESOURCE_EXHAUSTED";
    case grpc::UNIMPLEMENTED:
      return "UNIMPLEMENTED";
    case grpc::INTERNAL:
      return "INTERNAL";
    case grpc::UNAVAILABLE:
      return "UNAVAILABLE";
    case grpc::UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    default:
      return nullptr;
  }
}

std::string ErrorOf(const grpc::Status& status) {
  if (status.error_code() == grpc::DEADLINE_EXCEEDED) return "timeout";
  const char* name = CodeName(status.error_code());
  return name ? absl::StrCat("grpc_", name)
              : absl::StrCat("grpc_", static_cast<int>(status.error_code()));
}

v1::GenerateRequest MakeRequest(const RequestStyle& style, const Prompt& prompt,
                                int output_tokens) {
  v1::GenerateRequest request;
  request.set_model(style.model);
  request.set_text(prompt.text);
  request.mutable_sampling()->set_temperature(0);
  request.mutable_stop()->set_max_tokens(output_tokens);
  request.mutable_stop()->set_ignore_eos(style.ignore_eos);
  return request;
}

ReplyUsage UsageOf(const v1::Usage& usage) {
  ReplyUsage out{.prompt_tokens = usage.prompt_tokens(),
                 .output_tokens = usage.completion_tokens(),
                 .cached_tokens = usage.cached_tokens()};
  if (usage.has_energy()) {
    out.joules = usage.energy().joules();
    out.energy_method = usage.energy().method();
  }
  return out;
}

// One call. gRPC's threads read it, then it posts its reply to the event loop
// and deletes itself.
class Call final : public grpc::ClientReadReactor<v1::GenerateResponse> {
 public:
  Call(asio::io_context& context, v1::Inference::Stub& stub,
       const RequestStyle& style, v1::GenerateRequest request,
       std::atomic<int64_t>& parts, std::shared_ptr<grpc::ClientContext> call,
       Transport::Done done)
      : context_(context),
        parts_(parts),
        call_(std::move(call)),
        request_(std::move(request)),
        done_(std::move(done)) {
    const auto limit = static_cast<int64_t>(style.timeout.count() * 1e6);
    call_->set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_micros(limit, GPR_TIMESPAN)));
    if (!style.api_key.empty()) {
      call_->AddMetadata("authorization", "Bearer " + style.api_key);
    }
    counts_.asked = request_.stop().max_tokens();
    counts_.listed = 0;
    reply_.sent = clock_.Now();
    stub.async()->Generate(call_.get(), &request_, this);
    StartRead(&part_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    Take();
    StartRead(&part_);
  }
  void OnDone(const grpc::Status& status) override {
    reply_.finished = clock_.Now();
    reply_.error =
        status.ok() ? Disagreement(counts_, reply_.usage) : ErrorOf(status);
    asio::post(context_,
               [done = std::move(done_), reply = std::move(reply_)]() mutable {
                 done(std::move(reply));
               });
    delete this;
  }

 private:
  void Take() {
    if (part_.has_summary()) reply_.usage = UsageOf(part_.summary().usage());
    counts_.listed += part_.token_ids_size();
    if (!part_.text().empty()) {
      reply_.text_times.push_back(clock_.Now());
      ++counts_.text_events;
      ++parts_;
    }
    const auto reason = part_.finish_reason();
    if (reason == v1::FINISH_REASON_UNSPECIFIED) return;
    counts_.cut_by_length = reason == v1::FINISH_REASON_LENGTH;
    counts_.text_at_finish = !part_.text().empty();
  }

  asio::io_context& context_;
  std::atomic<int64_t>& parts_;  // of all calls
  const std::shared_ptr<grpc::ClientContext> call_;
  const v1::GenerateRequest request_;
  v1::GenerateResponse part_;
  Transport::Done done_;
  TokenCounts counts_;
  Reply reply_;
  const SteadyClock clock_;
};

class GrpcTransport final : public Transport {
 public:
  GrpcTransport(asio::io_context& context, const Target& target,
                const RequestStyle& style)
      : context_(context),
        style_(style),
        stub_(v1::Inference::NewStub(grpc::CreateChannel(
            target.host.find(':') == std::string::npos
                ? absl::StrCat(target.host, ":", target.port)
                : absl::StrCat("[", target.host, "]:", target.port),
            grpc::InsecureChannelCredentials()))) {}

  void Start(const Prompt& prompt, int output_tokens, Done done) override {
    auto call = std::make_shared<grpc::ClientContext>();
    calls_.insert(call);
    new Call(context_, *stub_, style_,
             MakeRequest(style_, prompt, output_tokens), parts_, call,
             [this, call, done = std::move(done)](Reply reply) {
               calls_.erase(call);
               done(std::move(reply));
             });
  }
  void Cancel() override {
    for (const auto& call : calls_) call->TryCancel();
  }
  int64_t parts() const override { return parts_; }

 private:
  asio::io_context& context_;
  const RequestStyle style_;
  std::atomic<int64_t> parts_{0};
  std::unique_ptr<v1::Inference::Stub> stub_;
  std::set<std::shared_ptr<grpc::ClientContext>> calls_;  // in flight
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(asio::io_context& context,
                                             const Target& target,
                                             const RequestStyle& style) {
  return std::make_unique<GrpcTransport>(context, target, style);
}

}  // namespace mj
