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
// With PRELOAD a cell has a second weight register: w_load fills that one, and
// the fold's first vector, marked by a_first, takes its weights along as it
// passes. So the next fold's weights may come from the cycle of this one's
// a_first on, and F folds, of which the first waits for 2R - 1 cycles until all
// cells have their weights, take
//   (2R - 1) + (F - 1) max(M, R) + R + C - 2 + M cycles:
// PreloadedSystolicCycles of the same header, plus 0.
//
// One process with descending loops: what is read is what the last cycle left.
// Verilated code then keeps the loops: seconds to build, whatever the size.
module ws_array #(
    parameter int R = 8, C = 8, PRELOAD = 0
) (
    input  logic               clk, rst_n, w_load, a_valid, a_first,
    input  logic signed [ 7:0] w_in[C], a_in[R],
    output logic signed [31:0] y[C],
    output logic               y_valid[C]
);
  logic signed [7:0] w[R][C], right[R][C], skew[R][R], a;
  logic signed [31:0] sum[R][C];
  logic valid[R+C-1];

  // Loads and first vectors pass cells as activations do: r + c cycles late.
  logic signed [7:0] next[R][C], down[R][C], w_skew[C][C];
  logic load[R][C], first[R][C], load_now, first_now;

  always_ff @(posedge clk) begin
    for (int r = R - 1; r >= 0; r--) begin
      for (int c = C - 1; c >= 0; c--) begin
        load_now = c > 0 ? load[r][c-1] : r > 0 ? load[r-1][0] : w_load;
        first_now = c > 0 ? first[r][c-1] : r > 0 ? first[r-1][0] : a_first;
        if (PRELOAD != 0 && first_now) w[r][c] = next[r][c];
        a = c > 0 ? right[r][c-1] : r > 0 ? skew[r][r-1] : a_in[0];
        sum[r][c] = (r > 0 ? sum[r-1][c] : 0) + 32'(a) * 32'(w[r][c]);
        right[r][c] = a;
        if (PRELOAD == 0 && w_load) w[r][c] = r > 0 ? w[r-1][c] : w_in[c];
        if (PRELOAD != 0 && load_now) begin
          down[r][c] = next[r][c];
          next[r][c] = r > 0 ? down[r-1][c] : c > 0 ? w_skew[c][c-1] : w_in[0];
        end
        load[r][c] = rst_n && load_now;
        first[r][c] = rst_n && first_now;
      end
      for (int d = R - 1; d > 0; d--) skew[r][d] = skew[r][d-1];
      skew[r][0] = a_in[r];
    end
    for (int d = R + C - 2; d >= 0; d--)
      valid[d] = rst_n && (d > 0 ? valid[d-1] : a_valid);
    for (int c = 0; c < C; c++) begin
      for (int d = C - 1; d > 0; d--) w_skew[c][d] = w_skew[c][d-1];
      w_skew[c][0] = w_in[c];
      y[c] = sum[R-1][c];
      y_valid[c] = valid[R-1+c];
    end
  end
endmodule
