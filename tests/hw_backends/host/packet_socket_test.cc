#include "hw_backends/host/packet_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

TEST(PacketSocketTest, KeepsPacketsApart) {
  auto pair = PacketSocket::Pair();
  ASSERT_TRUE(pair.ok()) << pair.status();
  ASSERT_TRUE(pair->first.Send("one").ok());
  ASSERT_TRUE(pair->first.Send("two words").ok());
  EXPECT_EQ(pair->second.Receive(Seconds(1)).value(), "one");
  EXPECT_EQ(pair->second.Receive(Seconds(1)).value(), "two words");
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(pair->second.Receive(Seconds(0)).status()));
  EXPECT_EQ(pair->second.ReadPeer()->process, getpid());
  EXPECT_EQ(pair->second.ReadPeer()->user, geteuid());
}

TEST(PacketSocketTest, NoticesTheEndOfTheOtherSide) {
  auto pair = PacketSocket::Pair();
  { const PacketSocket closed = std::move(pair->second); }
  EXPECT_TRUE(absl::IsUnavailable(pair->first.Receive(Seconds(1)).status()));
  EXPECT_TRUE(absl::IsUnavailable(pair->first.Send("late")));
}

TEST(PacketSocketTest, RefusesAPacketThatIsTooLarge) {
  auto pair = PacketSocket::Pair();
  ASSERT_TRUE(
      pair->first.Send(std::string(PacketSocket::kMaxPacket + 1, 'x')).ok());
  EXPECT_TRUE(absl::IsDataLoss(pair->second.Receive(Seconds(1)).status()));
}

TEST(PacketSocketTest, ListensOnAPath) {
  const TempFolder folder;
  const std::string path = folder.path() + "/socket";
  EXPECT_TRUE(absl::IsUnavailable(PacketSocket::Connect(path).status()));
  {
    const auto listener = PacketSocket::Listen(path, geteuid());
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_TRUE(
        absl::IsAlreadyExists(PacketSocket::Listen(path, geteuid()).status()));
    // Of the failed attempt to listen, too, there was a connection.
    EXPECT_TRUE(listener->Accept().ok());
    const auto client = PacketSocket::Connect(path);
    ASSERT_TRUE(client.ok()) << client.status();
    const auto server = listener->Accept();
    ASSERT_TRUE(server.ok());
    ASSERT_TRUE(client->Send("hello").ok());
    EXPECT_EQ(server->Receive(Seconds(1)).value(), "hello");
  }
  EXPECT_TRUE(PacketSocket::Listen(path, geteuid()).ok())
      << "a socket that was left behind is replaced";
}

TEST(PacketSocketTest, NamesAPathThatIsTooLong) {
  const absl::Status status =
      PacketSocket::Connect(std::string(200, 'x')).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 to 107 bytes"));
}

}  // namespace
}  // namespace mj
