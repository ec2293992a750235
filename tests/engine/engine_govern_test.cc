// A governed engine, with the real helper on a made tree: what it sets, how it
// tells, and that the tree is as it was found whatever ends the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/engine.h"
#include "tests/fakes/eventually.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/made_sysfs.h"
#include "tests/fakes/reply.h"

namespace mj {
namespace {

using testing::HasSubstr;

uint64_t Decisions(const GovernorStats& stats, std::string_view phase,
                   std::string_view reason) {
  uint64_t sum = 0;
  for (const DecisionCount& decision : stats.decisions) {
    if (decision.phase != phase) continue;
    if (decision.reason.find(reason) != std::string_view::npos) {
      sum += decision.count;
    }
  }
  return sum;
}

class EngineGovernTest : public testing::Test {
 protected:
  EngineGovernTest() {
    for (int number : {0, 1}) MakePolicy(number, {}, host_);
    MakePackage(0, 200000000, host_);
    governor_.helper = {.program = MJ_ACTUATOR_HELPER,
                        .root = host_.root(),
                        .run_folder = host_.root() + "/run"};
    options_.kv_memory_bytes = 1024 * FakeBackend::kBytesPerBlock;
    options_.slo = {Seconds(0.8), Seconds(0.01)};
    log_.before_step = [] {
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    };
  }

  std::unique_ptr<Engine> Start(GovernorPolicy policy) {
    governor_.policy = policy;
    governor_.fixed_clock.reset();
    if (policy == GovernorPolicy::kFixed) governor_.fixed_clock = Hertz(1.2e9);
    auto model = MakeFakeModel(log_);
    absl::StatusOr<EnergySetup> setup =
        GenericEnergySetup(model->backend->info());
    EXPECT_TRUE(setup.ok()) << setup.status();
    absl::StatusOr<GovernorSetup> governor =
        OpenGovernor(governor_, {setup->cpu, "", setup->share, "f32"}, clock_);
    EXPECT_TRUE(governor.ok()) << governor.status();
    setup->governor = *std::move(governor);
    auto engine =
        Engine::Start(options_, std::move(model), clock_, *std::move(setup));
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  static Request Ask(int max_tokens) {
    Request request;
    request.prompt = std::vector<TokenId>(20, 'a');
    request.stop.max_tokens = max_tokens;
    request.stop.ignore_eos = true;
    request.sampling.seed = 1;
    return request;
  }
  static Reply Run(Engine& engine, int max_tokens = 5) {
    return ReadAll(**engine.Submit(Ask(max_tokens), nullptr));
  }
  // A dozen requests that overlap, all with the same reply.
  void RunTogether(Engine& engine, const SloTargets& targets = {}) {
    Request request = Ask(40);
    request.slo = targets;
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 12; ++i) {
      channels.push_back(*engine.Submit(request, nullptr));
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    std::vector<Reply> replies;
    for (auto& channel : channels) replies.push_back(ReadAll(*channel));
    for (const Reply& reply : replies) {
      ASSERT_TRUE(reply.status.ok()) << reply.status;
      EXPECT_EQ(reply.choices[0].tokens, replies[0].choices[0].tokens);
    }
  }
  static GovernorStats StatsOf(const Engine& engine) {
    return *engine.stats().governor;
  }

  std::string Max() const {
    return host_.Text(PolicyFile(1, "scaling_max_freq"));
  }
  std::string PackageLimit() const {
    return host_.Text(
        "sys/class/powercap/intel-rapl:0/constraint_1_power_limit_uw");
  }
  bool IsAsFound() const {
    return Max() == "3600000" && PackageLimit() == "200000000" &&
           host_.Text(PolicyFile(0, "scaling_min_freq")) == "800000" &&
           host_.Text("run/actuator.state") == "(gone)";
  }

  MadeSysfs host_;
  SteadyClock clock_;
  FakeRunnerLog log_;
  EngineOptions options_;
  GovernorOptions governor_;
};

TEST_F(EngineGovernTest, SetsTheClockWhileItServesAndRestoresIt) {
  auto engine = Start(GovernorPolicy::kFixed);
  EXPECT_TRUE(Run(*engine).status.ok());
  ASSERT_TRUE(Eventually([&] { return Max() == "1200000"; }));
  ASSERT_TRUE(Eventually([&] { return StatsOf(*engine).changes == 1; }));
  const GovernorStats stats = StatsOf(*engine);
  EXPECT_EQ(stats.policy, "fixed");
  EXPECT_FALSE(stats.advisory);
  EXPECT_EQ(stats.requested, Hertz(1.2e9));
  EXPECT_TRUE(stats.achieved.has_value());
  EXPECT_EQ(Decisions(stats, "prefill", "fixed"), 1u);
  EXPECT_EQ(Decisions(stats, "decode", "fixed"), 4u);
  EXPECT_GE(Decisions(stats, "idle", "fixed"), 1u);
  const auto& decode = stats.phases[static_cast<size_t>(Phase::kDecode)];
  EXPECT_GT(decode.predicted.time, Seconds(0));
  EXPECT_GT(decode.predicted.energy, Joules(0));
  EXPECT_GT(decode.achieved, Seconds(0));
  EXPECT_FALSE(decode.measured.has_value()) << "no counter is there";
  engine.reset();
  EXPECT_TRUE(IsAsFound()) << "before the engine's end returns";
}

TEST_F(EngineGovernTest, OursRunsSlowerThanFullSpeedWhereThereIsTime) {
  auto engine = Start(GovernorPolicy::kEnergy);
  EXPECT_TRUE(Eventually([&] {
    EXPECT_TRUE(Run(*engine, 50).status.ok());
    return Max() != "3600000";
  }));
  EXPECT_GT(Decisions(StatsOf(*engine), "decode", "least energy"), 0u);
  engine.reset();
  EXPECT_TRUE(IsAsFound());
}

TEST_F(EngineGovernTest, WithoutAGovernorNothingIsSetOrTold) {
  auto model = MakeFakeModel(log_);
  auto engine = Engine::Start(options_, std::move(model), clock_);
  ASSERT_TRUE(engine.ok());
  EXPECT_TRUE(Run(**engine).status.ok());
  EXPECT_FALSE((*engine)->stats().governor.has_value());
  ASSERT_TRUE((*engine)->SetPowerCap(Watts(150)).ok());
  EXPECT_FALSE((*engine)->power().packages.has_value());
  EXPECT_TRUE(IsAsFound());
}

TEST_F(EngineGovernTest, AnAdvisoryGovernorDecidesTheSame) {
  host_.Remove("sys");
  auto engine = Start(GovernorPolicy::kEnergy);
  EXPECT_TRUE(Run(*engine, 50).status.ok());
  const GovernorStats stats = StatsOf(*engine);
  EXPECT_TRUE(stats.advisory);
  EXPECT_THAT(stats.why_advisory, HasSubstr("cpu_frequency_control"));
  EXPECT_TRUE(stats.requested.has_value());
  EXPECT_FALSE(stats.achieved.has_value());
  EXPECT_EQ(stats.changes, 0u);
  EXPECT_GT(Decisions(stats, "decode", "least energy"), 0u);
  EXPECT_EQ(Decisions(stats, "decode", "actuator fails"), 0u);
}

TEST_F(EngineGovernTest, ASecondServerIsAdvisoryAndDisturbsNothing) {
  auto first = Start(GovernorPolicy::kFixed);
  EXPECT_TRUE(Run(*first).status.ok());
  ASSERT_TRUE(Eventually([&] { return Max() == "1200000"; }));
  auto second = Start(GovernorPolicy::kFmax);
  EXPECT_TRUE(Run(*second).status.ok());
  EXPECT_TRUE(StatsOf(*second).advisory);
  EXPECT_THAT(StatsOf(*second).why_advisory,
              HasSubstr(absl::StrCat("process ", getpid())));
  second.reset();
  EXPECT_EQ(Max(), "1200000");
}

// The kernel takes the policies away, as with a driver that is unloaded.
TEST_F(EngineGovernTest, ServesOnAtFullSpeedWhenTheClockIsGone) {
  auto engine = Start(GovernorPolicy::kGatedStatic);
  EXPECT_TRUE(Run(*engine, 50).status.ok());
  host_.Remove("sys/devices/system/cpu/cpufreq");
  ASSERT_TRUE(Eventually([&] {
    EXPECT_TRUE(Run(*engine, 50).status.ok());
    return StatsOf(*engine).errors > 0;
  }));
  EXPECT_FALSE(StatsOf(*engine).problem.empty());
  const uint64_t before =
      Decisions(StatsOf(*engine), "decode", "actuator fails");
  EXPECT_TRUE(Run(*engine, 50).status.ok());
  EXPECT_GT(Decisions(StatsOf(*engine), "decode", "actuator fails"), before);
}

std::vector<pid_t> Children() {
  std::ifstream file(absl::StrCat("/proc/self/task/", getpid(), "/children"));
  return {std::istream_iterator<pid_t>(file), {}};
}

TEST_F(EngineGovernTest, AKilledHelpersLeaseIsTakenAgain) {
  options_.power_cap = Watts(150);
  auto engine = Start(GovernorPolicy::kFixed);
  const auto is_set = [&] {
    return Max() == "1200000" && PackageLimit() == "150000000";
  };
  EXPECT_TRUE(Run(*engine).status.ok());
  ASSERT_TRUE(Eventually(is_set));
  const std::vector<pid_t> helpers = Children();
  ASSERT_EQ(helpers.size(), 1u);
  host_.Remove("run/actuator.lock");
  host_.Make("run/actuator.lock/x", "");  // for now there is no lease
  ASSERT_EQ(kill(helpers[0], SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] { return StatsOf(*engine).advisory; }));
  EXPECT_THAT(StatsOf(*engine).why_advisory, HasSubstr("lease"));
  EXPECT_EQ(StatsOf(*engine).lease_losses, 1u);
  EXPECT_TRUE(Run(*engine).status.ok()) << "it serves on";
  host_.Remove("run/actuator.lock");
  ASSERT_TRUE(Eventually([&] { return !StatsOf(*engine).advisory; }));
  EXPECT_TRUE(Eventually(is_set));
  EXPECT_EQ(StatsOf(*engine).lease_losses, 1u);
  EXPECT_EQ(StatsOf(*engine).lease_recoveries, 1u);
  EXPECT_THAT(engine->power().packages->note, HasSubstr("limited to 150 W"));
  engine.reset();
  EXPECT_TRUE(IsAsFound());
}

TEST_F(EngineGovernTest, AKilledServerLeavesNothingBehind) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t server = fork();
  if (server == 0) {
    options_.power_cap = Watts(150);
    auto engine = Start(GovernorPolicy::kFixed);
    Run(*engine);
    const bool set = Eventually(
        [&] { return Max() == "1200000" && PackageLimit() == "150000000"; });
    if (write(ready[1], set ? "y" : "n", 1) != 1) _exit(1);
    while (true) pause();
  }
  close(ready[1]);
  char answer = 0;
  EXPECT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  close(ready[0]);
  ASSERT_EQ(kill(server, SIGKILL), 0);
  waitpid(server, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return IsAsFound(); }));
}

// Replies in company wait for each other, as long as TPOT allows.
TEST_F(EngineGovernTest, DecodeStepsWaitForCompany) {
  auto engine = Start(GovernorPolicy::kEnergy);
  RunTogether(*engine);
  const GovernorStats stats = StatsOf(*engine);
  EXPECT_GT(Decisions(stats, "decode", "waits for company"), 0u);
  EXPECT_GT(stats.waited, Seconds(0));
}

TEST_F(EngineGovernTest, NothingWaitsForAdvice) {
  host_.Remove("sys");
  auto engine = Start(GovernorPolicy::kEnergy);
  RunTogether(*engine);
  const GovernorStats stats = StatsOf(*engine);
  EXPECT_GT(Decisions(stats, "decode", "waits for company"), 0u);
  EXPECT_EQ(stats.waited, Seconds(0));
}

// Of a request's own targets, which nothing can meet, no time is left.
TEST_F(EngineGovernTest, TheTargetsOfRequestsCount) {
  auto engine = Start(GovernorPolicy::kEnergy);
  RunTogether(*engine, {std::nullopt, Seconds(1e-6)});
  EXPECT_EQ(Decisions(StatsOf(*engine), "decode", "waits for company"), 0u);
  EXPECT_EQ(StatsOf(*engine).waited, Seconds(0));
}

TEST_F(EngineGovernTest, ThePowerCapMayChangeWhileItRuns) {
  auto engine = Start(GovernorPolicy::kPowerCap);
  EXPECT_TRUE(Run(*engine).status.ok());
  EXPECT_EQ(Decisions(StatsOf(*engine), "decode", "no power cap"), 4u);
  ASSERT_TRUE(engine->SetPowerCap(Watts(1e4)).ok());
  EXPECT_TRUE(Run(*engine).status.ok());
  EXPECT_EQ(Decisions(StatsOf(*engine), "decode", "highest under"), 4u);
}

TEST_F(EngineGovernTest, ThePackagesFollowThePowerCap) {
  options_.power_cap = Watts(150);
  auto engine = Start(GovernorPolicy::kFixed);
  ASSERT_TRUE(Eventually([&] { return PackageLimit() == "150000000"; }));
  ASSERT_TRUE(engine->SetPowerCap(Watts(120)).ok());
  ASSERT_TRUE(Eventually([&] { return PackageLimit() == "120000000"; }));
  EXPECT_TRUE(Run(*engine).status.ok());
  ASSERT_TRUE(engine->SetPowerCap(std::nullopt).ok());
  ASSERT_TRUE(Eventually([&] { return PackageLimit() == "200000000"; }));
  ASSERT_TRUE(engine->SetPowerCap(Watts(120)).ok());
  ASSERT_TRUE(Eventually([&] { return PackageLimit() == "120000000"; }));
  EXPECT_EQ(Max(), "1200000") << "the clock is driven beside it";
  engine.reset();
  EXPECT_TRUE(IsAsFound());
}

// The zone goes away: what the scheduler does under the cap stays.
TEST_F(EngineGovernTest, ACapOutlivesThePackagesLimit) {
  options_.power_cap = Watts(150);
  auto engine = Start(GovernorPolicy::kFixed);
  ASSERT_TRUE(Eventually([&] { return PackageLimit() == "150000000"; }));
  host_.Remove("sys/class/powercap");
  double watts = 0.01;  // just above idle
  while (!engine->SetPowerCap(Watts(watts)).ok()) watts *= 1.01;
  ASSERT_TRUE(Eventually([&] { return engine->stats().packages->errors > 0; }));
  EXPECT_THAT(engine->power().packages->note,
              HasSubstr("packages not limited: "));
  EXPECT_LT(engine->power().limits.busy_share, 1);
  EXPECT_TRUE(Run(*engine).status.ok());
  EXPECT_EQ(StatsOf(*engine).errors, 0u) << "of the clock";
}

TEST_F(EngineGovernTest, WithoutPackagesTheCapSaysWhy) {
  host_.Remove("sys/class/powercap");
  options_.power_cap = Watts(150);
  auto engine = Start(GovernorPolicy::kFixed);
  EXPECT_TRUE(Run(*engine).status.ok());
  const auto packages = engine->power().packages;
  ASSERT_TRUE(packages.has_value());
  EXPECT_FALSE(packages->works);
  EXPECT_THAT(packages->note, HasSubstr("power_cap_control: "));
}

TEST_F(EngineGovernTest, ChangesOfTheClockAreToldWithTheirReason) {
  std::mutex mutex;
  std::vector<ClockChange> told;
  governor_.on_change = [&](const ClockChange& change) {
    std::lock_guard<std::mutex> lock(mutex);
    told.push_back(change);
  };
  auto engine = Start(GovernorPolicy::kFixed);
  EXPECT_TRUE(Run(*engine).status.ok());
  engine.reset();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].from, Hertz(3.6e9));
  EXPECT_EQ(told[0].to, Hertz(1.2e9));
  EXPECT_EQ(told[0].reason, "fixed");
}

}  // namespace
}  // namespace mj
