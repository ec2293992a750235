#include "engine/tenant_budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/request/request_error.h"

namespace mj {
namespace {

using testing::HasSubstr;

TenantLimit Limit(const char* tenant, double refill, double burst) {
  return {tenant, {Watts(refill), Joules(burst)}};
}

TEST(TenantBudgetsTest, RefusesUntilTheBucketIsAboveZeroAgain) {
  TenantBudgets budgets({Limit("ann", 2, 10)}, Seconds(0));
  EXPECT_TRUE(budgets.Admit("ann", Seconds(0)).ok());
  budgets.Debit("ann", Joules(14), Seconds(0));
  const absl::Status refused = budgets.Admit("ann", Seconds(1));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(QuotaWaitOf(refused).has_value());
  EXPECT_DOUBLE_EQ(QuotaWaitOf(refused)->count(), 1);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("'ann'"));
  EXPECT_TRUE(budgets.Admit("ann", Seconds(2.01)).ok());
  EXPECT_EQ(budgets.All(Seconds(2.01))[0].refused, 1u);
}

TEST(TenantBudgetsTest, OthersAreNotLimited) {
  TenantBudgets budgets({Limit("ann", 0, 1)}, Seconds(0));
  budgets.Debit("bob", Joules(1e9), Seconds(0));
  EXPECT_TRUE(budgets.Admit("bob", Seconds(0)).ok());
  EXPECT_EQ(budgets.All(Seconds(0)).size(), 1u);
}

TEST(TenantBudgetsTest, WhatDoesNotRefillIsNeverWorthAnotherTry) {
  TenantBudgets budgets({Limit("ann", 0, 1)}, Seconds(0));
  budgets.Debit("ann", Joules(1), Seconds(0));
  const absl::Status refused = budgets.Admit("ann", Seconds(1e6));
  ASSERT_TRUE(QuotaWaitOf(refused).has_value()) << refused;
  EXPECT_TRUE(std::isinf(QuotaWaitOf(refused)->count()));
}

TEST(TenantBudgetsTest, LimitsChangeWhileServing) {
  TenantBudgets budgets({Limit("ann", 1, 10)}, Seconds(0));
  budgets.Debit("ann", Joules(4), Seconds(0));
  budgets.Set(Limit("ann", 1, 5), Seconds(1));  // 7 J, cut to the new burst
  budgets.Set(Limit("bob", 1, 3), Seconds(1));
  const auto all = budgets.All(Seconds(1));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].level, Joules(5));
  EXPECT_EQ(all[1].level, Joules(3));
  budgets.Set(Limit("ann", 1, 100), Seconds(1));
  EXPECT_EQ(budgets.All(Seconds(1))[0].level, Joules(5)) << "no gift";
  budgets.Debit("ann", Joules(50), Seconds(1));
  EXPECT_FALSE(budgets.Admit("ann", Seconds(1)).ok());
  budgets.Remove("ann");
  EXPECT_TRUE(budgets.Admit("ann", Seconds(1)).ok());
}

}  // namespace
}  // namespace mj
