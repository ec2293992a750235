#include "bench/split_price.h"

#include <gtest/gtest.h>

#include "hw_backends/models/device_file.h"
#include "hw_backends/models/device_model.h"
#include "hw_backends/models/shape_file.h"

namespace mj {
namespace {

DeviceDescriptor Descriptor(const char* name) {
  return *DeviceFile::Find(name, "")->Read();
}

TEST(SplitPriceTest, AllAnalogIsTheDevicesOwnPrice) {
  const ModelShape shape = FindShape("smollm2-135m")->shape;
  const DeviceDescriptor hermes = Descriptor("hermes-14nm");
  const auto price = SplitPrice::Make(hermes, Descriptor("cimple-28nm"), shape);
  ASSERT_TRUE(price.ok()) << price.status();
  const std::vector<bool> all(shape.layers.size() + 1, true);
  const StepShape step{{{.num_tokens = 1, .num_logits = 1}}};
  const Joules want =
      DeviceModel::Create(hermes, shape, {})->PriceStep(step).joules.total();
  EXPECT_NEAR(price->PerToken(all) / want, 1, 1e-9);
}

TEST(SplitPriceTest, EachDigitalLayerCostsItsWeightsFromDram) {
  const ModelShape shape = FindShape("smollm2-135m")->shape;
  const auto price = SplitPrice::Make(Descriptor("hermes-14nm"),
                                      Descriptor("cimple-28nm"), shape);
  ASSERT_TRUE(price.ok()) << price.status();
  std::vector<bool> analog(shape.layers.size() + 1, true);
  double share = 0;
  Joules before = price->PerToken(analog);
  for (size_t part = 0; part < analog.size(); ++part) {
    analog[part] = false;
    const Joules now = price->PerToken(analog);
    // 8 pJ a bit of 134.5 M weights, and what computes.
    const double macs = price->MacShare(static_cast<int>(part));
    EXPECT_GT((now - before).value(), macs * 134.5e6 * 8 * 8e-12);
    EXPECT_LT((now - before).value(), macs * 134.5e6 * 8 * 8e-12 * 1.1);
    before = now;
    share += macs;
  }
  EXPECT_NEAR(share, 1, 1e-9);
}

}  // namespace
}  // namespace mj
