// The file of an exit head. Little endian, version 2:
//
//   "MJEXITHD"  u32 version
//   u32 hidden  u32 vocab  u32 num_layers  u32 layer  u32 vocabulary size
//   u64 tokens  f64 lambda  f64 agreement  f64 noise
//   64 bytes fingerprint (hex)
//   16 bytes each of version, backend, ISA, numerics (zeros behind the name)
//   i32 vocabulary[]  f32 W[hidden, hidden]  f32 b[hidden]
//   f32 input power[hidden]
//   32 bytes SHA-256 of all that
//
// Its size follows from the first part, so a file that is cut off or too long
// is told from one whose bytes are damaged.
#ifndef MILLIJOULE_ENGINE_SPECULATE_EXIT_HEAD_FILE_H_
#define MILLIJOULE_ENGINE_SPECULATE_EXIT_HEAD_FILE_H_

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/speculate/exit_head.h"

namespace mj {

// The whole file. INVALID_ARGUMENT: a fingerprint that is no SHA-256 in hex, or
// sizes that no file may have (as ParseExitHead). `checksum` is not in it.
absl::StatusOr<std::string> FormatExitHead(const ExitHead& head);

// INVALID_ARGUMENT names what is wrong: no exit head, another version (of
// another build), cut off or too long, damaged, or values out of range. A
// result's sizes agree, its numbers are finite, its checksum is of these bytes.
absl::StatusOr<ExitHead> ParseExitHead(std::span<const std::byte> bytes);

// Sets `checksum` to that of the file that FormatExitHead() gives.
absl::Status NoteChecksum(ExitHead& head);

// Replaces `path` at once or not at all. Errors name the path.
absl::Status WriteExitHead(const ExitHead& head, const std::string& path);
// As ParseExitHead; NOT_FOUND and others: it cannot be read. Messages start
// with the path.
absl::StatusOr<ExitHead> ReadExitHead(const std::string& path);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_EXIT_HEAD_FILE_H_
