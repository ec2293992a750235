#include "hw_backends/models/surroundings.h"

namespace mj {

Surroundings ReadSurroundings(CoefficientFields& fields) {
  return {.dram_byte = Joules(fields.Number("dram.energy", "pJ/bit")),
          .dram_bytes_per_second = fields.Positive("dram.bandwidth", "GB/s"),
          .buffer_byte = Joules(fields.Number("buffer.energy", "pJ/bit")),
          .noc_byte = Joules(fields.Number("noc.energy", "pJ/bit")),
          .idle = Watts(fields.Number("static.power", "W")),
          .other_operation = Joules(fields.Number("other.energy", "pJ/op")),
          .other_per_second = fields.Positive("other.rate", "Gop/s")};
}

}  // namespace mj
