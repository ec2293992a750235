// Within its scope this thread opens files as nobody, so that a tree's
// permissions bind a test that root runs, too.
#ifndef MILLIJOULE_TESTS_FAKES_WITHOUT_ROOT_H_
#define MILLIJOULE_TESTS_FAKES_WITHOUT_ROOT_H_

#include <sys/fsuid.h>
#include <unistd.h>

namespace mj {

class WithoutRoot final {
 public:
  WithoutRoot() : before_(setfsuid(kNobody)) {}
  ~WithoutRoot() { setfsuid(static_cast<uid_t>(before_)); }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  int before_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_WITHOUT_ROOT_H_
