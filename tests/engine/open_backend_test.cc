#include "engine/open_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "hw_backends/models/device_file.h"
#include "tests/fakes/fake_model.h"
#include "tests/fakes/hand_clock.h"
#include "tests/fakes/requests.h"

namespace mj {
namespace {

using testing::HasSubstr;

// Notes every step that runs, and counts bits for each sequence: of `cycles`
// cycles, as many toggles as it has rows.
class Recorder final : public StepRunner {
 public:
  Recorder(std::unique_ptr<StepRunner> runner, std::vector<StepShape>& steps)
      : runner_(std::move(runner)), steps_(steps) {}

  static constexpr int kCycles = 10000;
  static BitActivity BitsOf(const SequenceShape& s) {
    BitActivity bits;
    bits.input_bits = bits.product_bits = kCycles;
    bits.product_toggles = s.num_tokens;
    return bits;
  }

  StepOutcome Run(const ForwardBatch& batch, const LogitsSink& sink) override {
    StepOutcome outcome = runner_->Run(batch, sink);
    steps_.push_back(batch.shape);
    for (const SequenceShape& s : batch.shape.sequences) {
      outcome.report.bit_activity.push_back(BitsOf(s));
    }
    return outcome;
  }

 private:
  const std::unique_ptr<StepRunner> runner_;
  std::vector<StepShape>& steps_;
};

class DeviceTest : public testing::Test {
 protected:
  void Start(const std::string& name) {
    log_.before_step = [this] { clock_.Advance(0.25); };
    auto model = MakeFakeModel(log_);
    EnergySetup setup = *GenericEnergySetup(model->backend->info());
    model->runner =
        std::make_unique<Recorder>(std::move(model->runner), steps_);
    const DeviceDescriptor device = *DeviceFile::Find(name, "")->Read();
    DeviceModelOptions options;
    options.cost = setup.cost;
    device_.emplace(*DeviceModel::Create(device, model->shape, options));
    const auto placed = RunOnDevice(device, EngineFlags(), setup, *model);
    ASSERT_TRUE(placed.ok()) << placed.status();
    placed_ = *placed;
    EngineOptions engine;
    engine.speculation = Speculation::kOff;
    engine.prefix_cache = false;
    auto started =
        Engine::Start(engine, std::move(model), clock_, std::move(setup));
    ASSERT_TRUE(started.ok()) << started.status();
    engine_ = *std::move(started);
  }

  struct Cost {
    Joules energy{0};
    Seconds time{0};
  };
  // Of all steps, by a model of our own. REQUIRES: the engine is idle
  Cost Priced() const {
    Cost all;
    for (const StepShape& step : steps_) {
      const DeviceCost cost = device_->PriceStep(step);
      all.energy += cost.joules.total();
      all.time += cost.time;
      for (const SequenceShape& s : step.sequences) {
        all.energy +=
            device_->BitEnergy(s, Recorder::BitsOf(s).product_toggle_rate());
      }
    }
    return all;
  }

  std::vector<Reply> AskSeveral() {
    std::vector<std::shared_ptr<ResponseChannel>> channels;
    for (int i = 0; i < 4; ++i) {
      channels.push_back(*engine_->Submit(
          MakeRequest(RandomTokens(20 + 90 * i, i), 5 + 3 * i), nullptr));
    }
    std::vector<Reply> replies;
    for (const auto& channel : channels) replies.push_back(ReadAll(*channel));
    return replies;
  }

  AtomicClock clock_;
  FakeRunnerLog log_;
  std::vector<StepShape> steps_;  // the engine thread's while it works
  std::optional<DeviceModel> device_;
  std::string placed_;
  std::unique_ptr<Engine> engine_;
};

// Requests, ledger and seconds are those of the device's price of each step,
// whatever the host took.
TEST_F(DeviceTest, EveryStepsPriceIsSomebodys) {
  for (const char* name : {"zigzag-dimc-28nm", "colonnade-65nm"}) {
    SCOPED_TRACE(name);
    steps_.clear();
    Start(name);
    Joules joules(0);
    Seconds seconds(0);
    for (const Reply& reply : AskSeveral()) {
      ASSERT_TRUE(reply.status.ok()) << reply.status;
      const EnergyReport& energy = reply.usage.energy;
      joules += energy.total;
      ASSERT_TRUE(energy.device_time.has_value());
      seconds += *energy.device_time;
      EXPECT_EQ(energy.method, "modelled");
      EXPECT_EQ(energy.domain, "fake");
      EXPECT_THAT(energy.calibration,
                  HasSubstr(std::string("fake descriptor ") + name + "-"));
    }
    clock_.Advance(7);
    const EngineStats stats = engine_->stats();
    const Cost priced = Priced();
    EXPECT_NEAR((stats.prefill + stats.decode) / priced.energy, 1, 1e-9);
    EXPECT_EQ(stats.idle, Joules(0));  // no static power in the file
    EXPECT_EQ(stats.overhead, Joules(0));
    ASSERT_TRUE(stats.device.has_value());
    EXPECT_NEAR(stats.device->time / priced.time, 1, 1e-9);
    EXPECT_GT(stats.device->bits.product_toggles, 0);
    // Replies carry three digits.
    EXPECT_NEAR(joules / priced.energy, 1, 0.01);
    EXPECT_NEAR(seconds / priced.time, 1, 0.01);
  }
}

TEST_F(DeviceTest, IdleIsTheDevicesStaticPower) {
  Start("kv260-llama2");
  AskSeveral();
  engine_->stats();
  const Joules before = engine_->stats().idle;
  clock_.Advance(10);
  const Watts power = device_->around().idle;
  ASSERT_GT(power, Watts(0));
  EXPECT_NEAR((engine_->stats().idle - before) / (power * Seconds(10)), 1,
              1e-9);
}

TEST_F(DeviceTest, CalibrationSaysWhetherBitsCount) {
  Start("zigzag-dimc-28nm");
  EXPECT_THAT(AskSeveral()[0].usage.energy.calibration,
              HasSubstr("joules by counted bits"));
  Start("colonnade-65nm");
  EXPECT_THAT(AskSeveral()[0].usage.energy.calibration,
              HasSubstr("not by counted bits"));
  EXPECT_THAT(placed_, HasSubstr("arrays needed, 1 had"));
  EXPECT_THAT(placed_, HasSubstr("written again each pass"));
}

TEST_F(DeviceTest, APowerCapIsRefused) {
  Start("colonnade-65nm");
  const absl::Status capped = engine_->SetPowerCap(Watts(10));
  EXPECT_EQ(capped.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(capped.message()), HasSubstr("fake is simulated"));
  EXPECT_TRUE(engine_->SetPowerCap(std::nullopt).ok());
}

TEST(OpenBackendTest, TablesAreForSimulatedArraysAlone) {
  EngineFlags flags;
  flags.lut_nonlinearities = true;
  flags.numerics = "f32";
  const absl::Status refused = OpenBackend(flags, 1).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("--lut-nonlinearities: the backend cpu has none"));
  flags.numerics = "";
  flags.backend = "cim:cimple-28nm";
  const auto opened = OpenBackend(flags, 1);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->backend->info().name, "cim:cimple-28nm+lut");
  ASSERT_TRUE(opened->device.has_value());
  EXPECT_EQ(opened->device->name, "cimple-28nm");
}

TEST(OpenBackendTest, RealBackendsHaveNoDevice) {
  const auto opened = OpenBackend(EngineFlags(), 1);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_FALSE(opened->device.has_value());
}

}  // namespace
}  // namespace mj
