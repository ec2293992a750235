#include "engine/inbox.h"

#include <gtest/gtest.h>

#include <thread>

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

}  // namespace
}  // namespace mj
