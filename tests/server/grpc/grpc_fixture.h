// A GrpcServer on a free port, over the real engine on a fake model.
#ifndef MILLIJOULE_TESTS_SERVER_GRPC_GRPC_FIXTURE_H_
#define MILLIJOULE_TESTS_SERVER_GRPC_GRPC_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/grpc/health/v1/health.grpc.pb.h"
#include "server/grpc/grpc_server.h"
#include "server/grpc/inference_api.h"
#include "tests/fakes/fake_model.h"

namespace mj {

// Holds the engine's steps back while it is closed.
class Gate {
 public:
  void Close() { Set(false); }
  void Open() { Set(true); }
  void Pass() {
    std::unique_lock lock(mutex_);
    held_ = !open_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    held_ = false;
  }
  // Returns once a step is held back. REQUIRES: closed, and work to do
  void AwaitHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_; });
  }

 private:
  void Set(bool open) {
    std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool held_ = false;
};

// What a Generate call gave: everything of choice 0, and its end.
struct Stream {
  std::string text;
  std::vector<TokenId> tokens;
  v1::GenerateResponse last;
  grpc::Status status;
};

class GrpcFixture : public testing::Test {
 protected:
  static constexpr char kService[] = "millijoule.v1.Inference";
  // Far more than a test waits for, and within the fake model's context.
  static constexpr int kEndless = 8000;

  ~GrpcFixture() override { gate_.Open(); }

  void StartServer(const EngineOptions& options = {},
                   const ApiKeys* keys = nullptr) {
    log_.before_step = [this] {
      gate_.Pass();
      // Computing: work that is to be stopped midway must take some time.
      if (slow_steps_)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    auto model = MakeFakeModel(log_);
    model->chat_template.emplace(*ChatTemplate::Parse(
        "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"));
    auto engine = Engine::Start(options, std::move(model), clock_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    auto server = GrpcServer::Start({.address = "127.0.0.1:0"}, *engine_,
                                    metrics_, request_log_, keys);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    auto channel =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                            grpc::InsecureChannelCredentials());
    stub_ = v1::Inference::NewStub(channel);
    health_ = grpc::health::v1::Health::NewStub(channel);
  }

  static v1::GenerateRequest Ask(const std::string& text, int max_tokens) {
    v1::GenerateRequest request;
    request.set_text(text);
    request.mutable_sampling()->set_temperature(0);
    request.mutable_stop()->set_max_tokens(max_tokens);
    request.mutable_stop()->set_ignore_eos(true);
    return request;
  }

  Stream Generate(const v1::GenerateRequest& request) {
    grpc::ClientContext call;
    return Read(*stub_->Generate(&call, request));
  }

  static Stream Read(grpc::ClientReader<v1::GenerateResponse>& reader) {
    Stream stream;
    v1::GenerateResponse message;
    while (reader.Read(&message)) {
      stream.last = message;
      if (message.choice() != 0) continue;
      stream.text += message.text();
      stream.tokens.insert(stream.tokens.end(), message.token_ids().begin(),
                           message.token_ids().end());
    }
    stream.status = reader.Finish();
    return stream;
  }

  // Whether the engine had nothing in flight within half a minute.
  bool BecomesIdle() {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!engine_->idle()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  bool slow_steps_ = false;  // set before the server starts
  Gate gate_;
  FakeRunnerLog log_;
  SteadyClock clock_;
  Metrics metrics_{{.model = "fake", .max_model_len = 8192}};
  std::unique_ptr<Logger> logger_ = *MakeLogger("off");
  RequestLog request_log_{*logger_, /*with_prompts=*/false};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::Inference::Stub> stub_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_SERVER_GRPC_GRPC_FIXTURE_H_
