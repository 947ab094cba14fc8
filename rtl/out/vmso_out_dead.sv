// SPDX-License-Identifier: Apache-2.0
// Which orders are dead? After a failure all orders of the queue that follow, and, once the queue has been
// unloaded, those that were in the FIFO by then; its later ones live. So a queue goes on, or is reset,
// while its dead orders still wait for those in front of them and for the MAC.
//
// come, gone  orders are numbered as they come, modulo 2^16; far fewer are in the FIFO
// fail        valid only: all orders of the queue die from now on
// bury        valid only, not in a cycle with fail: those that are in the FIFO die, no others
// look        look_dead, one cycle after look_queue and with look_number of that later cycle; a fail or
//             bury of cycle t shows for addresses from t+1 on
// scan        a queue whose last dead order has left is forgotten, at the latest when the scan of all queues
//             has come round once more: long before numbers come round. It goes on in every third cycle
//             at least, if no two of three cycles have a fail or a bury
// reset       a walk over the queues; `ready` is low meanwhile
`include "vmso_assert.svh"
module vmso_out_dead
  import vmso_pkg::*;
  import vmso_out_pkg::precedes;
#(
  parameter  int unsigned Queues = 64,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  order_count_t      come,
  input  order_count_t      gone,
  input  logic              fail_valid,
  input  logic [QueueW-1:0] fail_queue,
  input  logic              bury_valid,
  input  logic [QueueW-1:0] bury_queue,
  input  logic [QueueW-1:0] look_queue,
  input  order_count_t      look_number,
  output logic              look_dead
);
  localparam int unsigned Depth = 1 << QueueW;
  typedef struct packed {
    logic         dying;   // orders of it die ..
    logic         bounded; // .. as far as their number is below `bound`
    order_count_t bound;
  } death_t;

  // -- deaths by queue: fail, then bury, then what the scan forgets ----------------------------------
  logic              clearing, we, forget;
  logic [QueueW-1:0] clear_at, write_at, scan_q, scanned_q;
  death_t            write, scanned, look;

  assign ready = !clearing;
  vmso_clear_walk #(.Num(Depth)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));
  always_comb begin
    write_at = scanned_q;
    write    = '0;
    if (clearing) begin
      write_at = clear_at;
    end else if (fail_valid) begin
      write_at = fail_queue;
      write.dying = 1'b1;
    end else if (bury_valid) begin
      write_at = bury_queue;
      write    = '{dying: 1'b1, bounded: 1'b1, bound: come};
    end
  end
  assign we = clearing || fail_valid || bury_valid || forget;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(death_t))) u_look (
    .clk, .write_en(we), .write_addr(write_at), .write_data(write),
    .read_en(1'b1), .read_addr(look_queue), .read_data(look)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(death_t))) u_scan (
    .clk, .write_en(we), .write_addr(write_at), .write_data(write),
    .read_en(1'b1), .read_addr(scan_q), .read_data(scanned)
  );
  assign look_dead = look.dying && (!look.bounded || precedes(look_number, look.bound));

  // -- scan: what was read is judged in the next cycle, if nothing was written in between ------------
  // Else it is read once more: burials in step with the scan must not keep a queue from its turn.
  logic writing, written_q, judged;
  assign writing = clearing || fail_valid || bury_valid;
  assign judged  = !writing && !written_q;
  assign forget  = judged && scanned.dying && scanned.bounded && !precedes(gone, scanned.bound);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      scan_q    <= '0;
      written_q <= 1'b1;
    end else begin
      scan_q    <= judged ? scan_q + 1'b1 : scanned_q;
      written_q <= writing;  // the word read beside it may be old
    end
  end
  always_ff @(posedge clk) scanned_q <= scan_q;

`ifdef VMSO_CHECKS
  `VMSO_IMPL(FewOrders, !precedes(come, gone))
  `VMSO_INTG_IF(OneDeathACycle, fail_valid, !bury_valid)
`endif
endmodule : vmso_out_dead
