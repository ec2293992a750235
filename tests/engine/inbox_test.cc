#include "engine/inbox.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

TEST(InboxTest, ARestLastsUndisturbed) {
  Inbox inbox(4);
  EXPECT_TRUE(inbox.Rest(Seconds(0.001)));
}

constexpr Seconds kForever(60);

TEST(InboxTest, ARestEndsWithWhateverComes) {
  for (int what = 0; what < 3; ++what) {
    Inbox inbox(4);
    std::thread other([&] {
      if (what == 0) {
        EXPECT_TRUE(inbox.Push(std::make_unique<InFlight>()).ok());
      }
      if (what == 1) inbox.Drain();
      if (what == 2) inbox.Close();
    });
    EXPECT_FALSE(inbox.Rest(kForever)) << what;
    other.join();
  }
}

TEST(InboxTest, WhatComesTogetherEntersWholeOrNotAtAll) {
  const FakeTokenizer tokenizer;
  const auto requests = [&](int count) {
    std::vector<std::unique_ptr<InFlight>> many;
    for (int i = 0; i < count; ++i) {
      many.push_back(std::make_unique<InFlight>());
      many.back()->sequences.reserve(1);
      many.back()->sequences.emplace_back(
          *many.back(), std::vector<TokenId>{1},
          StreamingDetokenizer(tokenizer),
          StopMatcher(std::vector<std::string>(), false));
    }
    return many;
  };
  Inbox inbox(4);
  EXPECT_TRUE(inbox.Push(requests(3)).ok());
  EXPECT_EQ(inbox.num_in_flight(), 3);
  EXPECT_EQ(inbox.Push(requests(2)).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(inbox.num_waiting(), 3);
  EXPECT_EQ(inbox.TakeAll().size(), 3u);
}

}  // namespace
}  // namespace mj
