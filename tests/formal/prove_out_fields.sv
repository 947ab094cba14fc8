// SPDX-License-Identifier: Apache-2.0
// Rows of header fields against frames of bytes: for one watched byte of one side, chosen by the solver,
// what is read in its lane is what was written there last since the side was cleared, and it is a field
// exactly if something was; for fields at any place, odd ones, and over the end of a row. All other bytes
// are free.
//
// Early fields, late ones, the side and when it is cleared are free within the promises of the module's
// header; the rows that a side keeps, row 0 and those from `first` on, are chosen once. No field writes one
// byte of a halfword of which the other one is a field already: headers lie at even bytes, and an odd field
// is alone behind a tag.
module prove_out_fields
  import vmso_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = '{
    data_bits: 256, queues: 2, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 4,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 1, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  },
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg),
  localparam int unsigned OffW     = $clog2(BusBytes),
  localparam int unsigned IndexW   = $clog2(vmso_config_pkg::template_rows(Cfg))
) (
  input logic       clk,
  input logic       any_early_valid,
  input fields_t    any_early,
  input logic       any_early_side,
  input logic       any_late_valid,
  input fields_t    any_late,
  input logic       any_late_side,
  input logic [1:0] any_clear
);
  logic [1:0] start_q = '0;
  logic       rst_n;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  logic       watch_side;
  pos_t       watch_pos;
  frame_row_t first;
  f_anyconst1 u_watch_side (.y(watch_side));
  f_anyconst1 u_watch_pos [$bits(pos_t)-1:0] (.y(watch_pos));
  f_anyconst1 u_first [$bits(frame_row_t)-1:0] (.y(first));

  // -- offers that stand until they are taken; late never cuts in ----------------------------------------
  logic       early_valid, early_ready, late_valid, late_ready, early_waits_q, late_waits_q;
  logic       early_side, late_side, early_side_q, late_side_q, mid_q;
  fields_t    early, late, early_q, late_q;
  logic [1:0] clear;
  assign early_valid = early_waits_q || any_early_valid;
  assign early       = early_waits_q ? early_q : any_early;
  assign early_side  = early_waits_q ? early_side_q : any_early_side;
  // mid_q: the second half of early fields is due
  assign late_valid  = late_waits_q || (any_late_valid && !(mid_q && early_waits_q));
  assign late        = late_waits_q ? late_q : any_late;
  assign late_side   = late_waits_q ? late_side_q : any_late_side;
  always_comb begin
    clear = any_clear;
    if (late_valid) clear[late_side] = 1'b0;
    else if (early_valid) clear[early_side] = 1'b0;
  end
  always_ff @(posedge clk) begin
    early_waits_q <= rst_n && early_valid && !early_ready;
    late_waits_q  <= rst_n && late_valid && !late_ready;
    early_q       <= early;
    late_q        <= late;
    early_side_q  <= early_side;
    late_side_q   <= late_side;
    mid_q         <= rst_n && (late_valid ? !late_ready : early_valid && !early_ready);
  end

  logic [BusBytes-1:0]      read_en;
  logic [Cfg.data_bits-1:0] read_data;
  logic [IndexW-1:0]        read_index;
  frame_row_t               watch_row;
  logic [OffW-1:0]          lane;
  assign watch_row  = frame_row_t'(watch_pos >> OffW);
  assign lane       = watch_pos[OffW-1:0];
  assign read_index = watch_row == '0 ? '0 : IndexW'(watch_row - first) + 1'b1;
  vmso_out_fields #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .early_valid, .early_ready, .early, .early_side, .late_valid, .late_ready, .late,
    .late_side, .late_first(first), .clear, .read_side(watch_side), .read_index, .read_en, .read_data
  );

  // -- the watched byte: is it one of the fields, and what does it become? -------------------------------
  typedef struct packed {
    logic       is_field;
    logic [7:0] value;
  } byte_t;
  function automatic byte_t byte_of(fields_t fields, pos_t pos);
    pos_t at;
    byte_of = '0;
    for (int unsigned i = 0; i < 4; i++) begin
      at = fields.pos + pos_t'(i < 2 ? 2 * i : 4 * i);  // 0, 2, 8, 12
      if (fields.en[i] && pos == at) byte_of = '{is_field: 1'b1, value: fields.half[i][15:8]};
      if (fields.en[i] && pos == at + pos_t'(1)) begin
        byte_of = '{is_field: 1'b1, value: fields.half[i][7:0]};
      end
    end
  endfunction
  function automatic logic reaches_over(fields_t fields);
    pos_t last;
    reaches_over = 1'b0;
    for (int unsigned i = 0; i < 4; i++) begin
      last = fields.pos + pos_t'(i < 2 ? 2 * i : 4 * i) + pos_t'(1);
      if (fields.en[i] && last >> OffW != fields.pos >> OffW) reaches_over = 1'b1;
    end
  endfunction
  // Bytes in the row of the first field are written at once, the others in the cycle behind it.
  byte_t      hit, kept_q, twin;
  logic       twin_q;  // the other byte of the watched one's halfword is a field
  fields_t    now;
  frame_row_t now_row;
  logic       writes;
  assign now     = late_valid ? late : early;
  assign now_row = frame_row_t'(now.pos >> OffW) + frame_row_t'(mid_q);
  assign hit     = byte_of(now, watch_pos);
  assign twin    = byte_of(now, watch_pos ^ pos_t'(1));
  assign writes  = (late_valid ? late_side == watch_side : early_valid && early_side == watch_side)
                   && now_row == watch_row;
  always_ff @(posedge clk) begin
    if (!rst_n || clear[watch_side]) kept_q <= '0;
    else if (writes && hit.is_field) kept_q <= hit;
    if (!rst_n || clear[watch_side]) twin_q <= 1'b0;
    else if (writes && twin.is_field) twin_q <= 1'b1;
  end

  function automatic logic may_be(fields_t fields, frame_row_t first_row);
    frame_row_t row, behind;
    row    = frame_row_t'(fields.pos >> OffW);
    behind = row - first_row;
    return (fields.pos[0] ? fields.en == 4'b0001 : fields.en != '0)
           && 32'(row) < 9216 / BusBytes
           // the row behind it has a place too
           && (row == '0 ? first_row == frame_row_t'(1) || fields.pos[OffW-1:0] < OffW'(BusBytes - 16)
                         : 32'(behind) + 2 < 2**IndexW && row >= first_row);
  endfunction
  always_comb begin
    early_is_a_field: assume (!any_early_valid || may_be(any_early, frame_row_t'(1)));
    late_is_a_field: assume (!any_late_valid || may_be(any_late, first));
    // the rows behind row 0 are those of the job's checksum or of its headers
    early_in_row0: assume (!any_early_valid || first == frame_row_t'(1)
                           || any_early.pos < pos_t'(BusBytes - 16));
    watched_is_kept: assume (watch_row == '0 || (watch_row >= first
                             && 32'(watch_row - first) + 1 < 2**IndexW));
    first_behind_row0: assume (first != '0);
    whole_halfwords: assume (!writes || !(hit.is_field || twin.is_field)
                             || (hit.is_field >= kept_q.is_field && twin.is_field >= twin_q));
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      en_agrees: assert (read_en[lane] == kept_q.is_field);
      value_agrees: assert (!kept_q.is_field || read_data[8*lane +: 8] == kept_q.value);
      one_more_over_the_end: assert (!(late_valid || early_valid)
                                     || (late_valid ? late_ready : early_ready)
                                        == (mid_q || !reaches_over(now)));
      reach_straddle: cover (mid_q && writes && hit.is_field && watch_pos[0]);
      reach_odd: cover (writes && now.pos[0] && hit.is_field && !watch_pos[0] && !mid_q);
      reach_overwritten: cover (kept_q.is_field && writes && hit.is_field && hit.value != kept_q.value);
      reach_far: cover (kept_q.is_field && watch_row > frame_row_t'(60) && first > frame_row_t'(50));
      reach_kept: cover (kept_q.is_field && clear[~watch_side] && !writes);
    end
  end
endmodule : prove_out_fields
