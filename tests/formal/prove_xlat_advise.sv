// SPDX-License-Identifier: Apache-2.0
// What a range that is translated ahead tells: as many pages as before or one more, and never more than
// it has counted, also where the counter is at its end. Three pages are as many as it can tell here; answers of
// xlat come at any time, or never.
module prove_xlat_advise
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter bytes_t Most = bytes_t'(3)
) (
  input logic    clk,
  input logic    advise_valid,
  input advise_t advise,
  input logic    stop,
  input logic    look_taken,
  input logic    refused,
  input logic    waits,
  input slot_t   look_slot,
  input logic    known,
  input logic    known_fault,
  input logic    slot_busy
);
  logic    rst_n = 1'b0;
  logic    advise_ready, busy, look_valid, begins;
  bytes_t  present;
  lookup_t look;
  slot_t   waits_slot;
  always_ff @(posedge clk) rst_n <= 1'b1;

  vmso_xlat_advise #(.Most(Most)) u_dut (
    .clk, .rst_n, .advise_valid(advise_valid && rst_n), .advise_ready, .advise, .stop, .busy,
    .present, .look_valid, .look_taken, .look, .refused, .waits, .look_slot, .known, .known_fault,
    .waits_slot, .slot_busy
  );
  assign begins = advise_valid && rst_n && advise_ready;

  bytes_t counted_q, present_q;  // answers of this range, Most at most; the present of the last cycle
  logic   began_q = 1'b1;        // in the last cycle, or nothing has
  always_ff @(posedge clk) begin
    began_q   <= begins || !rst_n;
    present_q <= present;
    if (!rst_n || begins) counted_q <= '0;
    else if (busy && known && !known_fault && counted_q != Most) counted_q <= counted_q + 1'b1;
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      steps_by_one: assert (began_q || present == present_q || present == present_q + 1'b1);
      no_more_than_counted: assert (present <= counted_q);
      counts_to_most: assert (counted_q <= Most);
      ends_at_most: assert (present <= Most);
      idle_asks_nothing: assert (!look_valid || (busy && !advise_ready));
      reach_most: cover (present == Most && busy && known && look_valid);
      reach_again: cover (present == bytes_t'(1) && !began_q && begins);
    end
  end
endmodule : prove_xlat_advise
