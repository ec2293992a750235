#include "engine/simulate/simulation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "engine/sample/random.h"
#include "engine/simulate/length_distribution.h"
#include "engine/simulate/simulated_queues.h"

namespace mj {
namespace {

constexpr int kNoiseStream = 100;  // of the seed's random numbers

class Simulation {
 public:
  Simulation(const PlatformCostModel& model,
             std::span<const TraceRequest> trace,
             const SimulationOptions& options)
      : model_(model),
        trace_(trace),
        options_(options),
        device_(model, options.device, options.wake_dropped),
        queues_(options.num_blocks),
        memory_(model.num_clocks(), options.limits.slo_ttft,
                options.limits.slo_tpot, options.limits.energy.ttft_guard,
                options.limits.energy.tpot_guard),
        prices_(model.num_clocks()),
        lost_(trace.size()) {
    result_.requests.resize(trace.size());
  }

  SimulationResult Run() && {
    while (true) {
      TakeArrivals();
      if (!queues_.empty()) {
        Step();
      } else if (next_ < trace_.size()) {
        Idle();
      } else {
        break;
      }
    }
    result_.end = device_.Now();
    result_.energy = device_.energy();
    result_.switches = device_.num_switches();
    result_.wakes = device_.num_wakes();
    return std::move(result_);
  }

 private:
  // Time lost, as the governor counts it, when a request arrived and when it
  // had its first token.
  struct LostAt {
    Seconds arrival{0}, first_token{0};
  };

  Seconds NextArrival() const { return trace_[next_].arrival; }

  void TakeArrivals() {
    for (; next_ < trace_.size() && NextArrival() <= device_.Now(); ++next_) {
      Admit(static_cast<int>(next_));
    }
  }

  // As the engine: a prompt must leave room for a token, the queue is bounded.
  void Admit(int index) {
    const TraceRequest& request = trace_[index];
    RequestResult& result = result_.requests[index];
    result.arrival = request.arrival;
    lost_[index].arrival = memory_.lost();
    const int most =
        std::min(options_.max_model_len,
                 options_.num_blocks * options_.schedule.block_size);
    result.refused = request.prompt_tokens + 1 > most ||
                     std::ssize(queues_.waiting()) >= options_.max_queue;
    if (result.refused) return;
    memory_.ObserveArrival(
        request.arrival, request.prompt_tokens,
        static_cast<int>(queues_.running().size() + queues_.waiting().size()));
    const int64_t wanted =
        int64_t{request.prompt_tokens} + request.output_tokens;
    result.unfinished = wanted > most;
    queues_.Append(
        {.request = index,
         .num_prompt = request.prompt_tokens,
         .num_tokens = request.prompt_tokens,
         .max_tokens = most,
         .true_tokens = static_cast<int>(std::min<int64_t>(most, wanted))});
  }

  void Idle() {
    const IdleInputs inputs{.now = device_.Now(),
                            .idle_since = idle_since_,
                            .achieved_clock = device_.clock(),
                            .state = device_.state(),
                            .actuator_works = ActuatorWorks()};
    const IdleDecision decision = DecideIdle(options_.limits, inputs, memory_);
    Request(decision.clock);
    device_.Rest(decision.state);
    Seconds until = NextArrival();
    if (decision.ask_again) until = std::min(until, *decision.ask_again);
    device_.IdleUntil(std::max(until, device_.Now()));
  }

  Seconds WallTime() const {
    return options_.wall_clock ? options_.wall_clock->Now() : Seconds(0);
  }

  bool ActuatorWorks() const { return !failed_ && !device_.overdue(); }

  void Request(int clock) {
    failed_ = !device_.RequestClock(clock);
    memory_.ObserveRequest(clock, device_.Now());
  }

  void Step() {
    const Seconds start = WallTime();
    const StepPlan plan = PlanStep(queues_.Snapshot(options_.schedule));
    const Seconds planned = WallTime();
    const StepDemand demand = model_.DemandOf(Shape(plan));
    const Decision decision = Govern(plan, demand);
    result_.scheduling += planned - start;
    result_.governing += WallTime() - planned;
    ++result_.decisions[decision.reason];
    Request(decision.clock);
    if (decision.wait > Seconds(0) && WaitIsCut(decision.wait)) return;
    result_.preemptions += queues_.Apply(plan);
    Run(plan, demand);
    Commit(plan);
    idle_since_ = device_.Now();
    ++result_.steps;
  }

  // True if a request has arrived meanwhile, so that the plan is stale.
  bool WaitIsCut(Seconds wait) {
    const Seconds start = device_.Now();
    Seconds until = start + wait;
    const bool cut = next_ < trace_.size() && NextArrival() < until;
    if (cut) until = std::max(start, NextArrival());
    device_.IdleUntil(until);
    memory_.ObserveWait(until - start);
    return cut;
  }

  const SimulatedSequence& At(int i) const {
    const int num_running = static_cast<int>(queues_.running().size());
    return i < num_running ? queues_.running()[i]
                           : queues_.waiting()[i - num_running];
  }

  const StepShape& Shape(const StepPlan& plan) {
    shape_.sequences.clear();
    for (const PlannedRows& rows : plan.rows) {
      const SimulatedSequence& s = At(rows.sequence);
      const bool ends = s.num_computed + rows.num_rows == s.num_tokens;
      shape_.sequences.push_back({rows.num_rows, s.num_computed, ends ? 1 : 0});
    }
    return shape_;
  }

  Decision Govern(const StepPlan& plan, const StepDemand& demand) {
    model_.PriceAll(demand, prices_);
    for (Price& price : prices_) {
      price.time *= options_.predictor_bias;
      price.energy = price.energy * options_.predictor_bias;
    }
    Progress(plan);
    const BlockPool& pool = queues_.pool();
    return Decide(options_.limits,
                  {.now = device_.Now(),
                   .sequences = progress_,
                   .num_queued = static_cast<int>(queues_.waiting().size()) -
                                 plan.num_admitted,
                   .kv_used = 1 - static_cast<double>(pool.num_free()) /
                                      std::max(1, pool.num_blocks()),
                   .step = prices_,
                   .achieved_clock = device_.clock(),
                   .actuator_works = ActuatorWorks()},
                  memory_);
  }

  void Progress(const StepPlan& plan) {
    progress_.clear();
    for (const SimulatedSequence& s : queues_.running()) AddProgress(s);
    for (const SimulatedSequence& s : queues_.waiting()) AddProgress(s);
    for (const PlannedRows& rows : plan.rows) {
      progress_[rows.sequence].rows = rows.num_rows;
    }
  }

  void AddProgress(const SimulatedSequence& s) {
    const RequestResult& result = result_.requests[s.request];
    progress_.push_back({.arrived = result.arrival,
                         .first_token = result.first_token,
                         .tokens = s.num_generated(),
                         .uncomputed = s.num_tokens - s.num_computed,
                         .context = s.num_computed});
  }

  void Run(const StepPlan& plan, const StepDemand& demand) {
    const Seconds start = device_.Now();
    const int clock = device_.clock();
    const double slowness = Slowness();
    device_.Run(demand, slowness);
    const int full = model_.full_clock();
    bool prompts = false;
    for (const PlannedRows& rows : plan.rows) prompts |= rows.num_rows > 1;
    memory_.ObserveStep({.phase = prompts ? Phase::kPrefill : Phase::kDecode,
                         .clock = clock,
                         .one_clock = device_.clock() == clock,
                         .predicted = prices_[clock],
                         .full_speed = prices_[full].time,
                         .measured = device_.Now() - start,
                         .saturated = clock == full});
    if (options_.record) {
      result_.schedule.push_back(
          {demand, slowness, Released(plan), device_.Now()});
    }
  }

  // exp of a normal: times are positive, and right on average.
  double Slowness() const {
    const double sigma = options_.latency_noise;
    if (sigma == 0) return 1;
    const double u = Uniform({.seed = options_.seed,
                              .choice = kNoiseStream,
                              .position = static_cast<int>(result_.steps)});
    return std::exp(sigma * NormalQuantile(std::max(u, 1e-12)) -
                    sigma * sigma / 2);
  }

  Seconds Released(const StepPlan& plan) const {
    Seconds released{0};
    for (const PlannedRows& rows : plan.rows) {
      released = std::max(
          released,
          result_.requests[queues_.running()[rows.sequence].request].arrival);
    }
    return released;
  }

  void Commit(const StepPlan& plan) {
    bool some_ended = false;
    for (const PlannedRows& rows : plan.rows) {
      SimulatedSequence& s = queues_.running()[rows.sequence];
      s.num_computed += rows.num_rows;
      if (s.num_computed < s.num_tokens) continue;
      ++s.num_tokens;
      some_ended |= TakeToken(s);
    }
    if (some_ended) queues_.RemoveEnded();
  }

  // True if it was the last.
  bool TakeToken(const SimulatedSequence& s) {
    RequestResult& result = result_.requests[s.request];
    const Seconds now = device_.Now();
    const int step = static_cast<int>(result_.steps);
    if (s.num_generated() == 1) {
      result.first_token = now;
      result.first_step = step;
      lost_[s.request].first_token = memory_.lost();
    }
    if (s.num_tokens < s.true_tokens) return false;
    result.finish = now;
    result.tokens = s.num_generated();
    result.last_step = step;
    const LostAt& lost = lost_[s.request];
    memory_.ObserveReply({.ttft = result.first_token - result.arrival,
                          .ttft_lost = lost.first_token - lost.arrival,
                          .decode = now - result.first_token,
                          .decode_lost = memory_.lost() - lost.first_token,
                          .tokens = result.tokens});
    return true;
  }

  const PlatformCostModel& model_;
  const std::span<const TraceRequest> trace_;
  const SimulationOptions& options_;
  SimulatedDevice device_;
  SimulatedQueues queues_;
  GovernorMemory memory_;
  size_t next_ = 0;  // to arrive
  Seconds idle_since_{0};
  bool failed_ = false;  // the latest request of a clock
  std::vector<Price> prices_;
  std::vector<LostAt> lost_;
  std::vector<SequenceProgress> progress_;
  StepShape shape_;
  SimulationResult result_;
};

}  // namespace

SimulationResult Simulate(const PlatformCostModel& model,
                          std::span<const TraceRequest> trace,
                          const SimulationOptions& options) {
  assert(options.num_blocks > 0 && options.schedule.block_size > 0);
  return Simulation(model, trace, options).Run();
}

}  // namespace mj
