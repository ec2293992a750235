// The commands of `millijoule`, each in its own file.
#ifndef MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_
#define MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_

#include <string>

#include "engine/flag.h"
#include "engine/provenance.h"

namespace mj {

// Where commands find this host's proc/ and sys/.
inline constexpr const char* kHostRoot = "/";

// What `serve` finds where, by the environment.
struct ServePlaces {
  std::string ledger;  // the energy ledger unless a flag says so; "": nowhere
  std::string actuator_helper;  // the same of the program millijoule-actuator
  std::string notify_socket;    // the service manager's; "": there is none
};
Command ServeCommand(const BuildInfo& build, const ServePlaces& places);
// `ledger`: as above.
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
