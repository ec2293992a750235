#include "engine/speculate/exit_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

struct Misfit {
  const char* name;
  std::function<void(ExitHead&)> change;
  const char* message;
};

const Misfit kMisfits[] = {
    {"fingerprint", [](auto& h) { h.fingerprint = "abc"; },
     "fingerprint abc, fake has def"},
    {"vocabulary", [](auto& h) { h.vocab = 5; },
     "the vocabulary is 5; the model's is 259"},
    {"layers", [](auto& h) { h.num_layers = 5; },
     "the number of layers is 5; the model's is 2"},
    {"hidden", [](auto& h) { h.map.inputs = 5; },
     "the hidden size is 5; the model's is 64"},
};

TEST(ExitHeadTest, NamesWhatDoesNotFit) {
  FakeRunnerLog log;
  const auto model = MakeFakeModel(log);
  model->fingerprint = "def";
  model->config.num_layers = 2;
  model->config.hidden = 64;
  ExitHead fits{.fingerprint = "def",
                .vocab = model->config.vocab,
                .num_layers = 2,
                .layer = 1};
  fits.map.inputs = 64;
  EXPECT_TRUE(CheckExitHead(fits, *model).ok());
  for (const Misfit& misfit : kMisfits) {
    ExitHead head = fits;
    misfit.change(head);
    const absl::Status status = CheckExitHead(head, *model);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                testing::HasSubstr(misfit.message))
        << misfit.name;
  }
}

TEST(ExitHeadTest, NamesBothVersions) {
  const ExitHead head{.version = "0.1.0"};
  EXPECT_TRUE(CheckExitHeadVersion(head, "0.1.0").ok());
  const absl::Status other = CheckExitHeadVersion(head, "0.2.0");
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(other.message()),
      testing::HasSubstr("version 0.1.0 trained it, this is version 0.2.0"));
}

}  // namespace
}  // namespace mj
