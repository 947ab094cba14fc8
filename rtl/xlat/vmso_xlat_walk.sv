// SPDX-License-Identifier: Apache-2.0
// Walk slots and the step engine that all of them share.
//
// miss         a lookup that hit nowhere: joins the slot of its {context, line}, opens one, or is refused.
//              One per cycle; miss_busy in the same cycle
// slot         Free -> Start (walk cache) -> Read (line asked for) -> Wait -> Line (judge) -> Start of the
//              next level or, at a leaf or a fault, its waiters are answered one per cycle
// step engine  one slot at a time, round robin; reads of different slots are in flight together
// answer       valid/ready: the fill of one waiter, judged on its own entry of the line
// tlb_write    the line, in the cycle in which answering begins; only entries that are good by themselves
// fence        freeze: the engine takes up no matching slot (freeze_idle: it works on none); restart: in
//              one cycle all matching slots go back to Start; restart_ready: none of them waits for a line
// reset        slot control only
`include "vmso_assert.svh"
module vmso_xlat_walk
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned CtxW = vmso_math_pkg::index_width(Cfg.contexts)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  windows_t                 windows,
  input  logic                     miss_valid,
  input  lookup_t                  miss,
  output logic                     miss_busy,
  output logic                     miss_opened,
  output logic                     walk_free,
  output logic [CtxW-1:0]          cfg_ctx,      // configuration of it one cycle later
  input  context_config_t          cfg,
  output logic                     walk_req_valid,
  input  logic                     walk_req_ready,
  output read_req_t                walk_req,
  input  read_id_t                 walk_req_id,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  output logic                     answer_valid,
  input  logic                     answer_ready,
  output fill_t                    answer,
  output logic                     answer_retry,  // context changed: look up again
  output logic                     tlb_write_valid,
  output context_t                 tlb_write_ctx,
  output logic [48:0]              tlb_write_line,
  output logic [7:0][44:0]         tlb_write_data,
  input  logic                     freeze,
  input  logic                     freeze_all,
  input  context_t                 freeze_ctx,
  output logic                     freeze_idle,
  input  logic                     restart,
  output logic                     restart_ready,
  input  logic                     pwc_clear,
  output logic                     pwc_hit
);
  localparam int unsigned Slots = Cfg.walk_slots;
  localparam int unsigned SlotW = $clog2(Slots);
  localparam int unsigned JobW  = $clog2(Cfg.jobs);
  localparam int unsigned KeyW  = JobW + 5;
  localparam int unsigned BusBytes = Cfg.data_bits / 8;
  localparam int unsigned Beats = 64 / BusBytes;   // of a line
  localparam int unsigned BeatW = vmso_math_pkg::index_width(Beats);
  localparam int unsigned PerBeat = BusBytes / 8;  // entries
  localparam int unsigned PerBeatW = $clog2(PerBeat);
  typedef logic [SlotW-1:0] slot_t;
  typedef logic [KeyW-1:0]  key_t;

  typedef enum logic [2:0] {
    SlotFree = 3'd0, SlotStart = 3'd1, SlotWait = 3'd2, SlotLine = 3'd3, SlotClosing = 3'd4
  } slot_state_e;
  typedef enum logic [2:0] {
    StepPick = 3'd0, StepConfig = 3'd1, StepStart = 3'd2, StepRead = 3'd3, StepEntry = 3'd4,
    StepJudge = 3'd5, StepAnswer = 3'd6
  } step_e;
  typedef struct packed {
    context_t    ctx;
    logic [48:0] line;
  } line_t;
  typedef struct packed {
    logic       last;  // end of the list
    key_t       next;
    logic [2:0] page;  // of the eight of its line
  } waiter_t;
  typedef struct packed {
    logic   fault;
    cause_e cause;
    ppn_t   ppn;
  } result_t;

  // -- slots ----------------------------------------------------------------------------------------------------
  slot_state_e [Slots-1:0] state_q;
  line_t       [Slots-1:0] line_q;
  key_t        [Slots-1:0] head_q;
  logic        [Slots-1:0] match, free, wants, picked, frozen, waiting;
  logic        [Slots-1:0][2:0] level_q;
  read_resp_e  [Slots-1:0] resp_q;
  slot_t       match_slot, free_slot, pick_slot, slot_q;
  line_t       miss_line;
  logic        joined, open;
  key_t        miss_key;

  assign miss_line = '{ctx: miss.ctx, line: miss.vpn[51:3]};
  assign miss_key  = {miss.job[JobW-1:0], miss.run};
  always_comb begin
    match_slot = '0;
    free_slot  = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      match[s]  = state_q[s] != SlotFree && line_q[s] == miss_line;
      free[s]   = state_q[s] == SlotFree;
      frozen[s] = freeze && (freeze_all || line_q[s].ctx == freeze_ctx);
      wants[s]  = (state_q[s] == SlotStart || state_q[s] == SlotLine) && !frozen[s];
      waiting[s] = state_q[s] == SlotWait && frozen[s];
      if (match[s]) match_slot = slot_t'(s);
      if (free[s]) free_slot = slot_t'(s);
    end
  end
  assign joined      = match != '0 && state_q[match_slot] != SlotClosing;
  assign open        = match == '0 && free != '0;
  assign miss_busy   = miss_valid && !joined && !open;
  assign miss_opened = miss_valid && open;
  assign walk_free   = free != '0;
  assign restart_ready = waiting == '0 && freeze_idle;

  // -- waiters: a linked list per slot ---------------------------------------------------------------------------
  waiter_t waiter, new_waiter;
  key_t    at_q;
  assign new_waiter = '{last: open, next: head_q[match_slot], page: miss.vpn[2:0]};
  vmso_lutram #(.Depth(1 << KeyW), .Bits($bits(waiter_t))) u_waiters (
    .clk, .write_en(miss_valid && (joined || open)), .write_addr(miss_key), .write_data(new_waiter),
    .read_addr(at_q), .read_data(waiter)
  );

  // -- lines: beats by slot -------------------------------------------------------------------------------------------
  logic [Slots-1:0][BeatW-1:0] beat_q;
  slot_t            rsp_slot;
  logic             rsp_valid;
  logic [2:0]       entry_q;
  logic [Cfg.data_bits-1:0] line_beat;
  logic [63:0]      entry;
  logic [SlotW+BeatW-1:0] line_raddr, line_waddr;

  assign rsp_valid = read_rsp_valid && read_rsp.cls == ReadWalk;
  vmso_lutram #(.Depth(256), .Bits(SlotW)) u_slot_of_id (
    .clk, .write_en(walk_req_valid && walk_req_ready), .write_addr(walk_req_id),
    .write_data(slot_q), .read_addr(read_rsp.id), .read_data(rsp_slot)
  );
  assign line_waddr = {rsp_slot, beat_q[rsp_slot]};
  assign line_raddr = {slot_q, BeatW'(entry_q >> PerBeatW)};
  vmso_ram_1w1r #(.Depth(Slots << BeatW), .LaneBits(Cfg.data_bits)) u_lines (
    .clk, .write_en(rsp_valid && read_rsp.has_data), .write_addr(line_waddr),
    .write_data(read_data), .read_en(1'b1), .read_addr(line_raddr), .read_data(line_beat)
  );
  logic [2:0] entry_in_beat_q;
  always_ff @(posedge clk) entry_in_beat_q <= entry_q & 3'(PerBeat - 1);
  assign entry = line_beat[32'(entry_in_beat_q)*64 +: 64];

  // -- step engine -------------------------------------------------------------------------------------------------------
  step_e       step_q;
  context_config_t cfg_q;
  line_t       step_line_q;
  logic [2:0]  step_level_q, judged_q, demanded, root_level, pwc_level;
  logic        step_new_q, judge_valid_q, look_hit, root_is_five, leaf, entry_fault, in_window;
  logic        line_failed, answer_done;
  ppn_t        pwc_table, table_q, entry_ppn;
  cause_e      entry_cause, line_cause;
  vpn_t        step_vpn, judge_vpn;
  result_t [7:0] results_q;
  result_t     result;
  logic [Slots-1:0] unused_grant;
  logic        frozen_step;

  vmso_rr_arbiter #(.Num(Slots)) u_pick (
    .clk, .rst_n, .request(wants), .advance(step_q == StepPick), .grant(picked),
    .grant_index(pick_slot)
  );
  assign unused_grant = picked;
  assign cfg_ctx      = line_q[pick_slot].ctx[CtxW-1:0];
  assign step_vpn     = {step_line_q.line, 3'b0};
  assign root_is_five = cfg_q.format == FormatX86_64L5;
  assign root_level   = root_is_five ? 3'd4 : 3'd3;

  logic pwc_insert;
  assign pwc_insert = step_q == StepJudge && judge_valid_q && step_level_q != '0 && !entry_fault
                      && !leaf && !line_failed;
  vmso_xlat_pwc #(.Cfg(Cfg)) u_pwc (
    .clk, .rst_n, .look_ctx(step_line_q.ctx), .look_vpn(step_vpn), .look_hit,
    .look_level(pwc_level), .look_table(pwc_table),
    .insert_valid(pwc_insert), .insert_ctx(step_line_q.ctx), .insert_vpn(step_vpn),
    .insert_level(step_level_q), .insert_table(entry_ppn), .clear(pwc_clear)
  );
  assign pwc_hit = step_q == StepStart && look_hit;

  always_comb begin
    demanded = '0;
    unique case (step_level_q)
      3'd1: demanded = step_vpn[11:9];
      3'd2: demanded = step_vpn[20:18];
      3'd3: demanded = step_vpn[29:27];
      3'd4: demanded = step_vpn[38:36];
      default: ;
    endcase
  end
  logic [5:0] line_in_table;
  always_comb begin
    unique case (step_level_q)
      3'd1: line_in_table = step_vpn[17:12];
      3'd2: line_in_table = step_vpn[26:21];
      3'd3: line_in_table = step_vpn[35:30];
      3'd4: line_in_table = step_vpn[44:39];
      default: line_in_table = step_vpn[8:3];
    endcase
  end
  assign walk_req_valid = step_q == StepRead;
  assign walk_req = '{addr: {table_q, line_in_table, 6'b0}, len: 8'(Beats - 1)};

  // judge: an upper level judges its demanded entry once; a leaf line all eight pages, one a cycle
  assign judge_vpn = {step_line_q.line, judged_q};
  vmso_xlat_decode u_decode (
    .entry, .level(step_level_q), .vpn(judge_vpn), .cfg(cfg_q), .leaf, .fault(entry_fault),
    .cause(entry_cause), .ppn(entry_ppn)
  );
  vmso_xlat_window u_window (.windows, .ppn(entry_ppn), .inside_window(in_window));
  always_comb begin
    line_failed = resp_q[slot_q] != RespOkay;
    unique case (resp_q[slot_q])
      RespSlvErr: line_cause = CauseTableSlvErr;
      RespDecErr: line_cause = CauseTableDecErr;
      RespWindow: line_cause = CauseTableWindow;
      RespTimeout: line_cause = CauseBusTimeout;
      default: line_cause = CauseNone;
    endcase
    result = '{fault: 1'b0, cause: CauseNone, ppn: entry_ppn};
    if (line_failed) result = '{fault: 1'b1, cause: line_cause, ppn: '0};
    else if (entry_fault) result = '{fault: 1'b1, cause: entry_cause, ppn: '0};
    else if (!in_window) result = '{fault: 1'b1, cause: CauseDataWindow, ppn: '0};
  end

  // a walk that was restarted by a COMMIT may find a context of another format
  logic walkable, retry_q;
  assign walkable = (cfg_q.format == FormatX86_64L4 || root_is_five)
                    && (root_is_five ? step_vpn[51:44] == {8{step_vpn[51]}}
                                     : step_vpn[51:35] == {17{step_vpn[51]}});
  assign answer_retry = retry_q;

  logic judge_last, goes_down;
  assign goes_down  = !line_failed && !entry_fault && !leaf;
  assign judge_last = judged_q == 3'd7;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q       <= '0;
      step_q        <= StepPick;
      judge_valid_q <= 1'b0;
    end else begin
      if (miss_valid && open) begin
        state_q[free_slot]   <= SlotStart;
      end
      if (rsp_valid && read_rsp.last) state_q[rsp_slot] <= SlotLine;
      unique case (step_q)
        StepPick: if (wants != '0) step_q <= StepConfig;
        StepConfig: step_q <= step_new_q ? StepStart : StepEntry;
        StepStart: begin
          step_q <= walkable ? StepRead : StepAnswer;
          if (!walkable) state_q[slot_q] <= SlotClosing;
        end
        StepRead: if (walk_req_ready) begin
          step_q          <= StepPick;
          state_q[slot_q] <= SlotWait;
        end
        StepEntry: step_q <= StepJudge;
        StepJudge: if (judge_valid_q) begin
          if (goes_down) begin
            step_q <= StepRead;
          end else if (judge_last) begin
            step_q          <= StepAnswer;
            state_q[slot_q] <= SlotClosing;
          end
        end
        default: if (answer_done) begin  // StepAnswer
          step_q          <= StepPick;
          state_q[slot_q] <= SlotFree;
        end
      endcase
      judge_valid_q <= step_q == StepEntry || (step_q == StepJudge && !goes_down && !judge_last);
      if (restart) begin
        for (int unsigned s = 0; s < Slots; s++) begin
          if (frozen[s] && state_q[s] == SlotLine) state_q[s] <= SlotStart;
        end
      end
    end
  end
  always_ff @(posedge clk) begin
    for (int unsigned s = 0; s < Slots; s++) begin
      if (miss_valid && open && free_slot == slot_t'(s)) line_q[s] <= miss_line;
      if (miss_valid && (open || joined) && (open ? free_slot : match_slot) == slot_t'(s)) begin
        head_q[s] <= miss_key;
      end
    end
    if (walk_req_valid && walk_req_ready) begin
      beat_q[slot_q] <= '0;
      resp_q[slot_q] <= RespOkay;
      level_q[slot_q] <= step_level_q;
    end
    if (rsp_valid) begin
      beat_q[rsp_slot] <= beat_q[rsp_slot] + 1'b1;
      if (read_rsp.resp != RespOkay && resp_q[rsp_slot] == RespOkay) begin
        resp_q[rsp_slot] <= read_rsp.resp;
      end
    end
    if (step_q == StepPick) begin
      slot_q      <= pick_slot;
      step_line_q <= line_q[pick_slot];
      step_new_q  <= state_q[pick_slot] == SlotStart;
      step_level_q <= level_q[pick_slot];
    end
    if (step_q == StepConfig) begin
      cfg_q   <= cfg;
      entry_q <= demanded;
    end
    if (step_q == StepPick) retry_q <= 1'b0;
    if (step_q == StepStart) begin
      retry_q      <= !walkable;
      step_level_q <= look_hit ? pwc_level : root_level;
      table_q      <= look_hit ? pwc_table : cfg_q.root;
    end
    // entries of a leaf level are read one ahead of the judge
    if (step_q == StepConfig) judged_q <= '0;
    if ((step_q == StepEntry || step_q == StepJudge) && step_level_q == '0) begin
      entry_q <= entry_q + 1'b1;
    end
    if (step_q == StepJudge && judge_valid_q) begin
      results_q[judged_q] <= result;
      judged_q            <= judged_q + 1'b1;
      if (goes_down) begin
        step_level_q <= step_level_q - 1'b1;
        table_q      <= entry_ppn;
      end
    end
  end
  assign frozen_step = freeze && (freeze_all || step_line_q.ctx == freeze_ctx);
  assign freeze_idle = step_q == StepPick || !frozen_step;

  // -- answers --------------------------------------------------------------------------------------
  logic    answering_q;
  result_t mine;
  assign mine         = results_q[waiter.page];
  assign answer_valid = answering_q;
  assign answer = '{job: job_t'(at_q[KeyW-1:5]), run: at_q[4:0], fault: mine.fault,
                    cause: mine.cause, level: step_level_q, ppn: mine.ppn};
  assign answer_done  = answering_q && answer_ready && waiter.last;
  always_ff @(posedge clk) begin
    if (!rst_n) answering_q <= 1'b0;
    else if (answer_done) answering_q <= 1'b0;
    else if (step_q == StepAnswer) answering_q <= 1'b1;
  end
  always_ff @(posedge clk) begin
    if (step_q == StepAnswer && !answering_q) at_q <= head_q[slot_q];
    else if (answer_ready) at_q <= waiter.next;
  end
  assign tlb_write_valid = step_q == StepAnswer && !answering_q && !retry_q;
  assign tlb_write_ctx   = step_line_q.ctx;
  assign tlb_write_line  = step_line_q.line;
  always_comb begin
    for (int unsigned p = 0; p < 8; p++) begin
      tlb_write_data[p] = {!results_q[p].fault, results_q[p].ppn};
    end
  end

  logic unused_bits;
  assign unused_bits = ^{unused_grant,
                         miss.queue, miss.job, walk_req_id, line_q, judge_vpn};

`ifdef VMSO_CHECKS
  `VMSO_IMPL(LineOfAWait, !rsp_valid || state_q[rsp_slot] == SlotWait)
`endif
endmodule : vmso_xlat_walk
