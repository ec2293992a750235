// The commands of `millijoule`, each in its own file.
#ifndef MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_
#define MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_

#include <string>

#include "engine/flag.h"
#include "engine/provenance.h"

namespace mj {

// Where commands find this host's proc/ and sys/.
inline constexpr const char* kHostRoot = "/";

// `ledger`: where the energy ledger is unless a flag says so; "": nowhere.
// `actuator_helper`: the same of the program millijoule-actuator.
Command ServeCommand(const BuildInfo& build, const std::string& ledger,
                     const std::string& actuator_helper);
Command EnergyReportCommand(const BuildInfo& build, const std::string& ledger);
Command GenerateCommand(const BuildInfo& build);
Command TokenizeCommand();
Command RenderCommand();
Command InspectCommand(const BuildInfo& build);
Command DevicesCommand(const BuildInfo& build);
Command MetricsCommand();
Command TrainExitHeadCommand(const BuildInfo& build);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_
