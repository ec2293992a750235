// Where a matrix stands in a model: what devices go by that hold matrices in
// arrays of more than one kind.
#ifndef MILLIJOULE_HW_BACKENDS_MATRIX_ROLE_H_
#define MILLIJOULE_HW_BACKENDS_MATRIX_ROLE_H_

namespace mj {

struct MatrixRole {
  enum class Kind { kOther, kQkv, kOutput, kGateUp, kDown, kHead };
  Kind kind = Kind::kOther;
  int layer = 0;  // of all but kOther and kHead
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MATRIX_ROLE_H_
