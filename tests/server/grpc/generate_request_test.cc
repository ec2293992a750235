#include "server/grpc/generate_request.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char kTemplate[] =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<reply>{% endif %}";

class GenerateRequestTest : public testing::Test {
 protected:
  GenerateRequestTest() {
    model_.name = "tiny";
    model_.tokenizer = std::make_unique<FakeTokenizer>();
    model_.chat_template.emplace(*ChatTemplate::Parse(kTemplate));
  }

  absl::StatusOr<Request> Convert(const std::string& text) {
    v1::GenerateRequest message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
    return ToRequest(message, model_);
  }

  LoadedModel model_;
};

TEST_F(GenerateRequestTest, AbsentFieldsKeepTheEnginesDefaults) {
  const auto request = Convert("text: 'Hi'");
  ASSERT_TRUE(request.ok()) << request.status();
  const Request defaults;
  EXPECT_EQ(std::get<std::string>(request->prompt), "Hi");
  EXPECT_TRUE(request->add_special);
  EXPECT_EQ(request->num_choices, 1);
  EXPECT_EQ(request->sampling.temperature, defaults.sampling.temperature);
  EXPECT_EQ(request->sampling.top_k, defaults.sampling.top_k);
  EXPECT_EQ(request->sampling.top_p, defaults.sampling.top_p);
  EXPECT_EQ(request->sampling.min_p, defaults.sampling.min_p);
  EXPECT_EQ(request->sampling.repetition_penalty,
            defaults.sampling.repetition_penalty);
  EXPECT_FALSE(request->sampling.seed.has_value());
  EXPECT_FALSE(request->stop.max_tokens.has_value());
  EXPECT_FALSE(request->logprobs.generated.has_value());
  EXPECT_FALSE(request->logprobs.prompt.has_value());
  EXPECT_FALSE(request->timeout.has_value());
  EXPECT_TRUE(Validate(*request).ok()) << Validate(*request);
}

TEST_F(GenerateRequestTest, EveryFieldArrives) {
  const auto request = Convert(R"pb(
    model: "tiny"
    token_ids { ids: [ 7, 8 ] }
    sampling {
      temperature: 0
      top_k: 5
      top_p: 0.5
      min_p: 0.25
      repetition_penalty: 1.5
      presence_penalty: 0.75
      frequency_penalty: -0.5
      logit_bias { key: 3 value: -100 }
      logit_bias { key: 4 value: 2 }
      seed: 18446744073709551615
    }
    stop {
      max_tokens: 0
      strings: [ "END", "\n\n" ]
      token_ids: [ 9 ]
      ignore_eos: true
      include_stop_string: true
    }
    n: 3
    logprobs: 0
    prompt_logprobs: 4
    add_special: false
    print_special: true
  )pb");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(std::get<std::vector<TokenId>>(request->prompt),
              ElementsAre(7, 8));
  EXPECT_EQ(request->sampling.temperature, 0);
  EXPECT_EQ(request->sampling.top_k, 5);
  EXPECT_EQ(request->sampling.top_p, 0.5f);
  EXPECT_EQ(request->sampling.min_p, 0.25f);
  EXPECT_EQ(request->sampling.repetition_penalty, 1.5f);
  EXPECT_EQ(request->sampling.presence_penalty, 0.75f);
  EXPECT_EQ(request->sampling.frequency_penalty, -0.5f);
  EXPECT_THAT(request->sampling.logit_bias,
              UnorderedElementsAre(Pair(3, -100.f), Pair(4, 2.f)));
  EXPECT_EQ(request->sampling.seed, UINT64_MAX);
  EXPECT_EQ(request->stop.max_tokens, 0);
  EXPECT_THAT(request->stop.strings, ElementsAre("END", "\n\n"));
  EXPECT_THAT(request->stop.token_ids, ElementsAre(9));
  EXPECT_TRUE(request->stop.ignore_eos);
  EXPECT_TRUE(request->stop.include_stop_string);
  EXPECT_EQ(request->num_choices, 3);
  EXPECT_EQ(request->logprobs.generated, 0);
  EXPECT_EQ(request->logprobs.prompt, 4);
  EXPECT_FALSE(request->add_special);
  EXPECT_TRUE(request->print_special);
}

TEST_F(GenerateRequestTest, BudgetTargetsAndTierArrive) {
  const auto request = Convert(R"pb(
    text: "Hi"
    energy { max_joules: 0.5 quality: QUALITY_ADAPTIVE }
    slo { ttft_ms: 800 tpot_ms: 50 }
    service_tier: SERVICE_TIER_FLEX
  )pb");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(*request->max_energy, Joules(0.5));
  EXPECT_EQ(request->quality, Quality::kAdaptive);
  EXPECT_DOUBLE_EQ(request->slo.ttft->count(), 0.8);
  EXPECT_DOUBLE_EQ(request->slo.tpot->count(), 0.05);
  EXPECT_TRUE(request->flex);
  const auto plain = Convert("text: 'Hi'");
  EXPECT_FALSE(plain->max_energy || plain->slo.ttft || plain->slo.tpot);
  EXPECT_FALSE(plain->flex);
}

TEST_F(GenerateRequestTest, MessagesAreRenderedWithTheModelsTemplate) {
  const auto request = Convert(R"pb(
    messages {
      messages { role: "system" content: "Be brief." }
      messages { role: "user" content: "Hi" }
    })pb");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(std::get<std::string>(request->prompt),
            "<system>Be brief.<user>Hi<reply>");
  EXPECT_FALSE(request->add_special) << "the template writes its own BOS";
}

struct BadCase {
  const char* message;
  absl::StatusCode code;
  const char* says;
};

TEST_F(GenerateRequestTest, RefusesWhatCannotBeMeant) {
  const BadCase kCases[] = {
      {"", absl::StatusCode::kInvalidArgument, "prompt"},
      {"messages {}", absl::StatusCode::kInvalidArgument, "messages"},
      {"text: 'x' model: 'huge'", absl::StatusCode::kNotFound, "huge"},
  };
  for (const BadCase& bad : kCases) {
    const auto request = Convert(bad.message);
    EXPECT_EQ(request.status().code(), bad.code) << bad.message;
    EXPECT_THAT(request.status().message(), HasSubstr(bad.says));
  }
}

TEST_F(GenerateRequestTest, MessagesNeedATemplate) {
  model_.chat_template.reset();
  const auto request =
      Convert("messages { messages { role: 'user' content: 'Hi' } }");
  EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(request.status().message(), HasSubstr("chat template"));
}

}  // namespace
}  // namespace mj
