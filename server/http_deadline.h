// A time limit on the operations of a socket, within a scope.
#ifndef MILLIJOULE_SERVER_HTTP_DEADLINE_H_
#define MILLIJOULE_SERVER_HTTP_DEADLINE_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "hw_backends/quantities.h"

namespace mj {

// When the time is over, pending operations end with operation_aborted; the
// socket stays open, so that an answer can still be sent. Network thread only.
class Deadline final {
 public:
  Deadline(boost::asio::ip::tcp::socket& socket, Seconds limit)
      : timer_(socket.get_executor()), state_(std::make_shared<State>()) {
    using Duration = boost::asio::steady_timer::duration;
    timer_.expires_after(std::chrono::duration_cast<Duration>(limit));
    timer_.async_wait([state = state_, &socket](auto error) {
      if (error || !state->armed) return;
      state->passed = true;
      boost::system::error_code ignored;
      socket.cancel(ignored);
    });
  }
  ~Deadline() { state_->armed = false; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const { return state_->passed; }

 private:
  struct State {
    bool armed = true;
    bool passed = false;
  };
  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_DEADLINE_H_
