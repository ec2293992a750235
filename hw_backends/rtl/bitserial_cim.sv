// Columns of a digital bit-serial compute-in-memory array: R x CW weights of BW
// bits stand; inputs pass S bits a cycle, most significant first.
//
// A cycle ANDs the R slices with the weights, adds the products of a column in
// a tree and shifts the running sum by S; of the first slice (x_first) the top
// bit counts negative. With x_last, y[c] follows. `act` counts the toggles of
// the R x CW x BW x S product bits since reset, what energy depends on:
// hw_backends/cim/bit_serial.h. Slow inputs withhold x_valid.
//
// M vectors of b_x bits take
//   M ceil(b_x/S) + 1 cycles, the last one included, plus stalls:
// BitSerialFoldCycles (hw_backends/models/bit_serial_column.h), a depth of 1.
module bitserial_cim #(
    parameter int R = 64, CW = 8, BW = 8, S = 1
) (
    input  logic                        clk, rst_n, w_we,
    input  logic        [$clog2(R)-1:0] w_row,
    input  logic signed [       BW-1:0] w_in[CW],
    input  logic                        x_valid, x_first, x_last,
    input  logic        [        S-1:0] x_in[R],
    output logic                        y_valid,
    output logic signed [         31:0] y[CW],
    output logic        [         63:0] act
);
  logic signed [BW-1:0] w[R][CW], product;
  logic [S-1:0] x_old[R];
  logic signed [31:0] tree[CW];
  logic tree_valid, tree_first, tree_last;

  always_ff @(posedge clk) begin
    if (w_we) for (int c = 0; c < CW; c++) w[w_row][c] = w_in[c];
    y_valid = tree_valid && tree_last;
    if (tree_valid)
      for (int c = 0; c < CW; c++)
        y[c] = (tree_first ? 0 : y[c] <<< S) + tree[c];
    {tree_valid, tree_first, tree_last} = {x_valid, x_first, x_last};
    if (x_valid) begin
      for (int c = 0; c < CW; c++) begin
        tree[c] = 0;
        for (int r = 0; r < R; r++)
          for (int j = 0; j < S; j++) begin
            product = w[r][c] & {BW{x_in[r][j]}};
            act += 64'($countones(product ^ (w[r][c] & {BW{x_old[r][j]}})));
            if (x_first && j == S - 1) tree[c] -= 32'(product) <<< j;
            else tree[c] += 32'(product) <<< j;
          end
      end
      for (int r = 0; r < R; r++) x_old[r] = x_in[r];
    end
    if (!rst_n) begin
      {y_valid, tree_valid, act} = 0;
      for (int r = 0; r < R; r++) x_old[r] = 0;
    end
  end
endmodule
