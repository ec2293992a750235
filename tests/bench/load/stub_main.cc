// load_stub [PORT [FIRST_TOKEN_MS [PER_TOKEN_MS]]]: a StubServer until standard
// input ends. Prints its port; at its end its requests, their mean TTFT in
// milliseconds and the processor time in seconds that it took.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>

#include "tests/bench/load/stub_server.h"

int main(int argc, char** argv) {
  const auto argument = [&](int i) { return i < argc ? atof(argv[i]) : 0; };
  mj::StubServer server({.port = static_cast<int>(argument(1)),
                         .first_token = mj::Seconds(argument(2) / 1e3),
                         .per_token = mj::Seconds(argument(3) / 1e3)});
  std::cout << server.port() << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * t.tv_usec;
  };
  std::cout << server.requests() << " requests, mean TTFT "
            << server.ttft_sum().count() * 1e3 /
                   static_cast<double>(std::max<int64_t>(1, server.requests()))
            << " ms, " << seconds(usage.ru_utime) + seconds(usage.ru_stime)
            << " s of processor time" << std::endl;
}
