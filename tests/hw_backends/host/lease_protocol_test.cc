#include "hw_backends/host/lease_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace mj {
namespace {

using testing::HasSubstr;

TEST(LeaseProtocolTest, RequestsComeBackAsTheyWere) {
  const LeaseRequest requests[] = {
      {.verb = LeaseVerb::kLease},
      {.verb = LeaseVerb::kBeat},
      {.verb = LeaseVerb::kEnd},
      {.verb = LeaseVerb::kRead, .name = "cpufreq"},
      {.verb = LeaseVerb::kRestore, .name = "nvml:0:clock"},
      {.verb = LeaseVerb::kSet, .name = "powercap", .value = 65.1 / 3},
  };
  for (const LeaseRequest& request : requests) {
    const auto parsed = ParseRequest(FormatRequest(request));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->verb, request.verb);
    EXPECT_EQ(parsed->name, request.name);
    EXPECT_EQ(parsed->value, request.value) << "to the last bit";
  }
}

TEST(LeaseProtocolTest, RefusesWhatIsNoRequest) {
  for (const char* packet :
       {"", " ", "LEASE", "lease now", "set cpufreq", "set cpufreq fast",
        "set cpufreq nan", "set cpufreq inf", "set cpufreq 1 2", "read",
        "restore", "write /etc/passwd x"}) {
    const absl::Status status = ParseRequest(packet).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << packet;
    EXPECT_THAT(std::string(status.message()), HasSubstr(packet));
  }
}

TEST(LeaseProtocolTest, RepliesComeBackAsTheyWere) {
  EXPECT_EQ(ParseReply(FormatReply("a b\nc")).value(), "a b\nc");
  EXPECT_EQ(ParseReply(FormatReply("")).value(), "");
  const absl::Status error = absl::AlreadyExistsError("leased to 12: wait");
  EXPECT_EQ(ParseReply(FormatReply(error)).status(), error);
  for (const char* packet : {"", "ok", "error", "error 0 fine", "error 99 x"}) {
    EXPECT_TRUE(absl::IsInternal(ParseReply(packet).status())) << packet;
  }
}

TEST(LeaseProtocolTest, OffersComeBackAsTheyWere) {
  const LeaseOffer offer{
      .heartbeat = Seconds(2.5),
      .frequencies = {{.name = "amd_pstate",
                       .domain = "cpu",
                       .source = "amd-pstate active, limits",
                       .low = Hertz(4e8),
                       .high = Hertz(3.7e9),
                       .most_efficient = Hertz(1.5e9)},
                      {.name = "nvml:0:clock",
                       .domain = "gpu0",
                       .source = "NVIDIA X, locked clocks",
                       .low = Hertz(2.1e8),
                       .high = Hertz(1.41e9),
                       .levels = {Hertz(2.1e8), Hertz(1.41e9)}}},
      .power_caps = {{.name = "powercap",
                      .domain = "package",
                      .source = "intel-rapl",
                      .low = Watts(25),
                      .high = Watts(100)}}};
  const auto parsed = ParseOffer(FormatOffer(offer));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->heartbeat, offer.heartbeat);
  ASSERT_EQ(parsed->frequencies.size(), 2u);
  EXPECT_EQ(parsed->frequencies[0].name, "amd_pstate");
  EXPECT_EQ(parsed->frequencies[0].source, offer.frequencies[0].source);
  EXPECT_EQ(parsed->frequencies[0].most_efficient, Hertz(1.5e9));
  EXPECT_TRUE(parsed->frequencies[0].levels.empty());
  EXPECT_EQ(parsed->frequencies[1].levels, offer.frequencies[1].levels);
  EXPECT_EQ(parsed->frequencies[1].most_efficient, std::nullopt);
  ASSERT_EQ(parsed->power_caps.size(), 1u);
  EXPECT_EQ(parsed->power_caps[0].high, Watts(100));
}

TEST(LeaseProtocolTest, AnythingElseIsRefusedAndHarmsNobody) {
  std::mt19937 random(1);
  const std::string good = "5\nfrequency\ta\tb\t1\t2\t-\t1 2\tsource";
  ASSERT_TRUE(ParseOffer(good).ok());
  for (int i = 0; i < 2000; ++i) {
    std::string text = good;
    text[random() % text.size()] = static_cast<char>(random());
    const auto offer = ParseOffer(text);
    EXPECT_TRUE(offer.ok() || absl::IsInternal(offer.status()));
    ParseRequest(text).IgnoreError();
    ParseReply(text).IgnoreError();
  }
  EXPECT_TRUE(absl::IsInternal(ParseOffer("").status()));
  EXPECT_TRUE(absl::IsInternal(ParseOffer("5\nvoltage\ta\tb").status()));
}

}  // namespace
}  // namespace mj
