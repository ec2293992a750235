// Names for replies: "cmpl-" and 24 random hexadecimal digits.
#ifndef MILLIJOULE_SERVER_REPLY_ID_H_
#define MILLIJOULE_SERVER_REPLY_ID_H_

#include <string>

namespace mj {

std::string MakeReplyId(const std::string& prefix);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_REPLY_ID_H_
