// SPDX-License-Identifier: Apache-2.0
// The reads of one class: which ids are lent out, since when, and how many beats have come of each.
//
// req         valid/ready; req_id is the id that the request gets, it stands until the handshake.
//             req_ready = id at home, place in the queue and not `hold`; independent of req_valid
// taken       the handshake and the burst's beats; the read has the colour and epoch of this cycle
// burst       valid/ready: requests in order of arrival, one cycle after their handshake
// look        combinational from look_id: state of that id
// note        valid-only, about look_id: the next look sees it in the following cycle. An id comes home
//             one cycle after NoteEnd and can be lent again in the cycle after
// throughput  one request, one burst and one note per cycle
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
  input  logic                 note_valid,
  input  note_e                note
);
  if (Num < 2 || Num > 256 || Num != 2**IdW) begin : gen_bad_num
    $error("vmso_axi_class: Num = %0d, but it must be a power of two from 2 to 256", Num);
  end

  // Written at the handshake.
  typedef struct packed {
    logic                 round;  // differs from state_t.round while the read is out
    logic                 colour;
    logic [EpochBits-1:0] epoch;
    logic [7:0]           len;
  } issue_t;
  // Written by notes.
  typedef struct packed {
    logic       round;
    logic       quarantined;
    logic [7:0] seen;  // beats that have come; 0 while the id is at home
  } state_t;

  logic [IdW:0]   clear_q;  // next id to clear; Num: done
  logic           clearing, id_valid, queue_ready, round_home, give_valid_q;
  logic [IdW-1:0] id, give_id_q, note_addr;
  logic [IdW:0]   home;
  logic           unused_counts;
  logic [2:0]     queue_count;
  issue_t         issue_new, issue_at;
  state_t         state_new, state_at;
  logic           in_range;

  assign clearing    = !clear_q[IdW];
  assign req_ready   = !clearing && id_valid && queue_ready && !hold;
  assign req_id      = 8'(id);
  assign taken       = req_valid && req_ready;
  assign taken_beats = 9'(req.len) + 1'b1;

  always_ff @(posedge clk) begin
    if (!rst_n) clear_q <= '0;
    else if (clearing) clear_q <= clear_q + 1'b1;
  end

  vmso_id_pool #(.Num(Num)) u_ids (
    .clk, .rst_n, .take_valid(id_valid), .take_ready(taken), .take_id(id),
    .give_valid(give_valid_q), .give_id(give_id_q), .home
  );
  vmso_fifo #(.Bits($bits(burst_t)), .Depth(4)) u_queue (
    .clk, .rst_n, .in_valid(taken), .in_ready(queue_ready), .in({8'(id), req}),
    .out_valid(burst_valid), .out_ready(burst_ready), .out(burst), .count(queue_count)
  );

  // -- tables --------------------------------------------------------------------------------------
  assign issue_new = clearing ? '0 : '{
    round: !round_home, colour: colour, epoch: epoch, len: req.len
  };
  vmso_lutram #(.Depth(Num), .Bits($bits(issue_t))) u_issue (
    .clk, .write_en(clearing || taken), .write_addr(clearing ? clear_q[IdW-1:0] : id),
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
    old: EpochBits'(epoch - issue_at.epoch) >= AgeOld,
    colour: issue_at.colour,
    left: 9'(issue_at.len) + 1'b1 - 9'(state_at.seen)
  };

  always_ff @(posedge clk) begin
    if (!rst_n) give_valid_q <= 1'b0;
    else give_valid_q <= note_valid && note == NoteEnd;
  end
  always_ff @(posedge clk) give_id_q <= look_id[IdW-1:0];

`ifdef VMSO_CHECKS
  `VMSO_INTG(NoteIsAboutAnOutRead, !note_valid || look.out)
`endif
  assign unused_counts = ^{home, queue_count};
endmodule : vmso_axi_class
