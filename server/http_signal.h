// How other threads wake a coroutine of the network thread.
#ifndef MILLIJOULE_SERVER_HTTP_SIGNAL_H_
#define MILLIJOULE_SERVER_HTTP_SIGNAL_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace mj {

// Lets other threads post to the network thread for as long as it lives.
class PostGate final {
 public:
  explicit PostGate(boost::asio::io_context& context) : context_(&context) {}

  void Post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) boost::asio::post(*context_, std::move(task));
  }
  // Later posts do nothing.
  void Close() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;
};

// A condition that one coroutine waits for. Network thread only.
class Signal final {
 public:
  explicit Signal(boost::asio::io_context& context)
      : timer_(context, boost::asio::steady_timer::time_point::max()) {}

  void Notify() {
    notified_ = true;
    timer_.cancel();
  }

  // Returns at once if notified since the last Wait().
  boost::asio::awaitable<void> Wait() {
    while (!notified_) {
      boost::system::error_code ignored;
      co_await timer_.async_wait(
          boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    notified_ = false;
  }

  // A function that any thread may call, also after `signal` is gone.
  static std::function<void()> Waker(const std::shared_ptr<PostGate>& gate,
                                     const std::shared_ptr<Signal>& signal) {
    return [gate, weak = std::weak_ptr<Signal>(signal)] {
      gate->Post([weak] {
        if (const auto alive = weak.lock()) alive->Notify();
      });
    };
  }

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_SIGNAL_H_
