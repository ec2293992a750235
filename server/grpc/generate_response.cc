#include "server/grpc/generate_response.h"

#include <cmath>

namespace mj {

namespace {

v1::FinishReason ToMessage(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return v1::FINISH_REASON_STOP;
    case FinishReason::kLength:
      return v1::FINISH_REASON_LENGTH;
    case FinishReason::kEnergy:
      return v1::FINISH_REASON_ENERGY;
  }
  return v1::FINISH_REASON_UNSPECIFIED;
}

void Fill(const TokenLogprob& from, const Tokenizer& tokenizer,
          v1::TokenLogprob* to) {
  to->set_id(from.id);
  if (!std::isnan(from.logprob)) to->set_logprob(from.logprob);
  to->set_token(tokenizer.TokenBytes(from.id, /*print_special=*/true));
}

template <class Repeated>
void Fill(const std::vector<PositionLogprobs>& from, const Tokenizer& tokenizer,
          Repeated* to) {
  for (const PositionLogprobs& position : from) {
    v1::PositionLogprobs* message = to->Add();
    Fill(position.token, tokenizer, message->mutable_token());
    for (const TokenLogprob& top : position.top) {
      Fill(top, tokenizer, message->add_top());
    }
  }
}

void Fill(const EnergyReport& from, v1::RequestEnergy* to) {
  to->set_joules(from.total.value());
  to->set_prefill_joules(from.prefill.value());
  to->set_decode_joules(from.decode.value());
  to->set_wasted_joules(from.wasted.value());
  if (from.per_output_token.has_value()) {
    to->set_joules_per_output_token(from.per_output_token->value());
  }
  to->set_method(from.method);
  to->set_domain(from.domain);
  to->set_calibration(from.calibration);
  to->set_gco2e(from.gco2e);
  if (from.device_time) to->set_device_seconds(from.device_time->count());
}

void Fill(const Usage& from, v1::Usage* to) {
  to->set_prompt_tokens(from.prompt_tokens);
  to->set_completion_tokens(from.completion_tokens);
  to->set_cached_tokens(from.cached_tokens);
  to->set_drafted_tokens(from.drafted_tokens);
  to->set_accepted_draft_tokens(from.accepted_tokens);
  Fill(from.energy, to->mutable_energy());
  if (from.depth) {
    v1::AdaptiveDepth* depth = to->mutable_adaptive_depth();
    depth->set_early_tokens(from.depth->early_tokens);
    depth->set_exit_head(from.depth->exit_head);
    depth->set_whole_because(std::string(from.depth->whole_because));
  }
}

void Fill(const RequestTimings& from, v1::Timings* to) {
  to->set_queued_seconds(from.queued.count());
  if (from.first_token > Seconds(0)) {
    to->set_first_token_seconds(from.first_token.count());
  }
  to->set_total_seconds(from.finished.count());
  to->set_preemptions(from.num_preemptions);
}

}  // namespace

v1::Summary SummaryOf(const std::string& request_id, const Delta& last) {
  v1::Summary summary;
  summary.set_request_id(request_id);
  Fill(last.usage, summary.mutable_usage());
  Fill(last.timings, summary.mutable_timings());
  return summary;
}

v1::GenerateResponse ResponseWriter::Next(const Delta& delta) {
  v1::GenerateResponse message;
  message.set_choice(delta.choice);
  message.set_text(delta.text);
  message.mutable_token_ids()->Add(delta.tokens.begin(), delta.tokens.end());
  Fill(delta.logprobs, tokenizer_, message.mutable_logprobs());
  Fill(delta.prompt_logprobs, tokenizer_, message.mutable_prompt_logprobs());
  if (delta.finish_reason.has_value()) {
    message.set_finish_reason(ToMessage(*delta.finish_reason));
    v1::ChoiceEnd& end = ends_[delta.choice];
    end.set_choice(delta.choice);
    end.set_finish_reason(message.finish_reason());
    end.set_stop_match(delta.stop_match);
  }
  if (delta.last) *message.mutable_summary() = Summarise(delta);
  return message;
}

v1::Summary ResponseWriter::Summarise(const Delta& last) const {
  v1::Summary summary = SummaryOf(request_id_, last);
  for (const auto& [choice, end] : ends_) *summary.add_choices() = end;
  return summary;
}

}  // namespace mj
