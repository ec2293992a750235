#include "hw_backends/host/helper_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>

#include "tests/fakes/hand_clock.h"

namespace mj {
namespace {

using testing::HasSubstr;

// The test is the helper: its replies wait in the socket before they are
// asked for.
class HelperChannelTest : public testing::Test {
 protected:
  HelperChannelTest() {
    auto pair = PacketSocket::Pair();
    EXPECT_TRUE(pair.ok()) << pair.status();
    channel_.emplace(std::move(pair->first), clock_);
    helper_.emplace(std::move(pair->second));
  }
  void WillReply(const absl::StatusOr<std::string>& reply) {
    ASSERT_TRUE(helper_->Send(FormatReply(reply)).ok());
  }
  std::string Asked() {
    return helper_->Receive(Seconds(0)).value_or("(nothing)");
  }

  HandClock clock_;
  std::optional<HelperChannel> channel_;
  std::optional<PacketSocket> helper_;
};

TEST_F(HelperChannelTest, AsksAndIsAnswered) {
  WillReply("payload");
  EXPECT_EQ(channel_->Call({.verb = LeaseVerb::kBeat}, Seconds(1)).value(),
            "payload");
  EXPECT_EQ(Asked(), "beat");
  clock_.now += Seconds(3);
  EXPECT_EQ(channel_->SilentFor(), Seconds(3));
  WillReply(absl::PermissionDeniedError("not yours"));
  EXPECT_EQ(channel_->Call({.verb = LeaseVerb::kBeat}, Seconds(1)).status(),
            absl::PermissionDeniedError("not yours"));
  EXPECT_TRUE(channel_->is_open()) << "an error is an answer";
}

TEST_F(HelperChannelTest, ALateReplyIsNeverTakenForTheNext) {
  EXPECT_TRUE(absl::IsUnavailable(
      channel_->Call({.verb = LeaseVerb::kBeat}, Seconds(0)).status()));
  EXPECT_FALSE(channel_->is_open());
  helper_->Send("ok late").IgnoreError();
  const absl::Status ended =
      channel_->Call({.verb = LeaseVerb::kBeat}, Seconds(1)).status();
  EXPECT_TRUE(absl::IsUnavailable(ended));
  EXPECT_THAT(std::string(ended.message()), HasSubstr("has ended"));
}

// Each caller gets its own reply: calls wait for each other.
TEST_F(HelperChannelTest, TwoThreadsShareTheChannel) {
  constexpr int kCalls = 200;
  std::thread helper([&] {
    for (int i = 0; i < 2 * kCalls; ++i) {
      const auto asked = helper_->Receive(Seconds(60));
      if (!asked.ok()) return;
      const bool clock = asked->find("cpufreq") != std::string::npos;
      WillReply(clock ? "1000" : "40");
    }
  });
  const auto ask = [&](const char* name, const char* want) {
    for (int i = 0; i < kCalls; ++i) {
      EXPECT_EQ(
          channel_->Call({.verb = LeaseVerb::kRead, .name = name}, Seconds(60))
              .value_or("lost"),
          want);
    }
  };
  std::thread other([&] { ask("cpufreq", "1000"); });
  ask("powercap", "40");
  other.join();
  helper.join();
}

TEST_F(HelperChannelTest, AHelperThatIsGoneIsNoticed) {
  helper_.reset();
  EXPECT_TRUE(absl::IsUnavailable(
      channel_->Call({.verb = LeaseVerb::kBeat}, Seconds(1)).status()));
}

TEST_F(HelperChannelTest, ALeasedActuatorSetsOnlyWhatIsNotSet) {
  LeasedActuator<Hertz> clock(*channel_,
                              {.name = "cpufreq",
                               .low = Hertz(1e9),
                               .high = Hertz(3e9),
                               .levels = {Hertz(1e9), Hertz(2e9), Hertz(3e9)}});
  EXPECT_TRUE(absl::IsInvalidArgument(clock.Set(Hertz(4e9)).status()));
  EXPECT_EQ(Asked(), "(nothing)");
  WillReply("1900000000");  // bent by the driver
  EXPECT_EQ(clock.Set(Hertz(1.5e9)).value(), Hertz(1.9e9));
  EXPECT_EQ(Asked(), "set cpufreq 2000000000");
  EXPECT_EQ(clock.Set(Hertz(2e9)).value(), Hertz(1.9e9)) << "the same level";
  EXPECT_EQ(Asked(), "(nothing)");

  WillReply("1900000000 1850000000");
  const auto reading = clock.Read();
  EXPECT_EQ(reading->setting, Hertz(1.9e9));
  EXPECT_EQ(reading->actual, Hertz(1.85e9));
  EXPECT_EQ(Asked(), "read cpufreq");
  EXPECT_EQ(clock.Set(Hertz(2e9)).value(), Hertz(1.9e9)) << "still set";

  WillReply("3000000000");
  EXPECT_EQ(clock.Read()->actual, std::nullopt);
  EXPECT_EQ(Asked(), "read cpufreq");
  WillReply("1900000000");
  EXPECT_TRUE(clock.Set(Hertz(2e9)).ok()) << "someone else had set it";
  EXPECT_EQ(Asked(), "set cpufreq 2000000000");

  WillReply("");
  EXPECT_TRUE(clock.Restore().ok());
  EXPECT_EQ(Asked(), "restore cpufreq");
  WillReply("1900000000");
  EXPECT_TRUE(clock.Set(Hertz(2e9)).ok()) << "it was restored";
  EXPECT_EQ(Asked(), "set cpufreq 2000000000");
  channel_->Close();
  EXPECT_TRUE(absl::IsUnavailable(clock.Set(Hertz(2e9)).status()))
      << "without a lease nothing is set";
}

TEST_F(HelperChannelTest, AnAnswerThatIsNoNumberIsAnError) {
  LeasedActuator<Watts> cap(
      *channel_, {.name = "powercap", .low = Watts(1), .high = Watts(9)});
  WillReply("much");
  EXPECT_TRUE(absl::IsInternal(cap.Set(Watts(5)).status()));
  WillReply("");
  EXPECT_TRUE(absl::IsInternal(cap.Read().status()));
}

}  // namespace
}  // namespace mj
