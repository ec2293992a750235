#include "hw_backends/models/device_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "hw_backends/models/device_file.h"
#include "hw_backends/models/shape_file.h"
#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

using testing::HasSubstr;

DeviceDescriptor Device(const std::string& name) {
  return *DeviceFile::Find(name, "")->Read();
}

DeviceModel Model(const std::string& name) {
  auto model = DeviceModel::Create(Device(name), Smollm2Shape(), {});
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

const StepShape kDecode{
    {{.num_tokens = 1, .context_tokens = 100, .num_logits = 1}}};

// Products one by one through PriceOp, on a device where each is resident.
TEST(DeviceModelTest, AStepIsTheSumOfItsProducts) {
  const DeviceDescriptor device = Device("kv260-distilbert");
  const ModelShape model = Smollm2Shape();
  DeviceCost products;
  for (const OpCost& op : StepOps(model, kDecode, {})) {
    if (op.work.linear_operations == 0) continue;
    products += PriceOp(device, {{op.m, op.n, op.k}, 8, 8})->cost;
  }
  const DeviceCost step = Model("kv260-distilbert").PriceStep(kDecode);
  EXPECT_EQ(step.macs, products.macs);
  EXPECT_EQ(step.macs, 134479872);  // 134.5 M a token
  EXPECT_EQ(step.bytes.weights, products.bytes.weights);
  EXPECT_NEAR(step.cycles, products.cycles, 1e-6 * step.cycles);
  EXPECT_GT(step.time, products.time);  // attention and element-wise ops
  EXPECT_GT(step.bytes.kv, 0);
}

TEST(DeviceModelTest, APromptsOutputsRunForTheLogitsRowsOnly) {
  const DeviceModel model = Model("kv260-distilbert");
  const StepShape prompt{{{.num_tokens = 64, .num_logits = 0}}};
  const ModelShape shape = Smollm2Shape();
  const LayerShape& layer = shape.layers[0];
  const auto macs = [](const MatrixShape& m) {
    return static_cast<double>(m.rows * m.cols);
  };
  const double expected =
      64 * (30 * macs(layer.qkv) +
            29 * (macs(layer.output) + macs(layer.gate_up) + macs(layer.down)));
  EXPECT_EQ(model.PriceStep(prompt).macs, expected);
  const StepShape embedded{{{.num_tokens = 64, .num_hidden = 64}}};
  EXPECT_EQ(model.PriceStep(embedded).macs,
            expected + 64 * (macs(layer.output) + macs(layer.gate_up) +
                             macs(layer.down)));
  EXPECT_EQ(model.PriceStep({}).cycles, 0);
  EXPECT_EQ(model.PriceStep({}).time.count(), 0);
}

TEST(DeviceModelTest, ModelsThatMustStayTakeManyDevices) {
  const DeviceModel hermes = Model("hermes-14nm");
  // 75 tiles a layer with q, k, v as one matrix, 3 x 192 of the head.
  EXPECT_EQ(hermes.placement().tiles_needed, 30 * 75 + 576);
  EXPECT_EQ(hermes.placement().devices, 45);
  EXPECT_TRUE(hermes.placement().resident);
}

TEST(DeviceModelTest, WeightsThatDoNotFitAreWrittenEachStep) {
  const DeviceModel colonnade = Model("colonnade-65nm");
  EXPECT_FALSE(colonnade.placement().resident);
  EXPECT_EQ(colonnade.placement().devices, 1);
  const DeviceCost step = colonnade.PriceStep(kDecode);
  // 134.5 MB from LPDDR4 are 8.6 mJ; the macro computes for some 0.16 mJ.
  EXPECT_NEAR(step.joules.dram.value(), 8.6e-3 + 1.2e-3, 0.4e-3);
  EXPECT_GT(step.joules.dram.value(), 20 * step.joules.macro.array.value());
  const StepShape batch{std::vector<SequenceShape>(
      8, {.num_tokens = 1, .context_tokens = 100, .num_logits = 1})};
  EXPECT_LT(colonnade.PriceStep(batch).joules.dram.value(),
            1.15 * step.joules.dram.value());
}

TEST(DeviceModelTest, CountedBitsScaleArraysAndAddersAlone) {
  const DeviceModel zigzag = Model("zigzag-dimc-28nm");
  ASSERT_TRUE(zigzag.scales_with_bits());
  const SequenceShape sequence = kDecode.sequences[0];
  EXPECT_EQ(zigzag.BitEnergy(sequence, 1), Joules(0));
  const JoulesByComponent all = zigzag.PriceStep(kDecode).joules;
  const double toggling = (all.macro.array + all.macro.adders).value();
  EXPECT_NEAR(zigzag.BitEnergy(sequence, 0).value(), -toggling,
              1e-9 * toggling);
  EXPECT_NEAR(zigzag.BitEnergy(sequence, 0.25) / zigzag.BitEnergy(sequence, 0),
              0.75, 1e-9);
  // Rows without logits leave the last layer and the head out.
  const SequenceShape middle{.num_tokens = 3, .num_logits = 0};
  EXPECT_LT(zigzag.BitEnergy(middle, 0) / zigzag.BitEnergy(sequence, 0),
            3 * 106.2 / 134.5);
  EXPECT_GT(zigzag.BitEnergy(middle, 0) / zigzag.BitEnergy(sequence, 0), 2.2);
}

TEST(DeviceModelTest, MeasuredSiliconOfUnknownBitsIsNotScaled) {
  for (const char* name : {"colonnade-65nm", "cimple-28nm"}) {
    const DeviceModel silicon = Model(name);
    EXPECT_FALSE(silicon.scales_with_bits()) << name;
    EXPECT_EQ(silicon.BitEnergy(kDecode.sequences[0], 0.1), Joules(0)) << name;
  }
}

TEST(DeviceModelTest, Llama2OnAKv260) {
  const ServedShape llama = *FindShape("llama-2-7b");
  const auto model =
      DeviceModel::Create(Device("kv260-llama2"), llama.shape, {});
  ASSERT_TRUE(model.ok()) << model.status();
  const StepShape token{{{.num_tokens = 1, .num_logits = 1}}};
  EXPECT_NEAR(1 / model->PriceStep(token).time.count(), 4.94, 0.01);
  EXPECT_EQ(model->placement().devices, 1);
}

TEST(DeviceModelTest, ScoresAreFewWhereTheSoftmaxIsFused) {
  const StepShape prompt{{{.num_tokens = 128, .num_logits = 128}}};
  EXPECT_EQ(Model("hastily-65nm").PriceStep(prompt).bytes.scores, 9 * 30 * 128);
  EXPECT_EQ(Model("zigzag-dimc-28nm").PriceStep(prompt).bytes.scores,
            9 * 30 * (128 * 129 / 2));
}

TEST(DeviceModelTest, AFusedFeedForwardPartKeepsWhatIsBetween) {
  DeviceFile file = *DeviceFile::Find("artix7-fused", "");
  const auto price = [&file] {
    return DeviceModel::Create(*file.Read(), Smollm2Shape(), {})
        ->PriceStep(kDecode);
  };
  const DeviceCost fused = price();
  ASSERT_TRUE(file.Set("fused_mlp=no").ok());
  const DeviceCost apart = price();
  // Gate and up leave as int32; the activation reads both and writes their
  // product, 4 bytes each; down reads it as int8.
  EXPECT_EQ(apart.bytes.activations - fused.bytes.activations,
            30 * (2 * 1536 * 4 + 3 * 1536 * 4 + 1536));
  EXPECT_EQ(apart.bytes.weights, fused.bytes.weights);
  EXPECT_GT(fused.bytes.activations, 0);
  EXPECT_LT(fused.joules.buffers, apart.joules.buffers);
}

// As steps of their own, whatever stands beside them.
TEST(DeviceModelTest, SequencesArePricedAlone) {
  const std::vector<SequenceShape> sequences = {
      {.num_tokens = 1, .context_tokens = 100, .num_logits = 1},
      {.num_tokens = 1, .context_tokens = 3000, .num_logits = 1},
      {.num_tokens = 64, .context_tokens = 32, .num_logits = 0},
      {.num_tokens = 64, .context_tokens = 32, .num_hidden = 64},
      {},
      {.num_tokens = 4, .context_tokens = 7, .num_logits = 4},
      {.num_tokens = 1, .context_tokens = 7, .num_logits = 1}};
  for (const char* name : {"kv260-llama2", "colonnade-65nm", "h100-sxm"}) {
    const DeviceModel model = Model(name);
    std::vector<Price> alone;
    model.PriceAlone(sequences, alone);
    ASSERT_EQ(alone.size(), sequences.size());
    for (size_t i = 0; i < alone.size(); ++i) {
      const DeviceCost step = model.PriceStep({{sequences[i]}});
      EXPECT_DOUBLE_EQ(alone[i].energy.value(), step.joules.total().value());
      EXPECT_DOUBLE_EQ(alone[i].time.count(), step.time.count());
    }
  }
}

TEST(DeviceModelTest, ChipsThatHoldTheWeightsHoldTheKv) {
  const StepShape long_context{{{.num_tokens = 1, .context_tokens = 8000}}};
  const DeviceCost on_chip = Model("northpole-12nm").PriceStep(long_context);
  const DeviceCost in_dram = Model("hermes-14nm").PriceStep(long_context);
  EXPECT_EQ(on_chip.bytes.kv, in_dram.bytes.kv);
  EXPECT_EQ(on_chip.joules.dram.value(), 0);  // in the power of the card
  EXPECT_NEAR(in_dram.joules.dram.value(), in_dram.bytes.kv * 64e-12, 1e-12);
}

TEST(DeviceModelTest, RotaryModelsHaveNoStaticScores) {
  const auto model =
      DeviceModel::Create(Device("qk-macro-65nm"), Smollm2Shape(), {});
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("qk-macro-65nm: smollm2-135m rotates"));
  EXPECT_TRUE(DeviceModel::Create(Device("qk-macro-65nm"), Smollm2Shape(),
                                  {.rotary = false})
                  .ok());
}

TEST(DeviceModelTest, RefusesAPrecisionTheDeviceLacks) {
  EXPECT_FALSE(DeviceModel::Create(Device("hermes-14nm"), Smollm2Shape(),
                                   {.weight_bits = 3})
                   .ok());
}

TEST(DeviceModelTest, PlatformsPriceAStepAsVirtualTimeDoes) {
  const DeviceDescriptor device = Device("h100-sxm");
  const PlatformDescriptor& platform =
      std::get<PlatformUnit>(device.unit).platform;
  const PlatformCostModel reference(Smollm2Shape(), {}, platform, 1);
  const Price want =
      reference.PriceAt(reference.DemandOf(kDecode), reference.full_clock());
  const DeviceCost step = Model("h100-sxm").PriceStep(kDecode);
  EXPECT_EQ(step.time, want.time);
  EXPECT_NEAR(step.joules.total().value(), want.energy.value(),
              1e-9 * want.energy.value());
}

TEST(DeviceModelTest, PlatformsReadWeightsOfTheBitsAskedFor) {
  const auto bytes = [](int weight_bits) {
    return DeviceModel::Create(Device("h100-sxm"), Smollm2Shape(),
                               {.weight_bits = weight_bits})
        ->PriceStep(kDecode)
        .bytes.weights;
  };
  EXPECT_NEAR(bytes(8), 134479872, 1000);  // and a row of the embedding
  EXPECT_NEAR(bytes(16), 2 * bytes(8), 2);
  EXPECT_NEAR(bytes(4), bytes(8) / 2, 2);
  EXPECT_NE(bytes(0), bytes(8));  // the file's, of 4 and 8 bits and scales
}

TEST(DeviceModelTest, FewerBitsAndSparserNeverCostAStepMore) {
  const auto cost = [](const char* device, int bits, Sparsity sparsity) {
    const auto model = DeviceModel::Create(
        Device(device), Smollm2Shape(),
        {.input_bits = bits, .weight_bits = bits, .sparsity = sparsity});
    EXPECT_TRUE(model.ok()) << model.status();
    return model->PriceStep(kDecode);
  };
  const Sparsity half{Sparsity::Kind::kNofM, 2, 4};
  for (const Sparsity& sparsity : {Sparsity{}, half}) {
    const DeviceCost wide = cost("hnm-cim", 8, sparsity);
    const DeviceCost narrow = cost("hnm-cim", 2, sparsity);
    EXPECT_LT(narrow.cycles, wide.cycles);
    EXPECT_LT(narrow.joules.total().value(), wide.joules.total().value());
  }
  const DeviceCost sparse = cost("hnm-cim", 8, half);
  const DeviceCost dense = cost("hnm-cim", 8, {});
  EXPECT_LT(sparse.cycles, dense.cycles);
  // Five bits of eight are written again each step.
  EXPECT_NEAR(sparse.joules.dram.value() / dense.joules.dram.value(), 5.0 / 8,
              0.01);
}

}  // namespace
}  // namespace mj
