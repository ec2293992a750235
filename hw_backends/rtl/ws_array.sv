// Weight-stationary systolic array of R x C cells, int8 x int8 -> int32.
//
// w_load shifts a row of weights in from the top, the last row of the tile
// first: R cycles. A vector then enters with a_valid; row r is delayed by r
// cycles inside, activations move right, partial sums down, and column c gives
// y[c] with y_valid[c] R + c cycles later. A cycle without a_valid is a bubble.
//
// A fold of M vectors, weights first, nothing overlapped, takes
//   2R + C + M - 2 cycles, the last one included, plus bubbles:
// SystolicFoldCycles (hw_backends/models/systolic_array.h), plus 0.
//
// One process with descending loops: what is read is what the last cycle left.
// Verilated code then keeps the loops: seconds to build, whatever the size.
module ws_array #(
    parameter int R = 8, C = 8
) (
    input  logic               clk, rst_n, w_load, a_valid,
    input  logic signed [ 7:0] w_in[C], a_in[R],
    output logic signed [31:0] y[C],
    output logic               y_valid[C]
);
  logic signed [7:0] w[R][C], right[R][C], skew[R][R], a;
  logic signed [31:0] sum[R][C];
  logic valid[R+C-1];

  always_ff @(posedge clk) begin
    for (int r = R - 1; r >= 0; r--) begin
      for (int c = C - 1; c >= 0; c--) begin
        a = c > 0 ? right[r][c-1] : r > 0 ? skew[r][r-1] : a_in[0];
        sum[r][c] = (r > 0 ? sum[r-1][c] : 0) + 32'(a) * 32'(w[r][c]);
        right[r][c] = a;
        if (w_load) w[r][c] = r > 0 ? w[r-1][c] : w_in[c];
      end
      for (int d = R - 1; d > 0; d--) skew[r][d] = skew[r][d-1];
      skew[r][0] = a_in[r];
    end
    for (int d = R + C - 2; d >= 0; d--)
      valid[d] = rst_n && (d > 0 ? valid[d-1] : a_valid);
    for (int c = 0; c < C; c++) begin
      y[c] = sum[R-1][c];
      y_valid[c] = valid[R-1+c];
    end
  end
endmodule
