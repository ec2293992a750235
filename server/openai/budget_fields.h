// The fields that say what a reply may cost and how long it may wait:
//   energy: {"max_joules": X}   joules; the reply ends where they are spent
//           {"quality": Q}      full, or adaptive: confident tokens may leave
//                               the model early
//           {"shadow": true}    usage.energy.shadow tells what the request
//                               would cost on the devices of --shadow
//   service_tier                OpenAI's; "flex" may wait for less carbon
//   timeout                     seconds; also the limit of that wait
//   speculation                 auto, off, ngram, draft or exit: who may guess
//                               tokens ahead
#ifndef MILLIJOULE_SERVER_OPENAI_BUDGET_FIELDS_H_
#define MILLIJOULE_SERVER_OPENAI_BUDGET_FIELDS_H_

#include "engine/request/request.h"
#include "server/openai/json_reader.h"

namespace mj {

// Errors go to `reader`; a key of `energy` that is none of these is one.
void ReadBudgetFields(FieldReader& reader, Request& request);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_BUDGET_FIELDS_H_
