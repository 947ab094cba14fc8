// SPDX-License-Identifier: Apache-2.0
// Lookups of two runs, two contexts and two lines against two walk slots, with fences and look-ups for nobody
// when they like: the real lookup pipeline, slots, walks and finisher, as vmso_xlat joins them; what is around
// them is free_xlat.sv. A run is looked up again when it was answered, but never with `again`. Reads are taken
// and answered when the solver likes, and entries say what it likes: tables may point in circles.
module prove_xlat_once
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 512, queues: 2, contexts: 2, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 1, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 64, formats: 32'h1ff, template_bytes: 256, max_frame: 9216
  }
) (
  input logic       clk,
  input logic       want_lookup,
  input logic       key,
  input logic       lookup_ctx,
  input logic       line,
    input logic       lookup_waits,
  input logic       want_fence,
  input logic       fence_all,
  input logic       fence_ctx,
  input logic       want_ready,
  input logic       req_id,
  input logic       want_rsp,
  input logic       rsp_id,
  input read_resp_e rsp_resp
);
  logic       start_q = 1'b0;
  logic       rst_n;
  logic       watch;
  f_anyconst1 u_watch (.y(watch));
  always_ff @(posedge clk) start_q <= 1'b1;
  assign rst_n = start_q;

  logic       lookup_valid, lookup_ready, fill_valid, busy_valid, req_valid, req_ready, rsp_valid;
  logic       fence_q, fence_ready;
  logic [1:0] owed_q;    // asked, not answered
  logic [1:0] out_q;     // reads
  lookup_t    lookup;
  fill_t      fill;
  run_ref_t   busy;
  fence_t     fence, fence_kept_q;
  read_rsp_t  rsp;
  read_req_t  req;
  assign lookup_valid = want_lookup && !owed_q[key];
  always_comb begin
    lookup        = '0;
    lookup.run    = 5'(key);
    lookup.ctx    = context_t'(lookup_ctx);
    lookup.vpn[0] = key;
    lookup.vpn[3] = line;
    fence         = fence_kept_q;
    if (!fence_q) begin
      fence      = '0;
      fence.kind = fence_all ? FenceAll : FenceContext;
      fence.ctx  = context_t'(fence_ctx);
    end
    rsp = '{cls: ReadWalk, id: read_id_t'(rsp_id), has_data: rsp_resp == RespOkay, last: 1'b1, resp: rsp_resp};
  end
  assign req_ready = want_ready && !out_q[req_id];
  assign rsp_valid = want_rsp && out_q[rsp_id];
  vmso_xlat #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .xlat_ready(), .windows('0), .lookup_valid, .lookup_ready, .lookup, .fill_valid, .fill,
    .busy_valid, .busy, .walk_free(), .lookup_waits, .share_queue('0), .share_full(),
    .walk_charge_valid(), .walk_charge_queue(), .walk_req_valid(req_valid), .walk_req_ready(req_ready),
    .walk_req(req), .walk_req_id(read_id_t'(req_id)), .read_rsp_valid(rsp_valid), .read_rsp(rsp),
    .read_data('0), .advise_valid(1'b0), .advise_ready(), .advise('0), .advise_stop(1'b0),
    .advise_busy(), .advise_present(), .fence_valid(want_fence || fence_q), .fence_ready, .fence,
    .fence_done_number(),
    .mark_valid(), .mark_ready(1'b1), .mark(), .hold_fence(1'b0), .hold_issue(), .issue_held(1'b1), .read_colour(),
    .colour_busy('0), .count_lookups(), .count_tlb_hits(), .count_walks(), .count_table_reads(),
    .count_pwc_hits()
  );

  logic       filled, refused;
  logic       fill_key, busy_key;
  assign fill_key = fill.run[0];
  assign busy_key = busy.run[0];
  assign filled   = fill_valid && fill_key == watch;
  assign refused  = busy_valid && busy_key == watch;
  always_ff @(posedge clk) begin
    fence_q      <= rst_n && (want_fence || fence_q) && !fence_ready;
    fence_kept_q <= fence;
    if (!rst_n) begin
      owed_q <= '0;
      out_q  <= '0;
    end else begin
      if (fill_valid) owed_q[fill_key] <= 1'b0;
      if (busy_valid) owed_q[busy_key] <= 1'b0;
      if (lookup_valid && lookup_ready) owed_q[key] <= 1'b1;
      if (rsp_valid) out_q[rsp_id] <= 1'b0;
      if (req_valid && req_ready) out_q[req_id] <= 1'b1;
    end
  end

  // -- walks: how many tables each has read, and which a fence has outlived -------------------------------
  logic [1:0][2:0] reads_q, levels_q;
  logic [1:0]      stale_q, killed_q;
  logic            opens, redoes, req_slot, redo_slot, open_slot, restart, swept, event_slot, end_slot;
  logic [1:0]      fenced, dead;    // slots whose walk the fence means
  assign opens      = u_dut.miss_opened;
  assign open_slot  = u_dut.miss_slot[0];
  assign redoes     = u_dut.u_walk.redo_push;
  assign redo_slot  = u_dut.u_walk.redo_slot_q[0];
  assign req_slot   = u_dut.walk_req_slot[0];
  assign event_slot = u_dut.first_slot[0];
  assign end_slot   = u_dut.at_slot[0];
  assign restart    = u_dut.restart;
  assign swept      = u_dut.u_fence.state_q inside {3'd3, 3'd4, 3'd5};  // from the first sweep on
  for (genvar s = 0; s < 2; s++) begin : gen_slot
    assign fenced[s] = u_dut.u_fence.all_q || u_dut.u_fence.ctx_q[0] == u_dut.u_slots.ctx_q[s];
  end
  assign dead = stale_q | (swept ? fenced : '0);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      stale_q  <= '0;
      killed_q <= '0;
    end else begin
      if (restart) stale_q <= stale_q | fenced;
      if (u_dut.redo_valid && u_dut.redo_ready) stale_q[u_dut.redo_slot[0]] <= 1'b0;
      if (opens) stale_q[open_slot] <= 1'b0;
      if (opens) killed_q[open_slot] <= 1'b0;
      if (redoes) killed_q[redo_slot] <= 1'b1;
    end
    if (req_valid && req_ready) reads_q[req_slot] <= reads_q[req_slot] + 1'b1;
    if (opens) begin
      reads_q[open_slot]  <= '0;
      levels_q[open_slot] <= u_dut.start_level + 1'b1;
    end
    if (redoes) begin
      reads_q[redo_slot]  <= '0;
      levels_q[redo_slot] <= u_dut.u_walk.redo.level + 1'b1;
    end
  end

  logic quiet;
  assign quiet = u_dut.u_lookup.idle && u_dut.u_slots.free == '1 && !fill_valid && !busy_valid;
  always_ff @(posedge clk) begin
    if (rst_n) begin
`ifdef DEEP  // the end of a walk that fills the TLB is far
      fence_wins_in_tlb: assert (!(u_dut.write_valid && u_dut.write_ready) || !dead[end_slot]);
      reach_write: cover (u_dut.write_valid && u_dut.write_ready);
      reach_late_write: cover (u_dut.write_valid && u_dut.write_ready && u_dut.u_fence.state_q == 3'd2);
`else
      answered_when_owed: assert (!(filled || refused) || owed_q[watch]);
      answered_one_way: assert (!(filled && refused));
      none_forgotten: assert (!quiet || !owed_q[watch]);
      reads_its_levels: assert (!(req_valid && req_ready) || reads_q[req_slot] < levels_q[req_slot]);
      fence_wins_in_cache: assert (!u_dut.insert_valid || !dead[event_slot]);
      fence_wins_at_waiters: assert (!(u_dut.pop || u_dut.close) || !dead[u_dut.close ? end_slot : event_slot]);
      reach_shared: cover (filled && u_dut.u_finish.state_q == 3'd3 && fill.ppn[0]);
      reach_meets_fence: cover (u_dut.done_dropped != '0);
      reach_event_meets_fence: cover (u_dut.u_walk.event_valid_q && u_dut.u_walk.event_dead && restart);
      reach_again: cover (u_dut.pop && killed_q != '0);
      reach_two_levels: cover (req_valid && req_ready && reads_q[req_slot] == 3'd2);
`endif
    end
  end
endmodule : prove_xlat_once
