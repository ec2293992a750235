// PN lanes of a matrix-vector product, each a tree of PK int8 products a cycle
// (initiation interval 1), with requantisation by group.
//
// x stands in a buffer, written through x_we; weights stream. A beat carries PK
// weights of each lane, where its inputs stand (k_addr), the multipliers of its
// group of inputs, and whether it ends the group or the row (which ends the
// group too). y[n] = the saturating sum over groups of
// requantise(sum of products, mult[n], shift): hw_backends/fpga/gemv_lane.h.
// A slow memory withholds k_valid; a reader withholds y_ready, and all stops.
//
// M vectors with a K x N matrix take
//   M ceil(N/PN) ceil(K/PK) + 2 cycles, the last one included, plus stalls:
// GemvCycles (hw_backends/models/gemv_lanes.h) with a depth of 2.
module gemv_lane
  import fixed_point::*;
#(
    parameter int PK = 32, PN = 4, XBEATS = 256
) (
    input  logic                             clk, rst_n, x_we,
    input  logic        [$clog2(XBEATS)-1:0] x_addr, k_addr,
    input  logic signed [               7:0] x_in[PK], w[PN][PK],
    input  logic        [               5:0] shift,
    input  logic                             k_valid, k_group, k_row, y_ready,
    input  logic signed [              31:0] mult[PN],
    output logic                             k_ready, y_valid,
    output logic signed [              31:0] y[PN]
);
  logic signed [7:0] x[XBEATS][PK];
  // Products of a beat; sums of a group; sums of a row.
  logic signed [31:0] dot[PN], dot_mult[PN];
  logic signed [31:0] sum[PN], group[PN], group_mult[PN];
  logic signed [31:0] row[PN];
  logic dot_valid, dot_group, dot_row, group_valid, group_row;

  assign k_ready = !y_valid || y_ready;

  always_ff @(posedge clk) begin
    if (x_we) for (int k = 0; k < PK; k++) x[x_addr][k] = x_in[k];
    if (!rst_n) begin
      {dot_valid, group_valid, y_valid} = 0;
      for (int n = 0; n < PN; n++) {sum[n], row[n]} = 0;
    end else if (k_ready) begin
      y_valid = group_valid && group_row;
      for (int n = 0; n < PN; n++) begin
        if (group_valid) begin
          row[n] = 32'(saturate(64'(row[n]) +
                       requantise(group[n], group_mult[n], shift, 32), 32));
          y[n] = row[n];
          if (group_row) row[n] = 0;
        end
        if (dot_valid) sum[n] += dot[n];
        group[n] = sum[n];
        group_mult[n] = dot_mult[n];
        if (dot_valid && dot_group) sum[n] = 0;
        dot[n] = 0;
        for (int k = 0; k < PK; k++) dot[n] += 32'(w[n][k]) * 32'(x[k_addr][k]);
        dot_mult[n] = mult[n];
      end
      group_valid = dot_valid && dot_group;
      group_row = dot_row;
      {dot_valid, dot_group, dot_row} = {k_valid, k_group, k_row};
    end
  end
endmodule
