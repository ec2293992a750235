// Two GEMV lanes (hw_backends/rtl/gemv_lane.sv) read their weights through one
// DDR port, modelled in SystemC: a beat passes in an open cycle, engines take
// turns, and arrives `latency` cycles later. An engine is done after
//   latency + PortCycles(port, SharedBeats(its beats, the other's)) + depth
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "GemvLane8x4.h"  // before SystemC: with it, it wants its globals
#include "hw_backends/models/port_cycles.h"
#include "tests/hw_backends/rtl/lane_bench.h"

// Debian's SystemC is compiled as C++17, and its headers link to no other.
#define SC_CPLUSPLUS 201703L
#include <systemc>

namespace mj {
namespace {

using Lane = Lanes<GemvLane8x4, 8, 4>;

constexpr int kEngines = 2, kNobody = -1;

class DdrPort final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock;
  sc_core::sc_vector<sc_core::sc_out<bool>> arrived{"arrived", kEngines};

  DdrPort(sc_core::sc_module_name name, PortDuty duty, int latency)
      : sc_module(name),
        open_(Regular(duty)),
        in_flight_(latency - 1, kNobody) {
    SC_METHOD(Cycle);
    sensitive << clock.pos();
    dont_initialize();
  }

  // Asks for so many beats, before the clock starts.
  void Read(int engine, int64_t beats) { left_[engine] += beats; }

 private:
  SC_HAS_PROCESS(DdrPort);

  void Cycle() {
    in_flight_.push_back(open_(cycle_++) ? Arbitrate() : kNobody);
    for (int e = 0; e < kEngines; ++e) {
      arrived[e].write(in_flight_.front() == e);
    }
    in_flight_.pop_front();
  }

  // Who did not have the last beat, if it wants one.
  int Arbitrate() {
    for (int i = 0; i < kEngines; ++i) {
      const int engine = (next_ + i) % kEngines;
      if (left_[engine] == 0) continue;
      --left_[engine];
      next_ = (engine + 1) % kEngines;
      return engine;
    }
    return kNobody;
  }

  Port open_;
  std::deque<int> in_flight_;  // whose beats, the next to arrive first
  int64_t left_[kEngines] = {};
  int next_ = 0;
  int64_t cycle_ = 0;
};

class Engine final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock, arrived;

  Engine(sc_core::sc_module_name name, GemmShape gemm)
      : sc_module(name), product_(gemm), bench_(product_) {
    SC_METHOD(Cycle);
    sensitive << clock.pos();
    dont_initialize();
  }

  const GroupedProduct& product() const { return product_; }
  const LaneBench<Lane>& bench() const { return bench_; }

 private:
  SC_HAS_PROCESS(Engine);

  void Cycle() {
    if (!bench_.finished()) bench_.Step(arrived.read(), true);
  }

  GroupedProduct product_;
  LaneBench<Lane> bench_;
};

struct Scenario {
  GemmShape first, second;
  PortDuty duty;
  int latency;
};

constexpr Scenario kScenarios[] = {
    {{1, 4, 8}, {1, 4, 8}, {1, 1}, 1},       // a beat each
    {{1, 16, 64}, {1, 16, 64}, {1, 1}, 20},  // alike
    {{1, 4, 40}, {1, 40, 100}, {1, 1}, 20},  // short first
    {{1, 40, 100}, {1, 4, 40}, {1, 1}, 20},  // long first
    {{2, 12, 33}, {1, 30, 50}, {3, 4}, 7},   // a quarter withheld
    {{1, 30, 50}, {2, 12, 33}, {1, 2}, 50},  // half withheld
};

class System final {
 public:
  explicit System(const Scenario& scenario)
      : port_(sc_core::sc_gen_unique_name("port"), scenario.duty,
              scenario.latency),
        first_(sc_core::sc_gen_unique_name("first"), scenario.first),
        second_(sc_core::sc_gen_unique_name("second"), scenario.second) {
    port_.clock(clock_);
    Connect(0, first_);
    Connect(1, second_);
  }

  const Engine& first() const { return first_; }
  const Engine& second() const { return second_; }

 private:
  void Connect(int index, Engine& engine) {
    engine.clock(clock_);
    engine.arrived(arrived_[index]);
    port_.arrived[index](arrived_[index]);
    port_.Read(index, engine.bench().beats());
  }

  sc_core::sc_clock clock_{sc_core::sc_gen_unique_name("clock"), 1,
                           sc_core::SC_NS};
  sc_core::sc_vector<sc_core::sc_signal<bool>> arrived_{
      sc_core::sc_gen_unique_name("arrived"), kEngines};
  DdrPort port_;
  Engine first_, second_;
};

int64_t Law(const Scenario& scenario, int64_t own, int64_t other, bool first) {
  return scenario.latency +
         PortCycles(scenario.duty, SharedBeats(own, other, first)) +
         kGemvLaneDepth;
}

void ExpectLaw(const Engine& engine, int64_t law) {
  ASSERT_TRUE(engine.bench().finished());
  EXPECT_EQ(engine.bench().cycles(), law);
  EXPECT_EQ(engine.bench().y(), engine.product().Want(kShift));
}

// A process simulates once, so the scenarios stand side by side.
TEST(SharedPortTest, TwoEnginesTakeTheLawsCycles) {
  std::vector<std::unique_ptr<System>> systems;
  for (const Scenario& scenario : kScenarios) {
    systems.push_back(std::make_unique<System>(scenario));
  }
  sc_core::sc_start(2000, sc_core::SC_NS);
  for (size_t i = 0; i < systems.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "scenario " << i);
    const Engine &first = systems[i]->first(), &second = systems[i]->second();
    const int64_t a = first.bench().beats(), b = second.bench().beats();
    ExpectLaw(first, Law(kScenarios[i], a, b, true));
    ExpectLaw(second, Law(kScenarios[i], b, a, false));
  }
}

}  // namespace
}  // namespace mj

// SystemC's library has the main.
extern "C" int sc_main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
