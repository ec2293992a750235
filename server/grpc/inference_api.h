// The generated code of millijoule.v1 under our own namespace's roof.
#ifndef MILLIJOULE_SERVER_GRPC_INFERENCE_API_H_
#define MILLIJOULE_SERVER_GRPC_INFERENCE_API_H_

#include "proto/millijoule/v1/energy.grpc.pb.h"
#include "proto/millijoule/v1/energy.pb.h"
#include "proto/millijoule/v1/inference.grpc.pb.h"
#include "proto/millijoule/v1/inference.pb.h"

namespace mj {
namespace v1 = ::millijoule::v1;
}

#endif  // MILLIJOULE_SERVER_GRPC_INFERENCE_API_H_
