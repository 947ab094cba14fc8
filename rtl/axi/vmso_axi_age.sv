// SPDX-License-Identifier: Apache-2.0
// Which reads of one class have been out for longer than the timeout? A table of its own, so that
// somebody can go round it while every cycle has a beat.
//
// clear       walk after reset: the entry `clear_id` is cleared; `late` is 0 meanwhile
// issue       a read with issue_id goes out now
// note        what is known of note_id changes: its round, and whether it is quarantined
// late        combinational from look_id: it is out, not given up, and old. Ids that the class does not
//             have are not late. Issues and notes are seen in the next cycle
// throughput  one issue, one note and one look per cycle
module vmso_axi_age
  import vmso_axi_pkg::*;
#(
  parameter  int unsigned Num = 64,  // ids, power of two, 2..256
  localparam int unsigned IdW = $clog2(Num)
) (
  input  logic                 clk,
  input  logic                 clear,
  input  logic [IdW-1:0]       clear_id,
  input  logic [EpochBits-1:0] epoch,
  input  logic                 issue,
  input  logic [IdW-1:0]       issue_id,
  input  logic                 issue_round,
  input  logic                 note,
  input  logic [IdW-1:0]       note_id,
  input  logic                 note_round,
  input  logic                 note_quarantined,
  input  vmso_pkg::read_id_t   look_id,
  output logic                 late
);
  typedef struct packed {
    logic                 round;
    logic [EpochBits-1:0] epoch;
  } issued_t;
  typedef struct packed {
    logic round;
    logic quarantined;
  } noted_t;

  issued_t issued, issued_new;
  noted_t  noted, noted_new;
  logic    in_range, old;

  assign issued_new = clear ? '0 : '{round: issue_round, epoch: epoch};
  assign noted_new  = clear ? '0 : '{round: note_round, quarantined: note_quarantined};
  vmso_lutram #(.Depth(Num), .Bits($bits(issued_t))) u_issued (
    .clk, .write_en(clear || issue), .write_addr(clear ? clear_id : issue_id),
    .write_data(issued_new), .read_addr(look_id[IdW-1:0]), .read_data(issued)
  );
  vmso_lutram #(.Depth(Num), .Bits($bits(noted_t))) u_noted (
    .clk, .write_en(clear || note), .write_addr(clear ? clear_id : note_id),
    .write_data(noted_new), .read_addr(look_id[IdW-1:0]), .read_data(noted)
  );
  assign in_range = 9'(look_id) < 9'(Num);
  assign old      = EpochBits'(epoch - issued.epoch) >= AgeOld;
  assign late     = in_range && !clear && issued.round != noted.round && !noted.quarantined && old;
endmodule : vmso_axi_age
