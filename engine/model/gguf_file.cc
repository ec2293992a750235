#include "engine/model/gguf_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr uint64_t kFirstRead = 2 << 20;     // a 49k vocabulary fits
constexpr uint64_t kMaxHeadBytes = 1 << 28;  // real files: under 32 MiB

absl::Status SystemError(const std::string& path, const char* what) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot ", what));
}

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::StatusOr<uint64_t> RegularSize(int fd, const std::string& path) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) return SystemError(path, "be examined");
  if (!S_ISREG(facts.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is not a regular file"));
  }
  return static_cast<uint64_t>(facts.st_size);
}

// Makes `head` the first `size` bytes of the file.
absl::Status ReadHead(int fd, const std::string& path, uint64_t size,
                      std::vector<std::byte>& head) {
  uint64_t have = head.size();
  head.resize(size);
  while (have < size) {
    const ssize_t got = pread(fd, head.data() + have, size - have, have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "be read");
    if (got == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": became shorter while it was read"));
    }
    have += got;
  }
  return absl::OkStatus();
}

absl::StatusOr<Gguf> ReadGguf(int fd, const std::string& path, uint64_t size,
                              std::vector<std::byte>& head) {
  for (uint64_t want = kFirstRead; want <= kMaxHeadBytes; want *= 2) {
    auto status = ReadHead(fd, path, std::min(want, size), head);
    if (!status.ok()) return status;
    auto gguf = Gguf::Parse(head, size, path);
    if (gguf.ok() || !absl::IsOutOfRange(gguf.status())) return gguf;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": metadata of more than ", kMaxHeadBytes, " bytes"));
}

}  // namespace

absl::StatusOr<GgufFile> GgufFile::Open(const std::string& path) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return SystemError(path, "be opened");
  auto size = RegularSize(fd.get(), path);
  if (!size.ok()) return size.status();
  GgufFile file;
  file.size_ = *size;
  auto gguf = ReadGguf(fd.get(), path, *size, file.head_);
  if (!gguf.ok()) return gguf.status();
  file.gguf_ = *std::move(gguf);
  if (file.gguf_.tensors().empty()) return file;
  void* mapping =
      mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, fd.get(), /*offset=*/0);
  if (mapping == MAP_FAILED) return SystemError(path, "be mapped");
  file.mapping_ = static_cast<std::byte*>(mapping);
  return file;
}

GgufFile::GgufFile(GgufFile&& other) noexcept
    : head_(std::move(other.head_)),
      gguf_(std::move(other.gguf_)),
      size_(other.size_),
      mapping_(std::exchange(other.mapping_, nullptr)) {}

GgufFile& GgufFile::operator=(GgufFile&& other) noexcept {
  std::swap(head_, other.head_);
  std::swap(gguf_, other.gguf_);
  std::swap(size_, other.size_);
  std::swap(mapping_, other.mapping_);
  return *this;
}

GgufFile::~GgufFile() { Drop(); }

std::span<const std::byte> GgufFile::head() const {
  return std::span(head_).first(gguf_.head_bytes());
}

TensorView GgufFile::View(const GgufTensor& tensor) const {
  assert(mapping_ != nullptr);
  return {.type = tensor.type,
          .rows = tensor.rows,
          .cols = tensor.cols,
          .bytes = {mapping_ + tensor.offset, tensor.bytes}};
}

void GgufFile::Drop() {
  if (mapping_ != nullptr) munmap(mapping_, size_);
  mapping_ = nullptr;
}

}  // namespace mj
