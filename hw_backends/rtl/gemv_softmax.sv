// Scores of one query against `len` keys and their softmax in one unit: P int8
// products a cycle, `beats` beats a key, probabilities in Q0.16.
//
// A score is requantised to Q8.8 in the log2 domain (mult, shift hold the scale
// and log2 e); maximum and sum are kept online (Milakov & Gimelshein 2018) from
// a table of 256 powers of two; a second pass over the kept scores scales. Bit
// for bit hw_backends/fpga/lut_softmax.h. A slow memory withholds k_valid.
//
// From `start` to the last p, both included, with L = len and B = beats:
//   L B + L + 4 cycles, plus stalls:
// FusedSoftmaxCycles (hw_backends/models/attention_pass.h), its 4 being start,
// two stages after the last beat, and the reciprocal, here in one cycle.
module gemv_softmax
  import fixed_point::*;
#(
    parameter int P = 16, BEATS = 16, LMAX = 1024  // beats < BEATS, len < LMAX
) (
    input  logic                            clk, rst_n, q_we, start, k_valid,
    input  logic        [$clog2(BEATS)-1:0] q_addr, beats,
    input  logic signed [              7:0] q_in[P], k_in[P],
    input  logic        [ $clog2(LMAX)-1:0] len,
    input  logic signed [             31:0] mult,
    input  logic        [              5:0] shift,
    output logic                            k_ready, p_valid, done,
    output logic        [             15:0] p
);
  typedef enum logic [2:0] {IDLE, RUN, DRAIN, RCP, NORM} state_t;
  state_t state;
  logic signed [7:0] q[BEATS][P];
  logic signed [15:0] scores[LMAX], score, top;
  logic [16:0] powers[256];  // 2^(-f / 256), Q0.16
  logic signed [31:0] dot;
  logic [$clog2(BEATS)-1:0] beat;
  logic [$clog2(LMAX)-1:0] keys, seen, next;
  logic dot_valid, score_valid, accepted;
  logic [31:0] sum, rcp;  // Q16.16; 2^47 / sum

  initial
    for (int f = 0; f < 256; f++)
      powers[f] = 17'($rtoi(65536.0 * $pow(2.0, -$itor(f) / 256.0) + 0.5));

  // value 2^(-distance), distance in Q8.8; what is shifted out beyond 62 is 0.
  function automatic logic [63:0] decay(input logic [31:0] value,
                                        input logic signed [15:0] from,
                                        input logic signed [15:0] to);
    logic [16:0] distance;
    distance = 17'(from) - 17'(to);
    return round_shift(64'(value) * 64'(powers[distance[7:0]]),
                       distance[16:8] > 46 ? 62 : 6'd16 + 6'(distance[16:8]));
  endfunction

  assign k_ready = state == RUN;

  always_ff @(posedge clk) begin
    accepted = k_valid && k_ready;
    {p_valid, done} = 0;
    if (q_we) for (int i = 0; i < P; i++) q[q_addr][i] = q_in[i];
    case (state)
      IDLE:
      if (start) begin
        {beat, keys, seen, next} = 0;
        state = RUN;
      end
      RCP: begin
        rcp = 32'(64'h8000_0000_0000 / 64'(sum));
        state = NORM;
      end
      NORM: begin
        p = 16'(saturate(round_shift(decay(65536, top, scores[next]) * 64'(rcp),
                                     31), 17));
        p_valid = 1;
        next++;
        done = next == len;
        if (done) state = IDLE;
      end
      default: ;
    endcase
    if (score_valid) begin
      if (seen == 0) {top, sum} = {score, 32'd65536};
      else if (score <= top) sum += 32'(decay(65536, top, score));
      else {sum, top} = {32'(decay(sum, score, top)) + 65536, score};
      seen++;
      if (seen == len) state = RCP;
    end
    score_valid = dot_valid;
    if (dot_valid) begin
      score = 16'(requantise(dot, mult, shift, 16));
      scores[seen] = score;
    end
    dot_valid = 0;
    if (accepted) begin
      if (beat == 0) dot = 0;
      for (int i = 0; i < P; i++) dot += 32'(q[beat][i]) * 32'(k_in[i]);
      beat++;
      if (beat == beats) begin
        beat = 0;
        dot_valid = 1;
        keys++;
        if (keys == len) state = DRAIN;
      end
    end
    if (!rst_n) begin
      state = IDLE;
      {dot_valid, score_valid, p_valid, done} = 0;
    end
  end
endmodule
