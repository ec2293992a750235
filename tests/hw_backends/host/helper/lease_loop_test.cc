#include "hw_backends/host/helper/lease_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class LeaseLoopTest : public testing::Test {
 protected:
  LeaseLoopTest() {
    MakePolicy(0, {}, host_);
    EXPECT_EQ(pipe(stop_), 0);
    auto pair = PacketSocket::Pair();
    EXPECT_TRUE(pair.ok());
    client_.emplace(std::move(pair->first));
    helper_.emplace(std::move(pair->second));
  }
  ~LeaseLoopTest() override {
    close(stop_[0]);
    close(stop_[1]);
  }

  LeaseLoop Loop(Seconds heartbeat = Seconds(30), uid_t user = geteuid()) {
    return LeaseLoop(
        desk_, clock_, stop_[0],
        {.heartbeat = heartbeat,
         .client_user = user,
         .log = [this](const std::string& line) { log_ += line + "\n"; }});
  }
  void Stop() { EXPECT_EQ(write(stop_[1], "x", 1), 1); }
  std::string Max() const {
    return host_.Text(PolicyFile(0, "scaling_max_freq"));
  }

  const SteadyClock clock_;
  MadeSysfs host_;
  LeaseDesk::Nvml nvml_ = absl::UnavailableError("NVML is not there");
  RunFolder folder_ =
      RunFolder::Open(host_.root() + "/run", Seconds(0)).value();
  LeaseDesk desk_{host_, nvml_, folder_, true, Seconds(30)};
  int stop_[2];
  std::optional<PacketSocket> client_, helper_;
  std::string log_;
};

TEST_F(LeaseLoopTest, ServesUntilTheClientLeavesThenRestores) {
  host_.driver = [this](const std::string&, const std::string& text) {
    client_.reset();
    return text;
  };
  ASSERT_TRUE(client_->Send("lease").ok());
  ASSERT_TRUE(client_->Send("set cpufreq 1200000000").ok());
  Loop().ServeOne(*std::move(helper_));
  EXPECT_EQ(host_.writes.at(0).text, "1200000") << "it was set in between";
  EXPECT_EQ(Max(), "3600000");
}

TEST_F(LeaseLoopTest, ASilentClientLosesItsLease) {
  ASSERT_TRUE(client_->Send("lease").ok());
  ASSERT_TRUE(client_->Send("set cpufreq 1200000000").ok());
  Loop(Seconds(0.05)).ServeOne(*std::move(helper_));
  EXPECT_THAT(log_, HasSubstr("was silent for 0.05 s"));
  EXPECT_EQ(Max(), "3600000");
  EXPECT_THAT(client_->Receive(Seconds(1)).value(), StartsWith("ok"));
  EXPECT_EQ(client_->Receive(Seconds(1)).value(), "ok 1200000000");
  EXPECT_TRUE(absl::IsUnavailable(client_->Receive(Seconds(1)).status()));
}

TEST_F(LeaseLoopTest, RestoresWhenToldToStop) {
  host_.driver = [this](const std::string&, const std::string& text) {
    Stop();
    return text;
  };
  ASSERT_TRUE(client_->Send("lease").ok());
  ASSERT_TRUE(client_->Send("set cpufreq 1200000000").ok());
  Loop().ServeOne(*std::move(helper_));
  EXPECT_EQ(Max(), "3600000");
  EXPECT_TRUE(absl::IsUnavailable(client_->Send("beat")));
}

TEST_F(LeaseLoopTest, SaysWhatCouldNotBeRestored) {
  host_.driver = [this](
                     const std::string& path,
                     const std::string& text) -> absl::StatusOr<std::string> {
    client_.reset();
    if (text == "3600000") return absl::UnavailableError("writing " + path);
    return text;
  };
  ASSERT_TRUE(client_->Send("lease").ok());
  ASSERT_TRUE(client_->Send("set cpufreq 1200000000").ok());
  Loop().ServeOne(*std::move(helper_));
  EXPECT_THAT(log_, HasSubstr("not restored: writing"));
}

TEST_F(LeaseLoopTest, ServesWhoConnectsUnlessItIsSomeoneElse) {
  const std::string path = host_.root() + "/socket";
  const auto listener = PacketSocket::Listen(path, geteuid());
  ASSERT_TRUE(listener.ok()) << listener.status();
  const auto client = PacketSocket::Connect(path);
  ASSERT_TRUE(client.ok()) << client.status();
  ASSERT_TRUE(client->Send("lease").ok());
  ASSERT_TRUE(client->Send("set cpufreq 1200000000").ok());
  host_.driver = [this](const std::string&, const std::string& text) {
    Stop();
    return text;
  };
  Loop().ServeAll(*listener);
  EXPECT_THAT(client->Receive(Seconds(1)).value(), StartsWith("ok"));
  EXPECT_EQ(client->Receive(Seconds(1)).value(), "ok 1200000000");
  EXPECT_EQ(Max(), "3600000");
  if (geteuid() == 0) return;  // root is nobody's someone else
  Loop(Seconds(30), geteuid() + 1).ServeOne(*std::move(helper_));
  EXPECT_THAT(log_, HasSubstr("refused process"));
}

}  // namespace
}  // namespace mj
