// Requests + idle + overhead + what is marked unknown = the counters, for RAPL
// zones that the model cannot see: a script draws power of its own and makes
// the tree wrap, wrap twice unseen, start again at 0, fail, close, vanish, and
// the host sleep.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "engine/energy/ledger.h"
#include "hw_backends/host/find_meters.h"
#include "tests/fakes/hand_clock.h"
#include "tests/fakes/rapl_tree.h"
#include "tests/fakes/without_root.h"

namespace mj {
namespace {

// At 1000 W, the most a zone may draw, a wrap takes 60 s.
constexpr uint64_t kRange = 60'000'000'000;  // microjoules
constexpr double kQuantum = 14e-6;           // joules: 2^-32 of the range

struct Zone {
  const char* id;
  const char* name;
  double watts;            // on average
  uint64_t energy_uj = 0;  // what the file shows
  std::string file() const { return std::string(id) + "/energy_uj"; }
};

enum class Fault {
  kNone,
  kReadError,
  kClosed,
  kVanished,
  kGarbage,
  // After these the joules are gone for good.
  kReset,
  kUnread,  // for so long that zones wrap several times
  kSlept,
};
constexpr int kNumFaults = 8;

// Two sockets with memory, and a clock that their joules know nothing of.
class ScriptedHost {
 public:
  explicit ScriptedHost(int seed) : random_(seed) {
    std::uniform_int_distribution<uint64_t> any(0, kRange - 1);
    for (Zone& zone : zones_) {
      zone.energy_uj = any(random_);
      tree_.Add(zone.id, zone.name, zone.energy_uj, kRange);
    }
    // Contain the same joules, and must not be added.
    tree_.Add("intel-rapl:2", "psys", 0, kRange);
    tree_.Add("intel-rapl:0:1", "core", 0, kRange);
    tree_.Add("intel-rapl-mmio:0", "package-0", 0, kRange);
  }

  std::unique_ptr<EnergyMeter> TakeMeter() {
    std::vector<FoundMeter> found = FindMeters(tree_.root(), clock_, {});
    ChooseBoundary(false, found);
    auto boot = std::make_unique<HandClock>();
    boot_ = boot.get();
    Boundary boundary = TakeBoundary(std::move(found), clock_, std::move(boot));
    EXPECT_NE(boundary.meter, nullptr) << boundary.description;
    return std::move(boundary.meter);
  }

  void Pass(Seconds time) {
    std::lognormal_distribution<double> noise(-0.1, 0.4);
    for (Zone& zone : zones_) {
      const double watts = std::min(zone.watts * noise(random_), 800.0);
      const auto microjoules =
          static_cast<uint64_t>(std::llround(1e6 * watts * time.count()));
      drawn_ += microjoules;
      zone.energy_uj = (zone.energy_uj + microjoules) % kRange;
      tree_.Set(zone.id, zone.energy_uj);
    }
    clock_.now += time;
    boot_->now += time;
  }

  // A reset near the range would look like a wrap, so the script leaves it.
  bool CanReset(int zone) const {
    return zones_[zone].energy_uj > kRange / 4 &&
           zones_[zone].energy_uj < kRange / 4 * 3;
  }
  // REQUIRES: for kReset, CanReset.
  void Inject(Fault fault, int which) {
    Zone& zone = zones_[which];
    switch (fault) {
      case Fault::kNone:
        return;
      case Fault::kReadError:
        return tree_.Break(zone.file());
      case Fault::kClosed:
        return tree_.Close(zone.file());
      case Fault::kVanished:
        return tree_.Remove(zone.file());
      case Fault::kGarbage:
        return tree_.Write(zone.file(), "\n");
      case Fault::kReset:
        zone.energy_uj = 0;
        return Repair();
      case Fault::kUnread:
        return Pass(Seconds(500));
      case Fault::kSlept:
        boot_->now += Seconds(300);
        return;
    }
  }
  void Repair() {  // all files show what they count
    for (const Zone& zone : zones_) {
      tree_.Remove(zone.file());
      tree_.Set(zone.id, zone.energy_uj);
    }
  }

  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }
  Seconds now() const { return clock_.now; }
  uint64_t drawn() const { return drawn_; }  // microjoules, of all zones

 private:
  std::mt19937 random_;
  RaplTree tree_;
  HandClock clock_;
  HandClock* boot_ = nullptr;  // the meter's
  uint64_t drawn_ = 0;
  Zone zones_[4] = {{"intel-rapl:0", "package-0", 300},
                    {"intel-rapl:0:0", "dram", 40},
                    {"intel-rapl:1", "package-1", 180},
                    {"intel-rapl:1:0", "dram", 25}};
};

StepRecord Work(uint64_t id, Seconds busy) {
  StepRecord record;
  record.end = busy;
  record.shares = {{id, "a", Phase::kPrefill, Joules(3.0 * (id % 5))},
                   {id + 1, "b", Phase::kDecode, Joules(1)}};
  record.overhead = Joules(0.25);
  return record;
}

// A ledger of a scripted host, and what was really drawn at each reading.
class Books {
 public:
  explicit Books(int seed) : host_(seed), meter_(host_.TakeMeter()) {
    start_ = host_.now();
    drawn_at_[start_] = 0;
    ledger_.emplace(meter_->info(), LedgerOptions{.idle_power = Watts(90)},
                    meter_->Read(), start_);
  }

  // About a second with work, the fault of a zone, and the window's end.
  EnergyWindow Close(Fault fault, int zone = 0) {
    ledger_->Add(Work(++num_windows_, Seconds(0.4)));
    host_.Pass(Seconds(0.5 + 0.001 * host_.Below(1000)));
    host_.Inject(fault, zone);
    drawn_at_[host_.now()] = host_.drawn();
    const EnergyWindow window = ledger_->Close(Read(), host_.now());
    host_.Repair();
    Check(window);
    return window;
  }

  // Time is booked or marked, and what is booked equals the counters.
  void ExpectBalanced() const {
    const Seconds all = host_.now() - start_;
    EXPECT_NEAR((known_time_ + ledger_->unknown_time()).count(), all.count(),
                1e-9 * all.count());
    EXPECT_NEAR(ledger_->totals().sum().value(), 1e-6 * booked_,
                std::max(kQuantum, 1e-12 * booked_));
  }

  ScriptedHost& host() { return host_; }
  const EnergyLedger& ledger() const { return *ledger_; }
  uint64_t booked() const { return booked_; }  // microjoules

 private:
  absl::StatusOr<EnergySample> Read() {
    const WithoutRoot nobody;
    return meter_->Read();
  }
  // A known window is worth what was drawn from its start to its end.
  void Check(const EnergyWindow& window) {
    Joules requests;
    for (const RequestWindow& r : window.requests) {
      requests += r.prefill + r.decode;
    }
    const Joules sum = requests + window.energy.idle + window.energy.overhead;
    if (!window.known()) {
      EXPECT_EQ(sum, Joules(0));
      EXPECT_FALSE(window.status.message().empty());
      return;
    }
    const uint64_t drawn =
        drawn_at_.at(window.end) - drawn_at_.at(window.start);
    EXPECT_NEAR(sum.value(), 1e-6 * drawn, kQuantum);
    EXPECT_FALSE(window.low_confidence);
    booked_ += drawn;
    known_time_ += window.end - window.start;
  }

  ScriptedHost host_;
  std::unique_ptr<EnergyMeter> meter_;
  std::optional<EnergyLedger> ledger_;
  Seconds start_{0};
  std::map<Seconds, uint64_t> drawn_at_;
  uint64_t num_windows_ = 0;
  uint64_t booked_ = 0;
  Seconds known_time_{0};
};

class RaplConservationTest : public testing::TestWithParam<int> {};

TEST_P(RaplConservationTest, EveryMicrojouleIsBookedOrItsTimeIsUnknown) {
  Books books(GetParam());
  bool has_base = true;  // a reading to compare the next one with
  int seen[kNumFaults] = {};
  for (int i = 0; i < 400; ++i) {
    const bool fails = books.host().Below(4) == 0 && i < 397;
    const int zone = books.host().Below(4);
    auto fault =
        static_cast<Fault>(fails ? 1 + books.host().Below(kNumFaults - 1) : 0);
    if (fault == Fault::kReset && !books.host().CanReset(zone)) {
      fault = Fault::kNone;
    }
    ++seen[static_cast<int>(fault)];
    const Seconds unknown_time = books.ledger().unknown_time();
    const EnergyWindow window = books.Close(fault, zone);
    SCOPED_TRACE(testing::Message()
                 << "window " << i << ", fault " << static_cast<int>(fault)
                 << ", " << window.status);
    const bool lost = books.ledger().unknown_time() > unknown_time;
    EXPECT_EQ(window.known(), fault == Fault::kNone && has_base);
    EXPECT_EQ(lost, !window.known() && (fault == Fault::kNone || !has_base ||
                                        fault >= Fault::kReset));
    has_base = fault == Fault::kNone || (has_base && !lost);
  }
  books.ExpectBalanced();
  for (int count : seen) EXPECT_GT(count, 0);
  EXPECT_LT(books.booked(), books.host().drawn());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RaplConservationTest, testing::Range(0, 5));

TEST(RaplConservationTest, NoWrapIsMissedInTwentyMinutes) {
  Books books(7);
  for (int i = 0; i < 1200; ++i) {
    const EnergyWindow window = books.Close(Fault::kNone);
    ASSERT_TRUE(window.known()) << window.status;
  }
  books.ExpectBalanced();
  EXPECT_EQ(books.booked(), books.host().drawn());
  EXPECT_GT(books.booked(), 8 * kRange);  // package 0 alone wraps 6 times
}

}  // namespace
}  // namespace mj
