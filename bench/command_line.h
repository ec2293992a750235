// Puts commands on the command line. The one place that knows CLI11, whose
// headers are slow to compile.
#ifndef MILLIJOULE_BENCH_COMMAND_LINE_H_
#define MILLIJOULE_BENCH_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "engine/flag.h"

namespace mj {

// Parses, then runs the command that was asked for; the exit status. A wrong
// command line is told on standard error.
int RunCommandLine(const std::string& name, const std::string& about,
                   const std::string& version,
                   const std::vector<Command>& commands, int argc, char** argv);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_COMMAND_LINE_H_
