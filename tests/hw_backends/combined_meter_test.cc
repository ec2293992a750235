#include "hw_backends/combined_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace mj {
namespace {

using testing::HasSubstr;

class SetMeter final : public EnergyMeter {
 public:
  explicit SetMeter(MeterInfo info) : info_(std::move(info)) {}
  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override {
    ++reads;
    return next;
  }
  absl::StatusOr<EnergySample> next = EnergySample{};
  int reads = 0;

 private:
  const MeterInfo info_;
};

class CombinedMeterTest : public testing::Test {
 protected:
  CombinedMeterTest() {
    std::vector<std::unique_ptr<EnergyMeter>> members;
    for (const auto& [domain, resolution, period] :
         {std::tuple("package-0", 1e-6, 1e-3), {"gpu-0", 1e-3, 0.1}}) {
      MeterInfo info{.domain = domain,
                     .method = EnergyMethod::kMeasured,
                     .resolution = Joules(resolution),
                     .source = std::string(domain) + ".file",
                     .calibration = domain,
                     .update_period = Seconds(period)};
      auto member = std::make_unique<SetMeter>(info);
      members_.push_back(member.get());
      members.push_back(std::move(member));
    }
    sum_.emplace("package+gpu", std::move(members));
  }

  std::vector<SetMeter*> members_;
  std::optional<CombinedMeter> sum_;
};

TEST_F(CombinedMeterTest, AddsJoulesAndKeepsTheWorstOfTheRest) {
  members_[0]->next = {Joules(3), Seconds(10), Seconds(0)};
  members_[1]->next = {Joules(40), Seconds(10.5), Seconds(0.07)};
  const auto sample = sum_->Read();
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->total, Joules(43));
  EXPECT_EQ(sample->time, Seconds(10.5));
  EXPECT_EQ(sample->age, Seconds(0.07));
  const MeterInfo& info = sum_->info();
  EXPECT_EQ(info.domain, "package+gpu");
  EXPECT_EQ(info.method, EnergyMethod::kMeasured);
  EXPECT_DOUBLE_EQ(info.resolution.value(), 0.001001);
  EXPECT_EQ(info.update_period, Seconds(0.1));
  EXPECT_EQ(info.source, "package-0.file + gpu-0.file");
  EXPECT_EQ(info.calibration, "package-0 + gpu-0");
}

struct FailureCase {
  const char* name;
  absl::Status first, second;
  absl::StatusCode code;
  const char* message;
};

TEST_F(CombinedMeterTest, NeverReportsAPart) {
  const absl::Status gone = absl::UnavailableError("gone");
  const absl::Status lost = absl::DataLossError("reset");
  const absl::Status denied = absl::PermissionDeniedError("no");
  const FailureCase cases[] = {
      {"the first", gone, {}, gone.code(), "package-0: gone"},
      {"the second", {}, denied, denied.code(), "gpu-0: no"},
      {"both", denied, gone, denied.code(), "package-0: no"},
      {"a loss outweighs", gone, lost, lost.code(), "gpu-0: reset"},
      {"the first loss", lost, gone, lost.code(), "package-0: reset"},
  };
  int reads = 0;
  for (const FailureCase& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status* statuses[] = {&c.first, &c.second};
    for (int i = 0; i < 2; ++i) {
      members_[i]->next = EnergySample{Joules(1), Seconds(1)};
      if (!statuses[i]->ok()) members_[i]->next = *statuses[i];
    }
    const absl::Status status = sum_->Read().status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
    ++reads;
    for (const SetMeter* member : members_) EXPECT_EQ(member->reads, reads);
  }
}

}  // namespace
}  // namespace mj
