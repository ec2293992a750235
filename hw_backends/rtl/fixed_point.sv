// The rounding of all fixed-point units; hw_backends/fpga/fixed_point.h in C++.
package fixed_point;

  // value / 2^shift to nearest, ties to even. |value| <= 2^62, shift <= 62.
  function automatic logic signed [63:0] round_shift(
      input logic signed [63:0] value, input logic [5:0] shift);
    logic signed [63:0] bias;
    bias = (64'sd1 << shift >> 1) - 64'sd1 + 64'(value[shift]);
    return shift == 0 ? value : (value + bias) >>> shift;
  endfunction

  // The nearest value that two's complement of `bits` bits holds.
  function automatic logic signed [63:0] saturate(
      input logic signed [63:0] value, input logic [5:0] bits);
    logic signed [63:0] top;
    top = (64'sd1 << (bits - 1)) - 64'sd1;
    return value > top ? top : value < ~top ? ~top : value;
  endfunction

  // sum * multiplier / 2^shift, as `bits` bits hold it.
  function automatic logic signed [63:0] requantise(
      input logic signed [31:0] sum, input logic signed [31:0] multiplier,
      input logic [5:0] shift, input logic [5:0] bits);
    return saturate(round_shift(64'(sum) * 64'(multiplier), shift), bits);
  endfunction

endpackage
