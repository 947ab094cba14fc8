// SPDX-License-Identifier: Apache-2.0
// The read port with two ids a class, between four free requesters and a memory that answers in any
// order: is each read answered as often as it has beats, ended once, and counted while it is out?
//
// Bursts have up to MaxBeats beats; half of memory is in the window. Requests, colours, hold, read
// window, timeout and time are free. `watch` is one id of one class, chosen by the solver: what holds
// for it holds for all. What reaches AR is the subject of prove_axi_ar. When both ids of a class are in
// quarantine its requests are dead: they have an id that memory still owes beats for. A hanging AR makes
// requests dead, too, but not within the bound.
module prove_axi_read
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 2,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  },
  parameter int unsigned MaxBeats = 2
) (
  input logic            clk,
  input logic [31:0]     read_timeout,
  input logic [15:0]     read_window,
  input logic            read_colour,
  input logic            hold_reads,
  input logic [3:0]      req_valid,
  input read_req_t [3:0] req,
  input logic            arready,
  input logic            rvalid,
  input logic [2:0]      rwho,
  input logic [1:0]      rresp,
  input logic [127:0]    rdata
);
  logic [1:0]      start_q = '0;
  logic            rst_n;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  windows_t        windows;
  logic [2:0]      watch;
  assign windows = '{'{limit: '0, base: '1}, '{limit: '0, base: '1}, '{limit: '0, base: '1},
                     '{limit: '1, base: 44'h800_0000_0000}};
  f_anyconst1 u_watch [2:0] (.y(watch));

  logic [1:0]      colour_busy;
  logic            reads_idle, rsp_valid, count_beats, count_stall, sticky_timeout, sticky_window;
  logic            link_dead;
  logic [3:0][8:0] quarantined_count;
  logic [3:0]      req_ready, arcache;
  read_id_t [3:0]  req_id;
  read_rsp_t       rsp;
  logic [127:0]    rsp_data;
  logic [9:0]      arid;
  logic [63:0]     araddr;
  logic [7:0]      arlen;
  logic [2:0]      arsize, arprot;
  logic [1:0]      arburst;
  logic            arvalid, rready, rlast;

  vmso_axi_read #(.Cfg(Cfg), .SlotIds(2), .TemplateIds(2)) u_dut (
    .clk, .rst_n, .windows, .read_timeout, .read_window, .read_colour, .hold_reads, .colour_busy,
    .reads_idle, .req_valid, .req_ready, .req, .req_id, .read_rsp_valid(rsp_valid),
    .read_rsp(rsp), .read_data(rsp_data), .count_read_beats(count_beats),
    .count_window_stall(count_stall), .sticky_timeout, .sticky_window, .quarantined_count, .link_dead,
    .m_axi_arid(arid), .m_axi_araddr(araddr), .m_axi_arlen(arlen), .m_axi_arsize(arsize),
    .m_axi_arburst(arburst), .m_axi_arcache(arcache), .m_axi_arprot(arprot),
    .m_axi_arvalid(arvalid), .m_axi_arready(arready), .m_axi_rid({rwho[2:1], 7'd0, rwho[0]}),
    .m_axi_rdata(rdata), .m_axi_rresp(rresp), .m_axi_rlast(rlast), .m_axi_rvalid(rvalid),
    .m_axi_rready(rready)
  );

  // -- memory: beats that each id is owed; an answer needs a burst ------------------------------------
  logic [7:0][8:0] owed_q;  // index {class, id}
  logic [2:0]      ar_who, rsp_who;
  assign ar_who  = {arid[9:8], arid[0]};
  assign rsp_who = {2'(rsp.cls), rsp.id[0]};
  assign rlast   = owed_q[rwho] == 9'd1;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      owed_q <= '0;
    end else begin
      if (rvalid) owed_q[rwho] <= owed_q[rwho] - 1'b1;
      if (arvalid && arready) owed_q[ar_who] <= 9'(arlen) + 1'b1;
    end
  end

  // -- accounts: what is lent from handshake to last response, beats to be told ----------------------
  logic [7:0]      lent_q, colour_q, dead_q;  // dead_q: lent to a dead request
  logic [7:0][8:0] left_q;
  logic [3:0]      take, is_dead;
  logic [11:0]     flight_q, asked, told;
  for (genvar c = 0; c < 4; c++) begin : gen_dead
    assign is_dead[c] = quarantined_count[c] == 9'd2;
  end
  assign take = req_valid & req_ready;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      lent_q <= '0;
      left_q <= '0;
      dead_q <= '0;
    end else begin
      if (rsp_valid) begin
        left_q[rsp_who] <= rsp.last ? '0 : left_q[rsp_who] - 1'b1;
        if (rsp.last) lent_q[rsp_who] <= 1'b0;
      end
      for (int unsigned c = 0; c < 4; c++) begin
        if (take[c]) begin
          lent_q[{2'(c), req_id[c][0]}]   <= 1'b1;
          left_q[{2'(c), req_id[c][0]}]   <= is_dead[c] ? 9'd1 : 9'(req[c].len) + 1'b1;
          dead_q[{2'(c), req_id[c][0]}]   <= is_dead[c];
          colour_q[{2'(c), req_id[c][0]}] <= read_colour;
        end
      end
    end
  end
  // beats in flight, kept by what was taken and told
  always_comb begin
    asked = '0;
    for (int unsigned c = 0; c < 4; c++) if (take[c]) asked += is_dead[c] ? 12'd1 : 12'(req[c].len) + 12'd1;
    told = '0;
    if (rsp_valid) told = rsp.last ? 12'(left_q[rsp_who]) : 12'd1;
  end
  always_ff @(posedge clk) flight_q <= rst_n ? flight_q + asked - told : '0;

  // -- the watched id: its request, and whether its burst is still to come ----------------------------
  logic      take_watch, watch_is_dead, used_q, unsent_q, allowed_q, was_timed_out_q;
  read_req_t watch_req, watch_q;
  logic [3:0] is_legal;
  for (genvar c = 0; c < 4; c++) begin : gen_request
    assign is_legal[c] = 32'(req[c].addr[11:4]) + 32'(req[c].len) < 256
                         && 32'(req[c].len) < MaxBeats;
  end
  assign watch_req  = req[watch[2:1]];
  assign take_watch = take[watch[2:1]] && req_id[watch[2:1]][0] == watch[0];
  assign watch_is_dead = is_dead[watch[2:1]];
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      used_q          <= 1'b0;
      unsent_q        <= 1'b0;
      was_timed_out_q <= 1'b0;
    end else begin
      if (arvalid && arready && ar_who == watch) unsent_q <= 1'b0;
      if (rsp_valid && rsp_who == watch && rsp.resp == RespTimeout) was_timed_out_q <= 1'b1;
      if (rsp_valid && rsp_who == watch && rsp.resp == RespWindow) unsent_q <= 1'b0;
      if (take_watch && !watch_is_dead) begin
        used_q    <= 1'b1;
        unsent_q  <= 1'b1;
        allowed_q <= watch_req.addr[55];
        watch_q   <= watch_req;
      end
    end
  end

  // -- history ---------------------------------------------------------------------------------------
  logic         stall_q, timeout_on_q, beat_q;
  logic [129:0] beat_data_q;
  always_ff @(posedge clk) begin
    stall_q       <= rst_n && req_valid[ReadPayload] && flight_q >= 12'(read_window)
                     && read_window < 16'd4096 && lent_q[7:6] != '0;
    timeout_on_q  <= read_timeout != '0;
    beat_q        <= rst_n && rvalid;
    beat_data_q   <= {rresp, rdata};
  end

  // -- what the neighbours owe -----------------------------------------------------------------------
  always_comb begin
    memory_answers_bursts: assume (!rvalid || owed_q[rwho] != '0);
    no_beat_in_reset: assume (rst_n || !rvalid);
    requests_are_legal: assume (is_legal == '1);
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      ar_id_free: assert (!arvalid || owed_q[ar_who] == '0);
      // ids
      lent_once: assert (!take_watch || (!lent_q[watch] && (watch_is_dead
                         || (owed_q[watch] == '0 && (!unsent_q || !allowed_q)))));
      dead_is_true: assert (!watch_is_dead || !lent_q[watch] || dead_q[watch]);
      dead_is_told: assert (!rsp_valid || !lent_q[rsp_who] || !dead_q[rsp_who]
                            || (!rsp.has_data && rsp.last && rsp.resp == RespTimeout));
      link_agrees: assert (link_dead == (is_dead != '0));
      // responses
      rsp_of_lent: assert (!rsp_valid || (lent_q[rsp_who] && rsp.id[7:1] == '0));
      rsp_has_all_beats: assert (!rsp_valid || !rsp.has_data
                                 || rsp.last == (left_q[rsp_who] == 9'd1));
      rsp_is_the_beat: assert (!rsp_valid || !rsp.has_data || (beat_q
                               && rsp_data == beat_data_q[127:0]
                               && (rsp.resp == RespOkay) == !beat_data_q[129]));
      rsp_without_data: assert (!rsp_valid || rsp.has_data || (rsp.last
                                && (rsp.resp == RespTimeout || rsp.resp == RespWindow)));
      window_refuses: assert (!rsp_valid || rsp_who != watch || rsp.resp != RespWindow || !allowed_q);
      timeout_is_on: assert (!rsp_valid || rsp.resp != RespTimeout || timeout_on_q
                            || dead_q[rsp_who]);
      // accounts
      busy_0: assert (colour_busy[0] == ((lent_q & ~colour_q) != '0));
      busy_1: assert (colour_busy[1] == ((lent_q & colour_q) != '0));
      idle_agrees: assert (reads_idle == (lent_q == '0));
      window_keeps: assert (!take[ReadPayload] || flight_q < 12'(read_window)
                            || read_window >= 16'd4096 || lent_q[7:6] == '0);
      window_keeps_slots: assert (!take[ReadSlot] || 17'(flight_q) < 17'(read_window) + 17'd32);
      stall_agrees: assert (count_stall == stall_q);
      hold_holds: assert (!hold_reads || take == '0);

      reach_reuse: cover (take_watch && used_q && allowed_q && watch_q.len == 8'd1
                          && !was_timed_out_q);
      reach_refused: cover (rsp_valid && rsp.resp == RespWindow && rsp_who == watch);
      reach_swallowed: cover (was_timed_out_q && beat_q && !rsp_valid && owed_q[watch] == '0
                              && !unsent_q);
      reach_reuse_late: cover (take_watch && was_timed_out_q);
      reach_disorder: cover (rvalid && rwho == 3'd7 && rlast && owed_q[6] == 9'd2);
      reach_stall: cover (count_stall && flight_q == 12'(read_window));
    end
  end
  logic unused;
  assign unused = ^{arcache, arprot, rready, count_beats, sticky_timeout, sticky_window};
endmodule : prove_axi_read
