// The packages' limit on a made tree, which obeys, refuses, bends or hangs.
#include "engine/package_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "hw_backends/host/powercap_actuator.h"
#include "tests/fakes/eventually.h"
#include "tests/fakes/hand_clock.h"
#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::HasSubstr;

struct UnderCase {
  const char* name;
  std::optional<Watts> cap;
  std::optional<Watts> want;
};

// A range of 25 to 100 W.
constexpr UnderCase kUnderCases[] = {
    {"no cap", std::nullopt, std::nullopt},
    {"in the range", Watts(40), Watts(40)},
    {"at its low end", Watts(25), Watts(25)},
    {"below it", Watts(3), Watts(25)},
    {"what was found", Watts(100), std::nullopt},
    {"looser than what was found", Watts(250), std::nullopt},
};

TEST(LimitUnderTest, IsTheCapWithinTheRange) {
  const ActuatorInfo<Watts> packages{.low = Watts(25), .high = Watts(100)};
  for (const UnderCase& c : kUnderCases) {
    EXPECT_EQ(LimitUnder(c.cap, packages), c.want) << c.name;
  }
}

constexpr char kLimit[] =
    "sys/class/powercap/intel-rapl:0/constraint_1_power_limit_uw";

class PackageLimitTest : public testing::Test {
 protected:
  PackageLimitTest() { MakePackage(0, 100000000, host_); }
  ~PackageLimitTest() override { hangs_ = false; }

  void Start() {
    auto plan = PlanPowercap(host_);
    ASSERT_TRUE(plan.ok()) << plan.status();
    auto texts = ReadOriginals(host_, plan->plan);
    ASSERT_TRUE(texts.ok()) << texts.status();
    limit_.emplace(
        PackageControl{
            Controlled<Watts>{std::make_shared<SysfsActuator<Watts>>(
                                  host_, plan->info, plan->plan, *texts),
                              [this]() -> absl::StatusOr<int> {
                                if (!lost_) return lease_;
                                return absl::UnavailableError("taken away");
                              },
                              Seconds(0.02)},
            ""},
        clock_);
  }
  bool Reads(const char* microwatts) {
    return Eventually([&] { return host_.Text(kLimit) == microwatts; });
  }
  bool Notes(const std::string& part) {
    return Eventually(
        [&] { return limit_->state().note.find(part) != std::string::npos; });
  }
  // REQUIRES: the driver writes nothing meanwhile
  void Refuse() { host_.refusals[kLimit] = absl::PermissionDeniedError("no"); }

  AtomicClock clock_;
  std::atomic<bool> lost_{false}, hangs_{false};
  std::atomic<int> lease_{1};
  MadeSysfs host_;
  std::optional<PackageLimit> limit_;
};

TEST_F(PackageLimitTest, FollowsTheCapAndRestores) {
  Start();
  EXPECT_EQ(limit_->state().note, "packages limited to 100 W, as found");
  limit_->Follow(Watts(40));
  ASSERT_TRUE(Notes("packages limited to 40 W"));
  EXPECT_EQ(host_.Text(kLimit), "40000000");
  EXPECT_EQ(limit_->state().requested, Watts(40));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(1.1);
    return limit_->state().achieved == Watts(40);
  }));
  limit_->Follow(Watts(3));
  EXPECT_TRUE(Reads("25000000")) << "the least that it takes";
  limit_->Follow(Watts(500));
  EXPECT_TRUE(Reads("100000000")) << "never above what was found";
  limit_->Follow(Watts(60));
  EXPECT_TRUE(Reads("60000000"));
  limit_->Follow(std::nullopt);
  EXPECT_TRUE(Reads("100000000"));
  limit_->Follow(Watts(60));
  EXPECT_TRUE(Reads("60000000"));
  limit_.reset();
  EXPECT_EQ(host_.Text(kLimit), "100000000") << "at the end, too";
}

TEST_F(PackageLimitTest, ALooserCapWritesNothing) {
  Start();
  limit_->Follow(Watts(100));
  limit_->Follow(Watts(120));
  limit_.reset();
  EXPECT_TRUE(host_.writes.empty());
}

TEST_F(PackageLimitTest, ARefusalIsToldAndTriedAgain) {
  Start();
  Refuse();
  limit_->Follow(Watts(40));
  ASSERT_TRUE(Notes("packages not limited: no"));
  EXPECT_FALSE(limit_->state().works);
  EXPECT_EQ(limit_->state().errors, 1u);
  EXPECT_EQ(host_.Text(kLimit), "100000000");
  host_.refusals.clear();
  clock_.Advance(11);
  EXPECT_TRUE(Notes("packages limited to 40 W"));
  EXPECT_TRUE(limit_->state().works);
  EXPECT_EQ(host_.Text(kLimit), "40000000");
}

TEST_F(PackageLimitTest, ALimitThatCannotBeRestoredIsTriedAgain) {
  Start();
  limit_->Follow(Watts(40));
  ASSERT_TRUE(Notes("packages limited to 40 W"));
  Refuse();
  limit_->Follow(std::nullopt);
  ASSERT_TRUE(Notes("packages not limited: "));
  EXPECT_EQ(host_.Text(kLimit), "40000000");
  host_.refusals.clear();
  clock_.Advance(11);
  EXPECT_TRUE(Reads("100000000"));
}

// Firmware that holds its own limit takes every write and changes nothing.
TEST_F(PackageLimitTest, ALimitThatDoesNotObeyIsTold) {
  host_.driver = [](const std::string& path, const std::string& text) {
    return path == kLimit ? "100000000" : text;
  };
  Start();
  limit_->Follow(Watts(40));
  ASSERT_TRUE(Notes("40 W was set, but it reads back 100 W"));
  EXPECT_FALSE(limit_->state().works);
}

TEST_F(PackageLimitTest, AZoneThatVanishesIsTold) {
  Start();
  limit_->Follow(Watts(40));
  ASSERT_TRUE(Notes("packages limited to 40 W"));
  host_.Remove("sys/class/powercap");
  limit_->Follow(Watts(50));
  ASSERT_TRUE(Notes("is gone"));
  EXPECT_EQ(limit_->state().errors, 1u);
}

TEST_F(PackageLimitTest, ADriverThatHangsHoldsNobodyUp) {
  host_.driver = [this](const std::string&, const std::string& text) {
    while (hangs_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return text;
  };
  hangs_ = true;
  Start();
  limit_->Follow(Watts(40));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(1);
    return !limit_->state().works;
  })) << "and asking did not wait";
  EXPECT_EQ(limit_->state().note,
            "packages not limited: powercap does not answer");
  hangs_ = false;
  EXPECT_TRUE(Notes("packages limited to 40 W"));
}

TEST_F(PackageLimitTest, ALeaseThatIsLostIsToldAndTakenAgain) {
  Start();
  lost_ = true;
  ASSERT_TRUE(Notes("packages not limited: taken away"));
  limit_->Follow(Watts(40));
  EXPECT_FALSE(limit_->state().works);
  ++lease_;
  lost_ = false;
  EXPECT_TRUE(Reads("40000000"));
  EXPECT_TRUE(Notes("packages limited to 40 W"));
}

TEST_F(PackageLimitTest, WithoutPackagesItSaysWhy) {
  limit_.emplace(PackageControl{std::nullopt, "a virtual machine"}, clock_);
  limit_->Follow(Watts(40));
  const PackageLimit::State state = limit_->state();
  EXPECT_FALSE(state.works);
  EXPECT_EQ(state.note, "packages not limited: a virtual machine");
  EXPECT_FALSE(state.requested.has_value());
  EXPECT_EQ(state.errors, 0u);
}

}  // namespace
}  // namespace mj
