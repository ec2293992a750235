#include "engine/draft_permission.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

struct Asked {
  const char* name;
  Speculation asked, by_default;
  Speculation want;
};

class DraftPermissionTest : public testing::Test {
 protected:
  DraftPermissionTest() {
    request_.sequences.reserve(1);
    request_.sequences.emplace_back(
        request_, std::vector<TokenId>{1, 2, 3},
        StreamingDetokenizer(tokenizer_),
        StopMatcher(std::vector<std::string>(), false));
    sequence().max_tokens = 10;
  }
  Sequence& sequence() { return request_.sequences[0]; }

  const FakeTokenizer tokenizer_;
  InFlight request_;
};

TEST_F(DraftPermissionTest, TheRequestsWishCountsBeforeTheServers) {
  constexpr Asked kCases[] = {
      {"left to the server", Speculation::kAuto, Speculation::kNgram,
       Speculation::kNgram},
      {"to one that leaves it open", Speculation::kAuto, Speculation::kAuto,
       Speculation::kAuto},
      {"off", Speculation::kOff, Speculation::kAuto, Speculation::kOff},
      {"on where the server has it off", Speculation::kNgram, Speculation::kOff,
       Speculation::kNgram},
  };
  for (const Asked& c : kCases) {
    request_.request.speculation = c.asked;
    EXPECT_EQ(DraftPermission(c.by_default, {}).Of(sequence()), c.want)
        << c.name;
  }
}

TEST_F(DraftPermissionTest, NobodyDraftsWhatDoesNotFit) {
  const DraftPermission permission(Speculation::kAuto, {});
  sequence().max_tokens = 5;
  EXPECT_EQ(MostDrafted(sequence()), 1);
  EXPECT_EQ(permission.Of(sequence()), Speculation::kAuto);
  sequence().max_tokens = 4;  // the one token that is decoded anyway
  EXPECT_EQ(MostDrafted(sequence()), 0);
  EXPECT_EQ(permission.Of(sequence()), Speculation::kOff);
}

TEST_F(DraftPermissionTest, OnlyThoseWhoAreThereDraft) {
  const DraftPermission alone(Speculation::kAuto, {});
  const DraftPermission with(Speculation::kAuto, {Drafter::kDraftModel});
  EXPECT_TRUE(alone.Allows(Speculation::kAuto, Drafter::kNgram));
  EXPECT_FALSE(alone.Allows(Speculation::kAuto, Drafter::kDraftModel));
  EXPECT_FALSE(alone.Allows(Speculation::kDraft, Drafter::kDraftModel));
  EXPECT_TRUE(with.Allows(Speculation::kAuto, Drafter::kDraftModel));
  EXPECT_TRUE(with.Allows(Speculation::kDraft, Drafter::kDraftModel));
  EXPECT_FALSE(with.Allows(Speculation::kDraft, Drafter::kNgram));
  EXPECT_FALSE(with.Allows(Speculation::kNgram, Drafter::kDraftModel));
  EXPECT_FALSE(with.Allows(Speculation::kExit, Drafter::kExitHead));
  EXPECT_FALSE(with.Allows(Speculation::kOff, Drafter::kNgram));
}

TEST_F(DraftPermissionTest, AnExitsWordIsTakenWhereOneTokenCanBeMeant) {
  Request request;
  request.quality = Quality::kAdaptive;
  request.sampling.temperature = 0;
  EXPECT_TRUE(TakesExitsWord(request));
  request.sampling.temperature = 1;
  EXPECT_FALSE(TakesExitsWord(request));
  request.sampling.temperature = 0;
  request.speculation = Speculation::kExit;  // asks for drafts by it
  EXPECT_FALSE(TakesExitsWord(request));
  request.speculation = Speculation::kAuto;
  request.quality = Quality::kFull;
  EXPECT_FALSE(TakesExitsWord(request));
}

}  // namespace
}  // namespace mj
