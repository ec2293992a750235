#include "engine/energy/ledger_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1767268800);

TEST(LedgerRowsTest, AKnownWindow) {
  EnergyWindow window;
  window.start = Seconds(100);
  window.end = Seconds(102.5);
  window.scale = 1.25;
  window.energy.prefill = Joules(3);
  window.energy.decode = Joules(5);
  window.energy.idle = Joules(7);
  window.energy.overhead = Joules(11);
  window.energy.wasted[static_cast<size_t>(WasteReason::kPreempted)] =
      Joules(2);
  window.requests = {{1, "bob", Joules(1), Joules(2)},
                     {2, "alice", Joules(1), Joules(3)},
                     {3, "bob", Joules(1), Joules(0)}};
  window.ended = {{"bob", 10}, {"carol", 0}, {"bob", 5}};
  const LedgerWindow row = LedgerWindowOf(window, 9, kNoon);
  EXPECT_TRUE(row.known());
  EXPECT_EQ(row.number, 9);
  EXPECT_EQ(row.end, kNoon);
  EXPECT_EQ(row.start, kNoon - absl::Milliseconds(2500));
  EXPECT_EQ(row.scale, 1.25);
  EXPECT_EQ(row.sum(), Joules(26));
  EXPECT_THAT(row.wasted,
              testing::ElementsAre(testing::Pair("preempted", Joules(2))));
  ASSERT_EQ(row.tenants.size(), 3u);
  EXPECT_EQ(row.tenants[0].tenant, "alice");
  EXPECT_EQ(row.tenants[0].decode, Joules(3));
  EXPECT_EQ(row.tenants[0].requests, 0);
  EXPECT_EQ(row.tenants[1].tenant, "bob");
  EXPECT_EQ(row.tenants[1].prefill, Joules(2));
  EXPECT_EQ(row.tenants[1].requests, 2);
  EXPECT_EQ(row.tenants[1].output_tokens, 15);
  EXPECT_EQ(row.tenants[2].tenant, "carol");
  EXPECT_EQ(row.tenants[2].requests, 1);
}

TEST(LedgerRowsTest, AnUnknownWindowSaysWhyAndKeepsItsRequests) {
  EnergyWindow window;
  window.end = Seconds(1);
  window.status = absl::PermissionDeniedError("energy_uj: not for you");
  window.lost = Seconds(1);
  window.ended = {{"alice", 3}};
  const LedgerWindow row = LedgerWindowOf(window, 0, kNoon);
  EXPECT_FALSE(row.known());
  EXPECT_EQ(row.unknown, "PERMISSION_DENIED: energy_uj: not for you");
  EXPECT_EQ(row.lost, Seconds(1));
  ASSERT_EQ(row.tenants.size(), 1u);
  EXPECT_EQ(row.tenants[0].output_tokens, 3);
}

}  // namespace
}  // namespace mj
