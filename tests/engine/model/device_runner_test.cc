#include "engine/model/device_runner.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "hw_backends/models/device_file.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

DeviceModel Model(const std::string& name) {
  return *DeviceModel::Create(*DeviceFile::Find(name, "")->Read(),
                              Smollm2Shape(), {});
}

// A step that took the host so long, with such bits.
class ScriptedRunner final : public StepRunner {
 public:
  explicit ScriptedRunner(StepReport report) : report_(std::move(report)) {}
  StepOutcome Run(const ForwardBatch&, const LogitsSink& sink) override {
    sink(0, {});
    return {.report = report_};
  }

 private:
  StepReport report_;
};

struct Ran {
  StepReport report;
  int rows_told = 0;
};

Ran RunOn(const std::string& device, StepReport by_backend) {
  ForwardBatch batch;
  batch.shape = {{{1, 40, 1}, {6, 0, 1}}};
  DeviceRunner runner(std::make_unique<ScriptedRunner>(std::move(by_backend)),
                      Model(device));
  Ran ran;
  ran.report =
      runner.Run(batch, [&](int, const RowLogits&) { ++ran.rows_told; }).report;
  return ran;
}

BitActivity Toggles(int64_t toggles, int64_t cycles) {
  BitActivity bits;
  bits.input_bits = bits.product_bits = cycles;
  bits.product_toggles = toggles;
  return bits;
}

TEST(DeviceRunnerTest, TimeAndJoulesAreTheDevicesNotTheHosts) {
  const DeviceCost want =
      Model("kv260-llama2").PriceStep({{{1, 40, 1}, {6, 0, 1}}});
  const Ran ran = RunOn("kv260-llama2", {.busy = Seconds(1234)});
  EXPECT_EQ(ran.rows_told, 1);
  EXPECT_EQ(ran.report.busy, want.time);
  ASSERT_TRUE(ran.report.modelled_energy.has_value());
  EXPECT_EQ(*ran.report.modelled_energy, want.joules.total());
  EXPECT_TRUE(ran.report.bit_energy.empty());
}

TEST(DeviceRunnerTest, EachSequencePaysForItsOwnBits) {
  const DeviceModel zigzag = Model("zigzag-dimc-28nm");
  const Ran ran = RunOn("zigzag-dimc-28nm",
                        {.bit_activity = {Toggles(1, 4), Toggles(1, 10)}});
  ASSERT_EQ(ran.report.bit_energy.size(), 2);
  EXPECT_EQ(ran.report.bit_energy[0], zigzag.BitEnergy({1, 40, 1}, 0.25));
  EXPECT_EQ(ran.report.bit_energy[1], zigzag.BitEnergy({6, 0, 1}, 0.1));
  EXPECT_LT(ran.report.bit_energy[1], Joules(0));
  const Joules plain =
      zigzag.PriceStep({{{1, 40, 1}, {6, 0, 1}}}).joules.total();
  EXPECT_NEAR(
      ran.report.modelled_energy->value(),
      (plain + ran.report.bit_energy[0] + ran.report.bit_energy[1]).value(),
      1e-12 * plain.value());
  EXPECT_GT(*ran.report.modelled_energy, Joules(0));
}

TEST(DeviceRunnerTest, BitsOfUnknownMeaningChangeNothing) {
  const Ran ran = RunOn("colonnade-65nm",
                        {.bit_activity = {Toggles(1, 4), Toggles(1, 10)}});
  EXPECT_TRUE(ran.report.bit_energy.empty());
  EXPECT_EQ(ran.report.bit_activity.size(), 2);
  EXPECT_EQ(*ran.report.modelled_energy,
            Model("colonnade-65nm")
                .PriceStep({{{1, 40, 1}, {6, 0, 1}}})
                .joules.total());
}

// No product of the step was of a type with cells.
TEST(DeviceRunnerTest, WithoutCountedCyclesThePriceStands) {
  const Ran ran =
      RunOn("zigzag-dimc-28nm", {.bit_activity = {BitActivity(), {}}});
  EXPECT_EQ(*ran.report.modelled_energy,
            Model("zigzag-dimc-28nm")
                .PriceStep({{{1, 40, 1}, {6, 0, 1}}})
                .joules.total());
}

}  // namespace
}  // namespace mj
