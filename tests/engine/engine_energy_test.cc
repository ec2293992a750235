// The engine's joules against a counter that its model cannot see.
#include <malloc.h>

#include <atomic>
#include <cmath>
#include <future>
#include <random>
#include <thread>

#include "engine/energy/ledger_report.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/hand_clock.h"
#include "tests/fakes/reply.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

// A server that draws 20 to 60 W whatever the model thinks.
struct Counter {
  std::atomic<double> joules{12345};
  std::atomic<bool> readable{true};
};

class ScriptedMeter final : public EnergyMeter {
 public:
  ScriptedMeter(const Clock& clock, Counter& counter)
      : clock_(clock), counter_(counter), last_(clock.Now()) {}

  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override {
    if (!counter_.readable) return absl::UnavailableError("unplugged");
    const Seconds now = clock_.Now();
    const double watts = 20 + 40 * (random_() % 1000) / 1000.0;
    counter_.joules = counter_.joules + watts * (now - last_).count();
    last_ = now;
    return EnergySample{Joules(counter_.joules), now};
  }

 private:
  const Clock& clock_;
  Counter& counter_;
  Seconds last_;
  std::mt19937 random_{5};
  const MeterInfo info_{"package", EnergyMethod::kMeasured, Joules(1e-6),
                        "scripted", "scripted-1"};
};

class EngineEnergyTest : public testing::Test {
 protected:
  // Without a meter the model is the counter.
  void Start(bool with_meter, int num_blocks = 1024) {
    log_.before_step = [this] { clock_.Advance(0.013); };
    auto model = MakeFakeModel(log_);
    absl::StatusOr<EnergySetup> setup =
        GenericEnergySetup(model->backend->info());
    ASSERT_TRUE(setup.ok()) << setup.status();
    if (with_meter) {
      setup->meter = std::make_unique<ScriptedMeter>(clock_, counter_);
    }
    if (set_up) set_up(*setup);
    EngineOptions options;
    options.kv_memory_bytes = num_blocks * FakeBackend::kBytesPerBlock;
    options.prefix_cache = shares_prefixes;
    auto engine =
        Engine::Start(options, std::move(model), clock_, *std::move(setup));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  std::shared_ptr<ResponseChannel> Submit(int prompt, int max_tokens) {
    Request request;
    request.prompt = std::vector<TokenId>(prompt, 'a');
    request.stop.max_tokens = max_tokens;
    request.stop.ignore_eos = true;
    request.sampling.seed = 1;
    return *engine_->Submit(request, nullptr);
  }

  // As GenericEnergySetup describes this host.
  static Watts IdlePower() {
    FakeRunnerLog log;
    const auto model = MakeFakeModel(log);
    const auto setup = GenericEnergySetup(model->backend->info());
    return StepCostModel(model->shape, setup->cost, setup->cpu, setup->share,
                         model->backend->info().numerics)
        .idle_power();
  }

  static Joules Sum(const EngineStats& s) {
    return s.prefill + s.decode + s.idle + s.overhead;
  }

  AtomicClock clock_;
  Counter counter_;
  std::function<void(EnergySetup&)> set_up;
  bool shares_prefixes = true;
  FakeRunnerLog log_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineEnergyTest, TheSumsEqualTheCounter) {
  Start(/*with_meter=*/true);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 5; ++i) {
      channels.push_back(Submit(1 + 37 * i, 1 + 5 * i));
    }
    channels[round % 5]->Cancel();
    for (auto& channel : channels) ReadAll(*channel);
    clock_.Advance(0.2 * (round % 4));
    if (round % 3 == 0) engine_->stats();
  }
  clock_.Advance(1);
  const EngineStats stats = engine_->stats();
  const double drawn = counter_.joules - 12345;
  EXPECT_NEAR(Sum(stats).value(), drawn, 1e-6 * drawn);
  EXPECT_TRUE(stats.energy_known);
  EXPECT_EQ(stats.energy_method, "measured");
  EXPECT_EQ(stats.energy_domain, "package");
  for (Joules part : {stats.prefill, stats.decode, stats.idle}) {
    EXPECT_GT(part, Joules(0));
  }
  const EnergyReport reply = ReadAll(*Submit(9, 9)).usage.energy;
  EXPECT_EQ(reply.method, "measured");
  EXPECT_TRUE(reply.calibration.ends_with(" x scripted-1"))
      << reply.calibration;
}

TEST_F(EngineEnergyTest, AnUnreadableCounterIsUnknownAndCaughtUpLater) {
  Start(/*with_meter=*/true);
  counter_.readable = false;
  const Reply reply = ReadAll(*Submit(10, 10));
  EXPECT_TRUE(reply.status.ok());
  EXPECT_GT(reply.usage.energy.total, Joules(0));
  clock_.Advance(1);
  EXPECT_FALSE(engine_->stats().energy_known);
  EXPECT_EQ(engine_->stats().energy_unknown_reason, "unplugged");
  EXPECT_EQ(Sum(engine_->stats()), Joules(0));
  counter_.readable = true;
  clock_.Advance(1);
  const EngineStats stats = engine_->stats();
  EXPECT_TRUE(stats.energy_known);
  EXPECT_EQ(stats.energy_unknown_reason, "");
  EXPECT_EQ(stats.energy_unknown_time, Seconds(0));
  const double drawn = counter_.joules - 12345;
  EXPECT_NEAR(Sum(stats).value(), drawn, 1e-6 * drawn);
}

TEST_F(EngineEnergyTest, RepliesAndTheModelAgree) {
  Start(/*with_meter=*/false);
  Joules prefill(0), decode(0);
  for (int i = 1; i < 10; ++i) {
    const EnergyReport energy = ReadAll(*Submit(20 * i, 3 * i)).usage.energy;
    prefill += energy.prefill;
    decode += energy.decode;
    EXPECT_EQ(energy.method, "modelled");
    EXPECT_EQ(energy.wasted, Joules(0));
    EXPECT_GT(energy.gco2e, 0);
    ASSERT_TRUE(energy.per_output_token.has_value());
  }
  clock_.Advance(1);
  const EngineStats stats = engine_->stats();
  // Replies carry three digits.
  EXPECT_NEAR(stats.prefill / prefill, 1, 0.01);
  EXPECT_NEAR(stats.decode / decode, 1, 0.01);
  EXPECT_EQ(stats.energy_method, "modelled");
}

// Whoever looks while a step runs must not make its time idle.
struct StepLengthCase {
  const char* name;
  double seconds;  // a step's
  bool aborted;
};

constexpr StepLengthCase kStepLengths[] = {
    {"much longer than a window", 5, false},
    {"longer than a window", 1.3, false},
    {"shorter than a window", 0.05, false},
    {"long, and thrown away", 2, true},
};

TEST_F(EngineEnergyTest, TheTimeOfAStepIsNeverIdle) {
  for (const StepLengthCase& c : kStepLengths) {
    SCOPED_TRACE(c.name);
    const TempFolder folder;
    const std::string path = folder.path() + "/energy.db";
    set_up = [&](EnergySetup& setup) {
      setup.ledger = *LedgerWriter::Open({.path = path});
      setup.ledger->SetRun({.model = "fake", .method = "modelled"});
    };
    Start(/*with_meter=*/false);
    std::atomic<int> unknown{0};
    std::shared_ptr<ResponseChannel> channel;
    std::atomic<bool> sent{false};
    log_.before_step = [&] {
      while (!sent) std::this_thread::yield();
      for (int i = 0; i < 10; ++i) {
        clock_.Advance(c.seconds / 10);
        unknown += !engine_->stats().energy_known;
      }
      if (c.aborted) channel->Cancel();
    };
    channel = Submit(1500, 3);
    sent = true;
    const EnergyReport reply = ReadAll(*channel).usage.energy;
    clock_.Advance(1);
    const EngineStats stats = engine_->stats();
    EXPECT_EQ(unknown, 0);
    // One second passed without a step; replies carry three digits.
    const Watts idle = stats.idle / Seconds(1);
    EXPECT_NEAR(idle.value(), IdlePower().value(), 1e-6);
    EXPECT_NEAR(stats.prefill / reply.prefill, 1, 0.01);
    EXPECT_NEAR((stats.prefill + stats.decode) / reply.total, 1, 0.01);
    engine_.reset();
    LedgerReader reader = *LedgerReader::Open(path);
    const LedgerReport report =
        *MakeLedgerReport(reader, {.by = ReportBy::kTenant}, {});
    ASSERT_EQ(report.totals.size(), 1u);
    EXPECT_EQ(report.unknown_windows, 0);
    EXPECT_NEAR(report.totals[0].idle / stats.idle, 1, 1e-9);
    EXPECT_NEAR(report.totals[0].sum() / Sum(stats), 1, 1e-9);
  }
}

TEST_F(EngineEnergyTest, ABusySecondIsNotCheaperThanAnIdleOne) {
  shares_prefixes = false;
  Start(/*with_meter=*/false);
  log_.before_step = [&] { clock_.Advance(20); };  // far beyond the model's
  const Seconds start = clock_.Now();
  const EnergyReport slow = ReadAll(*Submit(50, 5)).usage.energy;
  const EngineStats stats = engine_->stats();
  EXPECT_GE(Sum(stats), IdlePower() * (clock_.Now() - start));
  // Nobody pays for a host that others keep busy.
  log_.before_step = [&] { clock_.Advance(1e-6); };
  const EnergyReport quick = ReadAll(*Submit(50, 5)).usage.energy;
  EXPECT_EQ(slow.total, quick.total);
}

TEST_F(EngineEnergyTest, CompanyMakesAReplyCheaper) {
  Start(/*with_meter=*/false);
  const Joules alone = ReadAll(*Submit(20, 50)).usage.energy.total;
  std::promise<void> all_are_there;
  log_.before_step = [this, go = all_are_there.get_future().share()] {
    go.wait();
    clock_.Advance(0.013);
  };
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (int i = 0; i < 8; ++i) channels.push_back(Submit(20, 50));
  all_are_there.set_value();
  for (auto& channel : channels) {
    EXPECT_LT(ReadAll(*channel).usage.energy.total, alone);
  }
}

TEST_F(EngineEnergyTest, WhatIsThrownAwayIsWaste) {
  Start(/*with_meter=*/false);
  auto channel = Submit(100, 5000);
  channel->Pop();
  channel->Cancel();
  const Reply reply = ReadAll(*channel);
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kCancelled);
  EXPECT_GT(reply.usage.energy.total, Joules(0));
  EXPECT_EQ(reply.usage.energy.wasted, reply.usage.energy.total);
  clock_.Advance(1);
  const EngineStats stats = engine_->stats();
  EXPECT_NEAR(stats.wasted_aborted / (stats.prefill + stats.decode), 1, 1e-9);
}

TEST_F(EngineEnergyTest, WhatIsComputedAgainIsWaste) {
  shares_prefixes = false;
  Start(/*with_meter=*/false, /*num_blocks=*/8);
  std::vector<std::shared_ptr<ResponseChannel>> channels;
  for (int i = 0; i < 4; ++i) channels.push_back(Submit(30, 200));
  Joules wasted(0);
  for (auto& channel : channels) {
    wasted += ReadAll(*channel).usage.energy.wasted;
  }
  clock_.Advance(1);
  const EngineStats stats = engine_->stats();
  EXPECT_GT(stats.preemptions, 0u);
  EXPECT_GT(wasted, Joules(0));
  EXPECT_NEAR(stats.wasted_preempted / wasted, 1, 0.01);
}

// What the file holds is what the metrics say, to the last joule.
TEST_F(EngineEnergyTest, TheDurableLedgerHoldsWhatTheMeterSaid) {
  const TempFolder folder;
  const std::string path = folder.path() + "/energy.db";
  const absl::Time noon = absl::FromUnixSeconds(1767268800);
  set_up = [&](EnergySetup& setup) {
    LedgerWriterOptions options;
    options.path = path;
    options.wall_clock = [&] {
      return noon + absl::Seconds(clock_.Now().count());
    };
    setup.ledger = *LedgerWriter::Open(options);
    setup.ledger->SetRun({.model = "fake", .method = "measured"});
  };
  Start(/*with_meter=*/true);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 4; ++i) channels.push_back(Submit(10 + 30 * i, 4));
    channels[0]->Cancel();
    for (auto& channel : channels) ReadAll(*channel);
    clock_.Advance(0.5);
    engine_->stats();
    counter_.readable = round % 2 == 1;  // the last round is made good
    clock_.Advance(0.5);
    engine_->stats();
    counter_.readable = true;
  }
  clock_.Advance(1);
  const EngineStats stats = engine_->stats();
  ASSERT_TRUE(stats.ledger.has_value());
  engine_.reset();  // waits for the file
  LedgerReader reader = *LedgerReader::Open(path);
  const LedgerReport report =
      *MakeLedgerReport(reader, {.by = ReportBy::kTenant}, {});
  ASSERT_EQ(report.totals.size(), 1u);
  const ReportRow& total = report.totals[0];
  EXPECT_NEAR(total.sum() / Sum(stats), 1, 1e-9);
  EXPECT_NEAR(total.prefill / stats.prefill, 1, 1e-9);
  EXPECT_NEAR(total.decode / stats.decode, 1, 1e-9);
  EXPECT_NEAR(total.idle / stats.idle, 1, 1e-9);
  EXPECT_GT(report.unknown_windows, 0);
  EXPECT_EQ(report.missing_windows, 0);
  EXPECT_EQ(total.unknown, Seconds(0));
  EXPECT_EQ(total.requests, 20);
  EXPECT_GE(total.output_tokens, 5 * 3 * 4);
  EXPECT_NEAR((report.rows[0].sum() / (stats.prefill + stats.decode)), 1, 1e-9);
  EXPECT_EQ(report.rows[0].key, "default");
}

TEST_F(EngineEnergyTest, RepliesArePricedByTheGridOfNow) {
  const absl::Time noon = absl::FromUnixSeconds(1767268800);
  // The engine, which outlives this, reads it to its end.
  const auto minute = std::make_shared<std::atomic<int>>(0);
  set_up = [&](EnergySetup& setup) {
    setup.carbon.series = std::make_shared<GridSeries>(
        std::vector<GridReading>{{noon, 100}, {noon + absl::Minutes(5), 300}});
    setup.wall_clock = [=] { return noon + absl::Minutes(minute->load()); };
  };
  Start(/*with_meter=*/false);
  const auto grams_per_joule = [&] {
    const EnergyReport energy = ReadAll(*Submit(20, 10)).usage.energy;
    return energy.gco2e / energy.total.value() * kJoulesPerKwh;
  };
  EXPECT_NEAR(grams_per_joule(), 100, 1);  // three digits each
  *minute = 7;
  EXPECT_NEAR(grams_per_joule(), 300, 3);
  *minute = 60;  // past the series: the world's average
  EXPECT_NEAR(grams_per_joule(), 475, 5);
}

TEST_F(EngineEnergyTest, TenThousandRequestsLeaveNoMemory) {
  Start(/*with_meter=*/true);
  const auto ask_hundred = [&] {
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 100; ++i) channels.push_back(Submit(40, 3));
    for (auto& channel : channels) ReadAll(*channel);
    channels.clear();
    clock_.Advance(1);
    engine_->stats();  // ends the window, which lists its requests
    return mallinfo2().uordblks;
  };
  // Reused vectors (a telemetry ring of 64 slots) reach their sizes first.
  size_t before = 0;
  for (int i = 0; i < 200; ++i) before = std::max(before, ask_hundred());
  size_t after = 0;
  for (int i = 0; i < 100; ++i) after = ask_hundred();
  EXPECT_LT(after, before + 500'000);
}

}  // namespace
}  // namespace mj
