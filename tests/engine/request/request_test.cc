#include "engine/request/request.h"

#include <cmath>
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

struct FieldCase {
  const char* name;
  std::function<void(Request&)> change;
  const char* message;  // "": valid
};

const FieldCase kFieldCases[] = {
    {"as it is", [](Request&) {}, ""},
    {"no choices", [](Request& r) { r.num_choices = 0; },
     "n is 0; it must be from 1 to 128"},
    {"greedy", [](Request& r) { r.sampling.temperature = 0; }, ""},
    {"temperature is not a number",
     [](Request& r) { r.sampling.temperature = NAN; }, "temperature is nan"},
    {"top_p 0", [](Request& r) { r.sampling.top_p = 0; }, ""},
    {"top_p under 0", [](Request& r) { r.sampling.top_p = -1; },
     "top_p is -1; it must be from 0 to 1"},
    {"top_p over 1", [](Request& r) { r.sampling.top_p = 1.5; },
     "top_p is 1.5"},
    {"min_p", [](Request& r) { r.sampling.min_p = -0.1f; }, "min_p is -0.1"},
    {"all by top_k", [](Request& r) { r.sampling.top_k = -1; }, ""},
    {"top_k", [](Request& r) { r.sampling.top_k = -2; },
     "top_k is -2; it must be from -1 to 2147483647"},
    {"min_tokens over max_tokens",
     [](Request& r) {
       r.stop.min_tokens = 5;
       r.stop.max_tokens = 4;
     },
     "min_tokens is 5; it must be from 0 to max_tokens, 4"},
    {"presence", [](Request& r) { r.sampling.presence_penalty = 3; },
     "presence_penalty is 3; it must be from -2 to 2"},
    {"repetition 0", [](Request& r) { r.sampling.repetition_penalty = 0; },
     "repetition_penalty is 0"},
    {"bias",
     [](Request& r) {
       r.sampling.logit_bias = {{5, 101}};
     },
     "logit_bias of token 5 is 101"},
    {"max_tokens", [](Request& r) { r.stop.max_tokens = -1; },
     "max_tokens is -1"},
    {"max_tokens 0 to score the prompt",
     [](Request& r) {
       r.stop.max_tokens = 0;
       r.logprobs.prompt = 0;
     },
     ""},
    {"max_tokens 0", [](Request& r) { r.stop.max_tokens = 0; },
     "max_tokens is 0; it must be at least 1"},
    {"empty stop", [](Request& r) { r.stop.strings = {""}; },
     "a stop string is empty"},
    {"long stop", [](Request& r) { r.stop.strings = {std::string(4097, 'a')}; },
     "a stop string has 4097 bytes; at most 4096"},
    {"stops together",
     [](Request& r) { r.stop.strings.assign(5, std::string(4000, 'a')); },
     "the stop strings have 20000 bytes together; at most 16384"},
    {"logprobs", [](Request& r) { r.logprobs.generated = 21; },
     "logprobs is 21; it must be from 0 to 20"},
    {"timeout", [](Request& r) { r.timeout = Seconds(0); },
     "timeout is 0 seconds"},
    {"joules", [](Request& r) { r.max_energy = Joules(1e-9); }, ""},
    {"no joules", [](Request& r) { r.max_energy = Joules(0); },
     "energy.max_joules is 0 J; it must be above 0"},
    {"negative joules", [](Request& r) { r.max_energy = Joules(-1); },
     "energy.max_joules is -1 J"},
    {"joules are not a number", [](Request& r) { r.max_energy = Joules(NAN); },
     "energy.max_joules is nan J"},
    {"endless joules", [](Request& r) { r.max_energy = Joules(INFINITY); },
     "energy.max_joules is inf J"},
    {"TTFT", [](Request& r) { r.slo.ttft = Seconds(0); },
     "slo.ttft is 0 s; it must be above 0"},
    {"TPOT", [](Request& r) { r.slo.tpot = Seconds(-1); },
     "slo.tpot is -1 s; it must be above 0"},
};

TEST(ValidateTest, NamesFieldValueAndRange) {
  for (const FieldCase& c : kFieldCases) {
    SCOPED_TRACE(c.name);
    Request request;
    c.change(request);
    const absl::Status status = Validate(request);
    EXPECT_EQ(status.ok(), std::string(c.message).empty()) << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(c.message));
    if (status.ok()) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace mj
