// Text that protobuf's `string` fields accept.
#ifndef MILLIJOULE_SERVER_GRPC_VALID_UTF8_H_
#define MILLIJOULE_SERVER_GRPC_VALID_UTF8_H_

#include <string>
#include <string_view>

namespace mj {

// `bytes` with U+FFFD in place of each byte that belongs to no UTF-8
// character.
std::string ValidUtf8(std::string_view bytes);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_VALID_UTF8_H_
