// An engine on the fake model, and the API over it.
#ifndef MILLIJOULE_TESTS_SERVER_SERVER_FIXTURE_H_
#define MILLIJOULE_TESTS_SERVER_SERVER_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/api.h"
#include "tests/fakes/fake_model.h"

namespace mj {

class ServerFixture {
 public:
  // SHA-256 of "abc" (FIPS 180-2's example) for ann.
  static constexpr const char* kKeys =
      "ann:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  explicit ServerFixture(bool with_keys = false,
                         std::vector<TenantLimit> limits = {}) {
    EngineOptions options;
    options.tenant_limits = std::move(limits);
    options.max_model_len = 512;
    options.kv_memory_bytes = 256 * FakeBackend::kBytesPerBlock;
    auto model = MakeFakeModel(log);
    auto parsed = ChatTemplate::Parse(
        "{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}");
    model->chat_template = *std::move(parsed);
    auto started = Engine::Start(options, std::move(model), clock);
    EXPECT_TRUE(started.ok()) << started.status();
    engine = *std::move(started);
    if (with_keys) keys = *ApiKeys::Parse(kKeys);
    metrics = std::make_unique<Metrics>(
        MetricsOptions{.model = "fake", .max_model_len = 512});
    api = std::make_unique<Api>(Serving{*engine, *metrics, request_log, clock},
                                keys, Provenance());
  }

  FakeRunnerLog log;
  SteadyClock clock;
  std::unique_ptr<Logger> logger = *MakeLogger("off");
  RequestLog request_log{*logger, /*with_prompts=*/false};
  ApiKeys keys;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<Api> api;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_SERVER_SERVER_FIXTURE_H_
