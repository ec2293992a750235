#include "server/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

// What systemd would read.
class Listener {
 public:
  // "@name": in the abstract namespace.
  explicit Listener(const std::string& name)
      : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX};
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                          name.size())),
              0);
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The next datagram; "" where there is none.
  std::string Next() {
    char buffer[64];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    return n < 0 ? "" : std::string(buffer, static_cast<size_t>(n));
  }

 private:
  const int fd_;
};

EngineStats Working(uint64_t progress) {
  EngineStats stats;
  stats.running = 1;
  stats.progress = progress;
  return stats;
}

TEST(ServiceManagerTest, TellsWhatTheProtocolAsks) {
  const TempFolder folder;
  for (const std::string& name :
       {folder.path() + "/notify",
        "@millijoule-test-" + std::to_string(getpid())}) {
    Listener systemd(name);
    const ServiceManager manager(name);
    EXPECT_TRUE(manager.Ready().ok()) << manager.Ready();
    EXPECT_EQ(systemd.Next(), "READY=1") << name;
    EXPECT_TRUE(manager.Stopping().ok());
    EXPECT_EQ(systemd.Next(), "STOPPING=1") << name;
    EXPECT_EQ(systemd.Next(), "");
  }
}

TEST(ServiceManagerTest, TheWatchdogHearsOfProgressOnceASecond) {
  const TempFolder folder;
  Listener systemd(folder.path() + "/notify");
  ServiceManager manager(folder.path() + "/notify");
  manager.Progress(EngineStats(), Seconds(100));
  EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
  manager.Progress(EngineStats(), Seconds(100.9));
  EXPECT_EQ(systemd.Next(), "");
  manager.Progress(EngineStats(), Seconds(101));
  EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
}

TEST(ServiceManagerTest, TheWatchdogHearsNothingOfAnEngineThatIsStuck) {
  const TempFolder folder;
  Listener systemd(folder.path() + "/notify");
  ServiceManager manager(folder.path() + "/notify");
  const auto told = [&](const EngineStats& stats, Seconds now) {
    manager.Progress(stats, now);
    return systemd.Next() == "WATCHDOG=1";
  };
  EXPECT_TRUE(told(Working(7), Seconds(0)));
  EXPECT_TRUE(told(Working(7), kStuckAfter));
  EXPECT_FALSE(told(Working(7), kStuckAfter + Seconds(1)));
  EXPECT_FALSE(told(Working(7), kStuckAfter + Seconds(500)));
  EXPECT_TRUE(told(Working(8), kStuckAfter + Seconds(501))) << "it got on";
}

TEST(ServiceManagerTest, WithoutAManagerNothingIsTold) {
  ServiceManager manager("");
  EXPECT_TRUE(manager.Ready().ok());
  manager.Progress(EngineStats(), Seconds(1));
}

TEST(ServiceManagerTest, SocketsThatCannotBeAreNamed) {
  for (const std::string& name :
       {std::string("vsock:2:1"), "/" + std::string(200, 'x'),
        std::string("/no/such/socket")}) {
    const absl::Status status = ServiceManager(name).Ready();
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.message().find(name), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace mj
