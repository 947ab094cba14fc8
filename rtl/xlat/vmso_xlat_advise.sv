// SPDX-License-Identifier: Apache-2.0
// Translates a range ahead by command: page after page it looks each one up, and where that opens or meets a
// walk it waits for the walk's end and looks once more.
//
// advise       valid/ready; stop: gives up the range in hand
// busy         a range is in hand; present: pages of it, or of the last one, that have a translation; Most if
//              they are more
// look         a look-up for nobody: look_taken in its cycle. Two cycles later it is refused (no walk slot
//              for it), or waits (for look_slot's walk), or neither; three cycles later, if neither,
//              known, with known_fault
// slot_busy    combinational: the walk of waits_slot is under way
// patience     refused Tries times a page, or walked Tries times in vain (fences), counts as not present
// reset        control
module vmso_xlat_advise
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter bytes_t Most = '1  // pages that `present` can tell
) (
  input  logic       clk,
  input  logic       rst_n,
  input  logic       advise_valid,
  output logic       advise_ready,
  input  advise_t    advise,
  input  logic       stop,
  output logic       busy,
  output bytes_t     present,
  output logic       look_valid,
  input  logic       look_taken,
  output lookup_t    look,
  input  logic       refused,
  input  logic       waits,
  input  slot_t      look_slot,
  input  logic       known,
  input  logic       known_fault,
  output slot_t      waits_slot,
  input  logic       slot_busy
);
  localparam logic [3:0] Tries = 4'd8;
  localparam logic [3:0] Pause = 4'd15;  // cycles after a refusal
  typedef enum logic [2:0] {
    AdviseIdle = 3'd0, AdviseAsk = 3'd1, AdviseSee = 3'd2, AdviseWalk = 3'd3, AdvisePause = 3'd4
  } state_e;
  state_e     state_d, state_q;
  context_t   ctx_q;
  page_t      page_q, last_q;
  bytes_t     present_q;
  logic [3:0] tries_q, pause_q;
  logic       next, counts, stop_q, over;

  assign advise_ready = state_q == AdviseIdle;
  assign busy         = state_q != AdviseIdle;
  assign present      = present_q;
  assign look_valid   = state_q == AdviseAsk;
  assign counts       = known && state_q == AdviseSee && !known_fault;
  assign over         = stop_q || page_q == last_q;
  always_comb begin
    look        = '0;
    look.ctx    = ctx_q;
    look.vpn    = {{7{page_q[44]}}, page_q};
    look.advise = 1'b1;
    look.ghost  = 1'b1;
  end
  always_comb begin
    state_d = state_q;
    next    = 1'b0;
    unique case (state_q)
      AdviseIdle: if (advise_valid) state_d = AdviseAsk;
      AdviseAsk:  if (look_taken) state_d = AdviseSee;
      AdviseSee: begin
        if (known) next = 1'b1;
        else if (waits || refused) begin
          if (tries_q == Tries) next = 1'b1;
          else state_d = waits ? AdviseWalk : AdvisePause;
        end
        if (next) state_d = over ? AdviseIdle : AdviseAsk;
      end
      AdviseWalk:  if (!slot_busy) state_d = AdviseAsk;
      default:     if (pause_q == Pause) state_d = AdviseAsk;  // AdvisePause
    endcase
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q   <= AdviseIdle;
      present_q <= '0;
      stop_q    <= 1'b0;
    end else begin
      state_q <= state_d;
      stop_q  <= stop || (stop_q && busy);
      if (advise_valid && advise_ready) present_q <= '0;
      else if (counts && present_q != Most) present_q <= present_q + 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    if (state_q == AdviseIdle) begin
      ctx_q   <= advise.ctx;
      page_q  <= advise.first;
      last_q  <= advise.last;
      tries_q <= '0;
    end else if (next) begin
      page_q  <= page_q + 1'b1;
      tries_q <= '0;
    end else if (state_q == AdviseSee && (waits || refused)) begin
      tries_q <= tries_q + 1'b1;
    end
    pause_q <= state_q == AdvisePause ? pause_q + 1'b1 : '0;
    if (waits) waits_slot <= look_slot;
  end
endmodule : vmso_xlat_advise
