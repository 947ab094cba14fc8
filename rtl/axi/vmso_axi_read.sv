// SPDX-License-Identifier: Apache-2.0
// The read port: the one place where an address leaves for host memory.
//
// req         four request channels, index = read_class_e; see vmso_axi_class. Payload waits while
//             read_window beats are in flight, slot reads while read_window + 32 are; walks and
//             templates never. One payload burst may always be in flight, whatever the window says
//             and others read: a window of 0 is one burst. hold_reads: nobody is accepted
// rsp         valid-only broadcast, one cycle after R; RREADY is tied to 1
// gap         an answer that is no beat leaves in a cycle without one: a late read first, then a dead
//             request, then a refused burst. While R has no gap, vmso_axi_scan holds requests
// window      a burst that is not wholly inside one window never reaches AR: it is answered with
//             {has_data 0, last 1, RespWindow}
// timeout     a read that has been out for read_timeout cycles (see vmso_axi_epoch; counted from its
//             handshake) is answered with {has_data 0, last 1, RespTimeout}; its id stays away until
//             its last beat has come, and what comes until then is swallowed. 0: never.
//             Answered at the latest 1.125 read_timeout + 3 N + F + 80 cycles after its handshake if
//             memory gives a beat per cycle, N: ids of all classes, F: beats that memory owes. At the
//             read windows of reset that is less than 2 timeouts from read_timeout 4096 on
// dead        a class whose ids are all in quarantine reads nothing more, and no class does while a
//             burst has stood on AR for read_timeout: requests are answered with RespTimeout at once,
//             see vmso_axi_class, until a read ends or the burst is taken. link_dead: a class is dead.
//             Only memory or rst_n mends that: what memory owes outlives a soft reset
// quarantined_count  ids in quarantine, by class
// colour_busy reads of a colour (that of read_colour in the handshake cycle) whose last response has
//             not been broadcast before this cycle; reads_idle: none of either
// latency     handshake to ARVALID 2 cycles
// throughput  one burst and one beat per cycle; each class accepts one request per cycle
// order       AR as vmso_axi_pick chooses; responses as memory gives them
// reset       rst_n resets the interconnect too: no beat of before comes after it
`include "vmso_assert.svh"
module vmso_axi_read
  import vmso_pkg::*;
  import vmso_axi_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter int unsigned SlotIds = 64,      // power of two, 2..256; other values serve proofs
  parameter int unsigned TemplateIds = 32,  // the same
  parameter logic [3:0]  ArCache = 4'b0011, // normal, non-cacheable, bufferable
  parameter logic [2:0]  ArProt = 3'b000    // unprivileged, secure, data
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  windows_t                 windows,
  input  logic [31:0]              read_timeout,
  input  logic [15:0]              read_window,
  input  logic                     read_colour,
  input  logic                     hold_reads,
  output logic [1:0]               colour_busy,
  output logic                     reads_idle,
  input  logic [3:0]               req_valid,
  output logic [3:0]               req_ready,
  input  read_req_t [3:0]          req,
  output read_id_t [3:0]           req_id,
  output logic                     read_rsp_valid,
  output read_rsp_t                read_rsp,
  output logic [Cfg.data_bits-1:0] read_data,
  output logic                     count_read_beats,
  output logic                     count_window_stall,
  output logic                     sticky_timeout,
  output logic                     sticky_window,
  output logic [3:0][8:0]          quarantined_count,
  output logic                     link_dead,
  output logic [9:0]               m_axi_arid,
  output logic [63:0]              m_axi_araddr,
  output logic [7:0]               m_axi_arlen,
  output logic [2:0]               m_axi_arsize,
  output logic [1:0]               m_axi_arburst,
  output logic [3:0]               m_axi_arcache,
  output logic [2:0]               m_axi_arprot,
  output logic                     m_axi_arvalid,
  input  logic                     m_axi_arready,
  input  logic [9:0]               m_axi_rid,
  input  logic [Cfg.data_bits-1:0] m_axi_rdata,
  input  logic [1:0]               m_axi_rresp,
  input  logic                     m_axi_rlast,
  input  logic                     m_axi_rvalid,
  output logic                     m_axi_rready
);
  localparam int unsigned LaneW = $clog2(vmso_config_pkg::bus_bytes(Cfg));
  localparam int unsigned WalkIds = 2**$clog2(Cfg.walk_slots);
  localparam int unsigned ClassIds [4] = '{WalkIds, SlotIds, TemplateIds, Cfg.frame_slots};
  localparam logic [3:0][8:0] LastId = {9'(Cfg.frame_slots - 1), 9'(TemplateIds - 1),
                                        9'(SlotIds - 1), 9'(WalkIds - 1)};
  localparam int unsigned MaxBeats = 256 * (Cfg.frame_slots + TemplateIds + SlotIds + WalkIds);
  localparam int unsigned BeatW = vmso_math_pkg::count_width(MaxBeats);

  // -- classes: ids, queues, what is out -------------------------------------------------------------
  logic [3:0]           hold, taken, burst_valid, burst_ready, note_valid, class_late, dead;
  logic [3:0]           dead_valid, dead_ready, unanswered;
  dead_t [3:0]          dead_read;
  logic [3:0][8:0]      taken_beats;
  burst_t [3:0]         burst;
  look_t [3:0]          class_look;
  read_id_t             look_id, scan_id;
  logic                 stuck;
  note_e                note;
  logic [EpochBits-1:0] epoch;

  vmso_axi_epoch u_epoch (.clk, .rst_n, .read_timeout, .epoch);
  for (genvar c = 0; c < 4; c++) begin : gen_class
    vmso_axi_class #(.Num(ClassIds[c])) u_class (
      .clk, .rst_n, .hold(hold[c]), .stuck, .req_valid(req_valid[c]), .req_ready(req_ready[c]),
      .req(req[c]), .req_id(req_id[c]), .taken(taken[c]), .taken_beats(taken_beats[c]),
      .colour(read_colour), .epoch, .burst_valid(burst_valid[c]), .burst_ready(burst_ready[c]),
      .burst(burst[c]), .look_id, .look(class_look[c]), .scan_id, .late(class_late[c]),
      .note_valid(note_valid[c]), .note, .quarantined_count(quarantined_count[c]), .dead(dead[c]),
      .dead_valid(dead_valid[c]), .dead_ready(dead_ready[c]), .dead_read(dead_read[c]),
      .unanswered(unanswered[c])
    );
  end
  assign link_dead = dead != '0;

  // -- pick and check: one burst a cycle, its page against the windows -------------------------------
  logic [3:0]    grant;
  logic          move, pick_valid, picked_valid_q, picked_good_q, refused_in_ready, inside_window;
  logic          in_page;
  read_class_e   pick_class, picked_class_q;
  burst_t        pick, picked_q;
  logic [8:0]    last_line;  // beat that the burst ends in, counted from the page's first

  vmso_axi_pick u_pick (.clk, .rst_n, .request(burst_valid), .advance(move), .grant);
  always_comb begin
    pick       = '0;
    pick_class = ReadWalk;
    for (int unsigned c = 0; c < 4; c++) begin
      if (grant[c]) begin
        pick       |= burst[c];
        pick_class  = read_class_e'(2'(c));
      end
    end
  end
  assign pick_valid  = burst_valid != '0;
  assign move        = !picked_valid_q || (picked_good_q ? m_axi_arready : refused_in_ready);
  assign burst_ready = move ? grant : '0;
  vmso_axi_window u_window (.windows, .page(pick.req.addr[55:12]), .inside_window);
  assign last_line = 9'(pick.req.addr[11:LaneW]) + 9'(pick.req.len);
  assign in_page   = last_line >> (12 - LaneW) == '0;

  always_ff @(posedge clk) begin
    if (!rst_n) picked_valid_q <= 1'b0;
    else if (move) picked_valid_q <= pick_valid;
  end
  always_ff @(posedge clk) begin
    if (move) begin
      picked_good_q  <= inside_window && in_page;
      picked_class_q <= pick_class;
      picked_q       <= pick;
    end
  end

  // -- AR ------------------------------------------------------------------------------------------
  assign m_axi_arvalid = picked_valid_q && picked_good_q;
  assign m_axi_arid    = {picked_class_q, picked_q.id};
  assign m_axi_araddr  = {8'd0, picked_q.req.addr[55:LaneW], LaneW'(0)};
  assign m_axi_arlen   = picked_q.req.len;
  assign m_axi_arsize  = 3'(LaneW);
  assign m_axi_arburst = 2'b01;  // INCR
  assign m_axi_arcache = ArCache;
  assign m_axi_arprot  = ArProt;

  // A burst that stands for a timeout: no other can be sent, whatever ids are at home.
  logic [EpochBits-1:0] epoch_q, stood_q;  // stood_q: changes of the epoch while it stands
  assign stuck = stood_q >= AgeOld && read_timeout != '0;
  always_ff @(posedge clk) begin
    epoch_q <= epoch;
    if (!rst_n || !m_axi_arvalid || m_axi_arready) stood_q <= '0;
    else if (epoch != epoch_q && stood_q < AgeOld) stood_q <= stood_q + 1'b1;
  end

  // -- respond: a beat, else a late read, else a dead request, else a refused burst --------------------
  logic        refused_valid, refused_ready, late, dead_any, report, hold_all, hold_payload;
  read_class_e refused_class, scan_class, look_class, dead_class;
  read_id_t    refused_id, rsp_id;
  logic [2:0]  refused_count;
  look_t       look;
  logic        timed_out, dead_told, broadcast, ends;
  read_resp_e  resp;

  vmso_fifo #(.Bits(10), .Depth(4)) u_refused (
    .clk, .rst_n, .in_valid(picked_valid_q && !picked_good_q), .in_ready(refused_in_ready),
    .in({picked_class_q, picked_q.id}), .out_valid(refused_valid), .out_ready(refused_ready),
    .out({refused_class, refused_id}), .count(refused_count)
  );
  vmso_axi_scan #(.LastId(LastId)) u_scan (
    .clk, .rst_n, .late, .gap(!m_axi_rvalid), .asks(dead_any || refused_valid), .scan_class,
    .scan_id, .hold_all, .hold_payload
  );
  assign late          = class_late[scan_class] && read_timeout != '0;
  assign dead_any      = dead_valid != '0;
  assign m_axi_rready  = 1'b1;
  assign timed_out     = !m_axi_rvalid && late;
  assign dead_told     = !m_axi_rvalid && !late && dead_any;
  assign refused_ready = !m_axi_rvalid && !late && !dead_any;

  always_comb begin
    dead_class = ReadWalk;
    for (int unsigned c = 4; c > 0; c--) begin
      if (dead_valid[c-1]) dead_class = read_class_e'(2'(c-1));
    end
    dead_ready             = '0;
    dead_ready[dead_class] = dead_told;
  end
  always_comb begin
    look_class = refused_class;
    look_id    = refused_id;
    if (m_axi_rvalid) begin
      look_class = read_class_e'(m_axi_rid[9:8]);
      look_id    = m_axi_rid[7:0];
    end else if (late) begin
      look_class = scan_class;
      look_id    = scan_id;
    end
  end
  assign look      = class_look[look_class];
  assign report    = look.out && (m_axi_rvalid || timed_out || (refused_valid && refused_ready));
  assign ends      = m_axi_rvalid ? m_axi_rlast : 1'b1;
  assign broadcast = dead_told || (report && !look.quarantined);

  always_comb begin
    note_valid             = '0;
    note_valid[look_class] = report;
    note                   = NoteBeat;
    if (timed_out) note = NoteTimeout;
    else if (ends) note = NoteEnd;
    resp = RespTimeout;
    if (m_axi_rvalid) begin
      unique case (m_axi_rresp)
        2'b10:   resp = RespSlvErr;
        2'b11:   resp = RespDecErr;
        default: resp = RespOkay;
      endcase
    end else if (refused_ready) begin
      resp = RespWindow;
    end
  end

  logic       ends_q, colour_q;
  logic [8:0] beats_gone_q;  // leave the count of beats in flight with this broadcast
  assign rsp_id = dead_told ? dead_read[dead_class].id : look_id;
  always_ff @(posedge clk) begin
    if (!rst_n) read_rsp_valid <= 1'b0;
    else read_rsp_valid <= broadcast;
  end
  always_ff @(posedge clk) begin
    read_rsp <= '{
      cls: dead_told ? dead_class : look_class,
      id: rsp_id,
      has_data: m_axi_rvalid,
      last: ends,
      resp: resp
    };
    read_data    <= m_axi_rdata;
    ends_q       <= ends;
    colour_q     <= dead_told ? dead_read[dead_class].colour : look.colour;
    beats_gone_q <= ends && !dead_told ? look.left : 9'd1;
  end

  // -- accounts ------------------------------------------------------------------------------------
  logic [BeatW-1:0] flight_q, asked;  // beats in flight, from handshake to broadcast
  logic [1:0][9:0]  colour_count_q;
  logic [2:0]       taken_count;
  logic             window_shut, window_shut_slots;

  always_comb begin
    asked       = '0;
    taken_count = '0;
    for (int unsigned c = 0; c < 4; c++) begin
      if (taken[c]) asked = asked + BeatW'(taken_beats[c]);
      taken_count = taken_count + 3'(taken[c]);
    end
  end
  for (genvar i = 0; i < 2; i++) begin : gen_colour
    logic gone;
    assign gone = read_rsp_valid && ends_q && colour_q == 1'(i);
    always_ff @(posedge clk) begin
      if (!rst_n) colour_count_q[i] <= '0;
      else begin
        colour_count_q[i] <= colour_count_q[i] + (read_colour == 1'(i) ? 10'(taken_count) : '0)
                             - 10'(gone);
      end
    end
    assign colour_busy[i] = colour_count_q[i] != '0;
  end
  assign reads_idle = colour_busy == '0;

  assign window_shut       = (32'(flight_q) >= 32'(read_window) && unanswered[ReadPayload])
                             || hold_payload;
  assign window_shut_slots = 32'(flight_q) >= 32'(read_window) + 32;
  assign hold              = {window_shut, 1'b0, window_shut_slots, 1'b0}
                             | {4{hold_reads || hold_all}};

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      flight_q           <= '0;
      count_read_beats   <= 1'b0;
      count_window_stall <= 1'b0;
      sticky_timeout     <= 1'b0;
      sticky_window      <= 1'b0;
    end else begin
      flight_q <= flight_q + asked - (read_rsp_valid ? BeatW'(beats_gone_q) : '0);
      count_read_beats   <= m_axi_rvalid;
      count_window_stall <= req_valid[ReadPayload] && window_shut;
      sticky_timeout     <= timed_out;
      sticky_window      <= refused_valid && refused_ready;
    end
  end

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(BeatHasRead, m_axi_rvalid, look.out)
  `VMSO_IMPL_IF(LateHasRead, timed_out, look.out && !look.quarantined)
  `VMSO_IMPL_IF(RefusedHasRead, refused_valid && refused_ready, look.out)
  `VMSO_IMPL(FlightAgrees, reads_idle == (flight_q == '0))
  for (genvar c = 0; c < 4; c++) begin : gen_check
    `VMSO_INTG_IF(BurstStaysInPage, taken[c],
                  (32'(req[c].addr[11:LaneW]) + 32'(req[c].len)) < 2**(12-LaneW))
  end
`endif
  logic unused_bits;
  assign unused_bits = ^{refused_count, unanswered[2:0], picked_q.req.addr[LaneW-1:0]};
endmodule : vmso_axi_read
