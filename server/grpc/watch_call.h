// One Watch call: telemetry at an interval until the client goes, or the
// server.
//
// All of it runs on the queue's thread. At any time either a write is in
// flight or the alarm is set, until the call is over.
#ifndef MILLIJOULE_SERVER_GRPC_WATCH_CALL_H_
#define MILLIJOULE_SERVER_GRPC_WATCH_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include "absl/status/status.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/energy_context.h"
#include "server/grpc/telemetry_message.h"

namespace mj {

class WatchCall final : public Call {
 public:
  // Has `queue` wait for one more call; each arrival asks for the next.
  static void Listen(EnergyContext& context, CallQueue& queue);

  WatchCall(EnergyContext& context, CallQueue& queue);

 private:
  void OnAccepted(bool ok);
  void OnWritten(bool ok);  // of the final status too
  void OnAlarm();
  void OnDone();  // the client has gone, or has its status

  absl::Status ReadInterval();
  void Write();
  void ReleaseIfOver();

  EnergyContext& context_;
  CallQueue& queue_;
  grpc::ServerContext call_;
  v1::WatchRequest message_;
  grpc::ServerAsyncWriter<v1::Telemetry> stream_{&call_};
  Event on_accepted_, on_written_, on_alarm_, on_done_;
  grpc::Alarm alarm_;
  TelemetryWriter writer_;
  Seconds interval_{1};
  bool pending_ = false;  // a write, or the alarm
  bool done_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_WATCH_CALL_H_
