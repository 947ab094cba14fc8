// SPDX-License-Identifier: Apache-2.0
// Reaps dying jobs beside the traffic: an entry is free when the builder has let go of its job and no
// translation of it is under way; refused ones that wait are forgotten with it. Nobody waits for that; the
// dying take turns, one try after the other.
//
//   killed -> list -> let go (builder, places) -> try to clear its row -> free
//               ^---------- not yet -------------------------'
//
// kill        valid only: the job's last command has passed the fetch server
// dying       combinational, of each job of `ask`: from the cycle after the kill until the entry is free
// look        the job whose turn it is, stands during its turn. look_busy: the builder has not let go of it
//             (one cycle after the job); let_go: in one cycle, forget it if it waits for a freed run
// op          valid/ready, op_done two cycles later: its row held nothing outstanding and is clear
// free        valid/ready
// moves       an op was taken and is not done
// pressed     the op has waited for so long that the builder should leave a gap
// reset       control; dying by a walk of jobs cycles
`include "vmso_assert.svh"
module vmso_run_reap #(
  parameter  int unsigned Jobs = 64,
  parameter  int unsigned Asks = 2,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Jobs)
) (
  input  logic                      clk,
  input  logic                      rst_n,
  input  logic                      kill_valid,
  input  logic [JobW-1:0]           kill,
  input  logic [Asks-1:0][JobW-1:0] ask,
  output logic [Asks-1:0]           dying,
  output logic [JobW-1:0]           look,
  output logic                      let_go,
  input  logic                      look_busy,
  output logic                      op_valid,
  input  logic                      op_ready,
  input  logic                      op_done,
  output logic                      moves,
  output logic                      pressed,
  output logic                      free_valid,
  input  logic                      free_ready
);
  typedef enum logic [2:0] {
    Idle = 3'd0, LetGo = 3'd1, Settle = 3'd2, Judge = 3'd3, WaitOp = 3'd4, WaitRow = 3'd5,
    Answer = 3'd6, WaitFree = 3'd7
  } state_e;
  localparam logic [2:0] Patience = 3'd7;

  state_e          state_d, state_q;
  logic            list_valid, list_room, again, freed, unused_ready;
  logic [JobW-1:0] first, look_q, push;
  logic [2:0]      waited_q;
  logic [vmso_math_pkg::count_width(Jobs)-1:0] unused_count;

  assign again = (state_q == Judge && look_busy) || (state_q == Answer && !op_done);
  assign freed = free_valid && free_ready;
  assign push  = kill_valid ? kill : look_q;
  vmso_fifo #(.Bits(JobW), .Depth(Jobs)) u_list (
    .clk, .rst_n, .in_valid(kill_valid || again), .in_ready(list_room), .in(push),
    .out_valid(list_valid), .out_ready(state_q == Idle), .out(first), .count(unused_count)
  );
  vmso_flags #(.Num(Jobs), .Asks(Asks)) u_dying (
    .clk, .rst_n, .ready(unused_ready), .put_valid(kill_valid), .put(kill),
    .drop_valid(freed), .drop(look_q), .ask, .is_in(dying)
  );

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Idle:    if (list_valid) state_d = LetGo;
      LetGo:   state_d = Settle;
      Settle:  state_d = Judge;
      Judge:   if (!look_busy) state_d = WaitOp;
               else if (!kill_valid) state_d = Idle;  // back into the list
      WaitOp:  if (op_ready) state_d = WaitRow;
      WaitRow: state_d = Answer;
      Answer:  if (op_done) state_d = WaitFree;
               else if (!kill_valid) state_d = Idle;
      default: if (free_ready) state_d = Idle;
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q  <= Idle;
      waited_q <= '0;
    end else begin
      state_q  <= state_d;
      waited_q <= state_q != WaitOp ? '0 : waited_q + 3'(waited_q != Patience);
    end
  end
  always_ff @(posedge clk) if (state_q == Idle) look_q <= first;

  assign look       = look_q;
  assign let_go     = state_q == LetGo;
  assign op_valid   = state_q == WaitOp;
  assign moves      = state_q == WaitRow || state_q == Answer;
  assign pressed    = waited_q == Patience;
  assign free_valid = state_q == WaitFree;

`ifdef VMSO_CHECKS
  logic [Jobs-1:0] dying_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      dying_q <= '0;
    end else begin
      if (freed) dying_q[look_q] <= 1'b0;
      if (kill_valid) dying_q[kill] <= 1'b1;
    end
  end
  `VMSO_INTG_IF(KilledOnce, kill_valid, !dying_q[kill])
  `VMSO_IMPL_IF(ListHasRoom, kill_valid || again, list_room)
  `VMSO_IMPL_IF(FreesTheDying, free_valid, dying_q[look_q])
`else
  logic unused_room;  // every dying job is in the list or has its turn
  assign unused_room = list_room;
`endif
endmodule : vmso_run_reap
