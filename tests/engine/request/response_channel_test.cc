#include "engine/request/response_channel.h"

#include <thread>

#include "gtest/gtest.h"
#include "tests/fakes/reply.h"

namespace mj {
namespace {

Delta Piece(int choice, std::string text, TokenId token) {
  Delta delta;
  delta.choice = choice;
  delta.text = std::move(text);
  delta.tokens = {token};
  delta.logprobs = {{{token, -1.0f}, {}}};
  return delta;
}

TEST(ResponseChannelTest, MergesWhatIsNotTaken) {
  ResponseChannel channel(nullptr);
  channel.Push(Piece(0, "a", 1));
  channel.Push(Piece(1, "x", 2));
  channel.Push(Piece(0, "b", 3));
  std::optional<Delta> first = channel.TryPop();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->text, "ab");
  EXPECT_EQ(first->tokens, (std::vector<TokenId>{1, 3}));
  EXPECT_EQ(first->logprobs.size(), 2u);
  EXPECT_EQ(channel.TryPop()->text, "x");
  EXPECT_FALSE(channel.TryPop().has_value());
}

TEST(ResponseChannelTest, TheLastDeltaComesLast) {
  ResponseChannel channel(nullptr);
  channel.Push(Piece(0, "a", 1));
  channel.Push(Piece(1, "x", 2));
  Delta last = Piece(0, "b", 3);
  last.finish_reason = FinishReason::kStop;
  last.stop_match = std::string("c");
  last.last = true;
  last.status = absl::CancelledError("gone");
  last.usage.completion_tokens = 3;
  channel.Push(std::move(last));
  EXPECT_EQ(channel.Pop().text, "x");
  const Delta end = channel.Pop();
  EXPECT_TRUE(end.last);
  EXPECT_EQ(end.text, "ab");
  EXPECT_EQ(end.stop_match, "c");
  EXPECT_EQ(end.status, absl::CancelledError("gone"));
  EXPECT_EQ(end.usage.completion_tokens, 3);
}

TEST(ResponseChannelTest, SignalsWhenEmptyOnly) {
  int signals = 0;
  ResponseChannel channel([&] { ++signals; });
  channel.Push(Piece(0, "a", 1));
  channel.Push(Piece(0, "b", 2));
  EXPECT_EQ(signals, 1);
  channel.Pop();
  channel.Push(Piece(0, "c", 3));
  EXPECT_EQ(signals, 2);
}

TEST(ResponseChannelTest, AReaderOnAnotherThreadLosesNothing) {
  ResponseChannel channel(nullptr);
  std::thread writer([&] {
    for (int i = 0; i < 5000; ++i) channel.Push(Piece(i % 3, "x", i));
    Delta last;
    last.last = true;
    channel.Push(std::move(last));
  });
  const Reply reply = ReadAll(channel);
  writer.join();
  ASSERT_EQ(reply.choices.size(), 3u);
  for (int c = 0; c < 3; ++c) {
    const std::vector<TokenId>& tokens = reply.choices[c].tokens;
    ASSERT_EQ(tokens.size(), (5000u - c + 2) / 3);
    for (size_t i = 0; i < tokens.size(); ++i) {
      ASSERT_EQ(tokens[i], static_cast<int>(3 * i + c));
    }
  }
}

}  // namespace
}  // namespace mj
