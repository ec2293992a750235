#include "server/recent_requests.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

Delta Last(int tokens) {
  Delta last;
  last.last = true;
  last.usage.prompt_tokens = 4;
  last.usage.completion_tokens = tokens;
  last.usage.energy.total = Joules(0.5);
  last.timings.first_token = Seconds(0.3);
  last.timings.finished = Seconds(1.3);
  return last;
}

TEST(RecentRequestsTest, TheNewestComeFirstAndTheOldestGo) {
  RecentRequests recent;
  for (size_t i = 0; i < RecentRequests::kKept + 2; ++i) {
    Request request;
    request.id = absl::StrCat(i);
    recent.Add(MakeRecent(request, Last(3), "stop", 7));
  }
  const auto kept = recent.NewestFirst();
  ASSERT_EQ(kept.size(), RecentRequests::kKept);
  EXPECT_EQ(kept.front().id, absl::StrCat(RecentRequests::kKept + 1));
  EXPECT_EQ(kept.back().id, "2");
}

TEST(RecentRequestsTest, TimesAreOfTokensThatCame) {
  Request request;
  request.num_choices = 2;
  const RecentRequest recent = MakeRecent(request, Last(22), "length", 7);
  EXPECT_EQ(recent.ttft, Seconds(0.3));
  EXPECT_DOUBLE_EQ(recent.tpot->count(), 0.1);  // 11 a choice, 10 gaps
  EXPECT_EQ(recent.energy, Joules(0.5));

  EXPECT_FALSE(MakeRecent(request, Last(0), "abort", 7).ttft);
  EXPECT_FALSE(MakeRecent(Request(), Last(1), "length", 7).tpot);
}

}  // namespace
}  // namespace mj
