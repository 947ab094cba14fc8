// SPDX-License-Identifier: Apache-2.0
// The reads of one class: which ids are lent out, since when, and how many beats have come of each.
//
// req         valid/ready; req_id is the id that the request gets, it stands until the handshake.
//             req_ready = id at home, place in the queue and not `hold`; independent of req_valid
// taken       the handshake and what it takes of the beats in flight: those of the burst, 1 if it is
//             dead; the read has the colour and epoch of this cycle
// burst       valid/ready: requests in order of arrival, one cycle after their handshake
// look        combinational from look_id: state of that id
// late        combinational from scan_id, see vmso_axi_age
// note        valid-only, about look_id: the next look sees it in the following cycle. An id comes home
//             one cycle after NoteEnd and can be lent again in the cycle after
// quarantined_count  reads that timed out and whose last beat has not come; follows a note by 2 cycles
// dead        while all ids are quarantined, or `stuck`, requests go no further: they are accepted one
//             at a time (`hold` apart) and want their answer at once, as dead_valid/dead_ready. Such a
//             request has an id that nobody waits for: one at home, else one in quarantine, whose
//             late beats are swallowed; the class lends no other id until it has been answered
// unanswered  somebody waits for a read of this class, a dead one included
// throughput  one request, one burst and one note per cycle; dead requests: one per 5 cycles
// reset       the tables are cleared by a walk of Num cycles; req_ready is low meanwhile
`include "vmso_assert.svh"
module vmso_axi_class
  import vmso_pkg::*;
  import vmso_axi_pkg::*;
#(
  parameter  int unsigned Num = 64,  // ids, power of two, 2..256
  localparam int unsigned IdW = $clog2(Num)
) (
  input  logic                 clk,
  input  logic                 rst_n,
  input  logic                 hold,
  input  logic                 stuck,
  input  logic                 req_valid,
  output logic                 req_ready,
  input  read_req_t            req,
  output read_id_t             req_id,
  output logic                 taken,
  output logic [8:0]           taken_beats,
  input  logic                 colour,
  input  logic [EpochBits-1:0] epoch,
  output logic                 burst_valid,
  input  logic                 burst_ready,
  output burst_t               burst,
  input  read_id_t             look_id,
  output look_t                look,
  input  read_id_t             scan_id,
  output logic                 late,
  input  logic                 note_valid,
  input  note_e                note,
  output logic [8:0]           quarantined_count,
  output logic                 dead,
  output logic                 dead_valid,
  input  logic                 dead_ready,
  output dead_t                dead_read,
  output logic                 unanswered
);
  if (Num < 2 || Num > 256 || Num != 2**IdW) begin : gen_bad_num
    $error("vmso_axi_class: Num = %0d, but it must be a power of two from 2 to 256", Num);
  end

  // Written at the handshake.
  typedef struct packed {
    logic       round;  // differs from state_t.round while the read is out
    logic       colour;
    logic [7:0] len;
  } issue_t;
  // Written by notes.
  typedef struct packed {
    logic       round;
    logic       quarantined;
    logic [7:0] seen;  // beats that have come; 0 while the id is at home
  } state_t;

  logic [IdW:0]   clear_q;  // next id to clear; Num: done
  logic           clearing, id_valid, queue_ready, round_home, give_valid_q, issue, dead_idle;
  logic           timed_out_q, returned_q, all_gone;
  logic [IdW-1:0] id, give_id_q, note_addr;
  logic [IdW:0]   home, gone_q;  // gone_q: ids in quarantine
  logic [2:0]     unused_queue_count;
  issue_t         issue_new, issue_at;
  state_t         state_new, state_at;
  logic           in_range;

  assign clearing    = !clear_q[IdW];
  assign all_gone    = gone_q[IdW];
  assign dead        = all_gone || stuck;
  assign req_ready   = !clearing && !hold && dead_idle
                       && (dead ? id_valid || all_gone : id_valid && queue_ready);
  assign req_id      = 8'(id);  // with none at home one that is out: any, if all are in quarantine
  assign taken       = req_valid && req_ready;
  assign issue       = taken && !dead;
  assign taken_beats = dead ? 9'd1 : 9'(req.len) + 1'b1;

  always_ff @(posedge clk) begin
    if (!rst_n) clear_q <= '0;
    else if (clearing) clear_q <= clear_q + 1'b1;
  end

  vmso_id_pool #(.Num(Num)) u_ids (
    .clk, .rst_n, .take_valid(id_valid), .take_ready(issue), .take_id(id),
    .give_valid(give_valid_q), .give_id(give_id_q), .home
  );
  vmso_fifo #(.Bits($bits(burst_t)), .Depth(4)) u_queue (
    .clk, .rst_n, .in_valid(issue), .in_ready(queue_ready), .in({8'(id), req}),
    .out_valid(burst_valid), .out_ready(burst_ready), .out(burst), .count(unused_queue_count)
  );
  vmso_axi_dead u_dead (
    .clk, .rst_n, .take(taken && dead), .taken('{id: 8'(id), colour: colour}), .idle(dead_idle),
    .told_valid(dead_valid), .told_ready(dead_ready), .told(dead_read)
  );

  // -- tables --------------------------------------------------------------------------------------
  assign issue_new = clearing ? '0 : '{round: !round_home, colour: colour, len: req.len};
  vmso_lutram #(.Depth(Num), .Bits($bits(issue_t))) u_issue (
    .clk, .write_en(clearing || issue), .write_addr(clearing ? clear_q[IdW-1:0] : id),
    .write_data(issue_new), .read_addr(look_id[IdW-1:0]), .read_data(issue_at)
  );
  assign note_addr = clearing ? clear_q[IdW-1:0] : look_id[IdW-1:0];
  vmso_lutram #(.Depth(Num), .Bits($bits(state_t))) u_state (
    .clk, .write_en(clearing || note_valid), .write_addr(note_addr), .write_data(state_new),
    .read_addr(look_id[IdW-1:0]), .read_data(state_at)
  );
  // the same round for the reader at the handshake
  vmso_lutram #(.Depth(Num), .Bits(1)) u_round (
    .clk, .write_en(clearing || note_valid), .write_addr(note_addr), .write_data(state_new.round),
    .read_addr(id), .read_data(round_home)
  );
  vmso_axi_age #(.Num(Num)) u_age (
    .clk, .clear(clearing), .clear_id(clear_q[IdW-1:0]), .epoch, .issue, .issue_id(id),
    .issue_round(!round_home), .note(note_valid), .note_id(look_id[IdW-1:0]),
    .note_round(state_new.round), .note_quarantined(state_new.quarantined), .look_id(scan_id), .late
  );

  always_comb begin
    state_new = state_at;
    unique case (note)
      NoteBeat:    state_new.seen = state_at.seen + 1'b1;
      NoteTimeout: state_new.quarantined = 1'b1;
      default:     state_new = '{round: issue_at.round, quarantined: 1'b0, seen: '0};
    endcase
    if (clearing) state_new = '0;
  end

  assign in_range = 9'(look_id) < 9'(Num);
  assign look = '{
    out: in_range && !clearing && issue_at.round != state_at.round,
    quarantined: state_at.quarantined,
    colour: issue_at.colour,
    left: 9'(issue_at.len) + 1'b1 - 9'(state_at.seen)
  };

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      give_valid_q <= 1'b0;
      timed_out_q  <= 1'b0;
      returned_q   <= 1'b0;
      gone_q       <= '0;
    end else begin
      give_valid_q <= note_valid && note == NoteEnd;
      timed_out_q  <= note_valid && note == NoteTimeout;
      returned_q   <= note_valid && note == NoteEnd && state_at.quarantined;
      gone_q       <= gone_q + (IdW+1)'(timed_out_q) - (IdW+1)'(returned_q);
    end
  end
  always_ff @(posedge clk) give_id_q <= look_id[IdW-1:0];
  assign quarantined_count = 9'(gone_q);
  assign unanswered        = !dead_idle || home + gone_q != (IdW+1)'(Num);

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(NoteIsAboutAnOutRead, note_valid, look.out)
  `VMSO_IMPL(NoneIsHomeAndGone, 32'(home) + 32'(gone_q) <= Num)
`endif
endmodule : vmso_axi_class
