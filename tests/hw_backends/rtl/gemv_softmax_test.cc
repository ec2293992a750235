// hw_backends/rtl/gemv_softmax.sv against hw_backends/models/attention_pass.h
// and hw_backends/fpga/lut_softmax.h.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "GemvSoftmax16.h"
#include "GemvSoftmax4.h"
#include "hw_backends/fpga/lut_softmax.h"
#include "hw_backends/models/attention_pass.h"
#include "tests/hw_backends/rtl/bench.h"

namespace mj {
namespace {

// Spreads the scores of random vectors over some tens of octaves.
constexpr FixedFactor kFactor{1 << 20, 23};

template <typename M, int P>
struct Unit {
  using Model = M;
  static constexpr int kProducts = P;
};

struct Scores {
  int len, width;
  std::vector<int8_t> query, keys;  // [width], [len, width]

  Scores(int length, int head_dim)
      : len(length),
        width(head_dim),
        query(RandomIntegers(head_dim, 8, 1)),
        keys(RandomIntegers(int64_t{length} * head_dim, 8, 2)) {}
  std::vector<uint16_t> Want(FixedFactor factor) const {
    std::vector<int16_t> scores;
    for (int j = 0; j < len; ++j) {
      int32_t dot = 0;
      for (int i = 0; i < width; ++i) dot += query[i] * keys[j * width + i];
      scores.push_back(Log2Score(dot, factor));
    }
    std::vector<uint16_t> p(len);
    LutSoftmax(scores, p);
    return p;
  }
};

template <typename U>
class SoftmaxBench {
 public:
  // As often as wanted, one query after another.
  void Run(const Scores& scores, FixedFactor factor, const Port& memory) {
    const int64_t beats = CeilDiv(scores.width, U::kProducts);
    FillQuery(scores, beats);
    Start(scores.len, beats, factor);
    const int64_t before = unit_.cycles();
    withheld_ = 0;
    p_.clear();
    int64_t beat = 0;
    for (int64_t cycle = -1; cycle < 0 || !unit_->done; ++cycle) {
      const bool more = cycle >= 0 && beat < scores.len * beats;
      unit_->k_valid = more && memory(cycle);
      if (more && !unit_->k_valid) ++withheld_;
      DriveKey(scores, beat / beats, beat % beats * U::kProducts);
      unit_.Settle();
      EXPECT_EQ(bool{unit_->k_ready}, more);
      unit_.Tick();
      unit_->start = 0;
      if (unit_->k_valid) ++beat;
      if (unit_->p_valid) p_.push_back(unit_->p);
    }
    cycles_ = unit_.cycles() - before;
  }

  const std::vector<uint16_t>& p() const { return p_; }
  int64_t cycles() const { return cycles_; }
  int64_t withheld() const { return withheld_; }

 private:
  void FillQuery(const Scores& scores, int64_t beats) {
    unit_->q_we = 1;
    for (int64_t b = 0; b < beats; ++b) {
      unit_->q_addr = b;
      for (int i = 0; i < U::kProducts; ++i) {
        const int64_t d = b * U::kProducts + i;
        unit_->q_in[i] = d < scores.width ? scores.query[d] : 0;
      }
      unit_.Tick();
    }
    unit_->q_we = 0;
  }

  void Start(int len, int64_t beats, FixedFactor factor) {
    unit_->start = 1;
    unit_->len = len;
    unit_->beats = beats;
    unit_->mult = factor.multiplier;
    unit_->shift = factor.shift;
  }

  void DriveKey(const Scores& scores, int64_t key, int64_t first) {
    for (int i = 0; i < U::kProducts; ++i) {
      const int64_t d = first + i;
      const bool inside = key < scores.len && d < scores.width;
      unit_->k_in[i] = inside ? scores.keys[key * scores.width + d] : 0;
    }
  }

  Clocked<typename U::Model> unit_;
  std::vector<uint16_t> p_;
  int64_t cycles_ = 0, withheld_ = 0;
};

template <typename U>
class GemvSoftmaxTest : public testing::Test {};
using Units = testing::Types<Unit<GemvSoftmax16, 16>, Unit<GemvSoftmax4, 4>>;
TYPED_TEST_SUITE(GemvSoftmaxTest, Units);

TYPED_TEST(GemvSoftmaxTest, TakesTheLawsCyclesAndIsExact) {
  constexpr int kProducts = TypeParam::kProducts;
  SoftmaxBench<TypeParam> bench;
  for (const int width : {1, 16, 50}) {
    for (const int len : {1, 2, 3, 16, 33, 128, 1000}) {
      const Scores scores(len, width);
      for (const PortDuty duty : kDuties) {
        SCOPED_TRACE(testing::Message()
                     << len << " keys of " << width << ", open " << duty.open
                     << "/" << duty.period);
        bench.Run(scores, kFactor, Regular(duty));
        EXPECT_EQ(bench.cycles(),
                  FusedSoftmaxCycles(len, width, kProducts) +
                      Stalls(duty, len * CeilDiv(width, kProducts)));
        EXPECT_EQ(bench.p(), scores.Want(kFactor));
      }
    }
  }
}

TYPED_TEST(GemvSoftmaxTest, IrregularStallsAddThemselves) {
  const Scores scores(100, 50);
  SoftmaxBench<TypeParam> bench;
  bench.Run(scores, kFactor, Irregular(3));
  EXPECT_GT(bench.withheld(), 0);
  EXPECT_EQ(bench.cycles(), FusedSoftmaxCycles(100, 50, TypeParam::kProducts) +
                                bench.withheld());
  EXPECT_EQ(bench.p(), scores.Want(kFactor));
}

// From all scores alike to all saturated.
TYPED_TEST(GemvSoftmaxTest, IsExactAtEveryScale) {
  const Scores scores(60, 40);
  SoftmaxBench<TypeParam> bench;
  for (int shift = 0; shift <= 62; ++shift) {
    for (const int32_t multiplier : {1 << 20, -(1 << 20), INT32_MAX}) {
      const FixedFactor factor{multiplier, shift};
      bench.Run(scores, factor, Regular({1, 1}));
      EXPECT_EQ(bench.p(), scores.Want(factor)) << multiplier << " " << shift;
    }
  }
}

}  // namespace
}  // namespace mj
