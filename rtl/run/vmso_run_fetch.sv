// SPDX-License-Identifier: Apache-2.0
// Turns fetch commands into pieces, from the head of a job's runs.
//
// fetch       valid/ready; a command of n pieces takes n + 1 cycles, one without bytes takes one. All its
//             bytes are translated (the room seg has looked)
// load        valid only, before the job's first command: where its frames are cut beside
// piece       valid/ready, registered, two cycles after the command, then one per cycle
// taken       valid only: a run that a piece came from; freed_valid: it is used up
// asked       valid only: a piece of this queue will be read
// last        valid only: the last command of the job is done; kill_valid: the job dies, no command follows
// move        valid only: everything of the job before move.head is dropped
// reset       control; places by the init walk
`include "vmso_assert.svh"
module vmso_run_fetch
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            init_valid,
  input  logic [JobW-1:0] init_job,
  input  logic            put_valid,
  input  logic [JobW-1:0] put_job,
  input  run_t            put_run,
  input  run_entry_t      put,
  input  logic            fill_valid,
  input  fill_t           fill,
  input  logic            move_valid,
  input  logic [JobW-1:0] move_job,
  input  taken_t          move,
  input  logic            load_valid,
  input  logic [JobW-1:0] load_job,
  input  cuts_t           load_cuts,
  input  logic            fetch_valid,
  output logic            fetch_ready,
  input  fetch_t          fetch,
  output logic            piece_valid,
  input  logic            piece_ready,
  output piece_t          piece,
  output logic            fetch_idle,
  output logic            taken_valid,  // a piece came from this run
  output logic [JobW-1:0] taken_job,
  output queue_t          asked_queue,
  output run_t            taken_run,
  output logic            taken_discard,  // it is not read
  output logic            freed_valid,
  output logic            last_valid,
  output logic            kill_valid,  // of last_job too
  output logic [JobW-1:0] last_job,
  input  logic [JobW-1:0] work_job,
  output ptr_t            work_head,
  input  logic [JobW-1:0] status_job,
  output ptr_t            status_head,
  output logic [17:0]     status_taken,
  input  logic [JobW-1:0] row_job,
  output taken_t          row_taken
);
  typedef struct packed {
    vpn_t        vpn;
    logic [11:0] offset;
    logic [12:0] bytes;
    logic [1:0]  space;
  } place_t;

  // -- command: where its job stands -------------------------------------------------------------------
  logic            accept, busy_q, emit, last, ends, uses_up;
  fetch_t          cmd_q;
  pos_t            left_q, pos_q;  // of the part in work
  taken_t          start, at_q, at, state;
  logic [JobW-1:0] job, job_q;

  assign fetch_ready = !busy_q;
  assign accept      = fetch_valid && fetch_ready;
  assign fetch_idle  = !busy_q && !piece_valid;
  assign job         = fetch.job[JobW-1:0];
  assign job_q       = cmd_q.job[JobW-1:0];

  // -- parts: bytes are read apart that a tag will stand between, or of which only some are summed ------
  logic  to_tag, to_sum, splits, sums_q, next_part;
  cuts_t cuts;
  pos_t  from, bytes_from, rest_q, cut, cut_q, room;

  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(cuts_t))) u_cuts (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_cuts),
    .read_addr(busy_q ? job_q : job), .read_data(cuts)
  );
  assign next_part  = emit && last && rest_q != '0;
  assign from       = busy_q ? cut_q : fetch.pos;  // in the frame without a tag
  assign bytes_from = busy_q ? rest_q : fetch.bytes;
  assign to_tag     = cuts.tag && from < TagAt;
  assign to_sum     = cuts.csum && from < cuts.csum_from;
  assign cut        = to_tag ? TagAt : cuts.csum_from;  // a sum never begins before a tag
  assign room       = cut - from;
  assign splits     = (to_tag || to_sum) && bytes_from > room;
  always_ff @(posedge clk) begin
    if (accept || next_part) begin
      sums_q <= !to_sum;
      cut_q  <= cut;
      rest_q <= splits ? bytes_from - room : '0;
    end
  end

  // -- run at the head, read one cycle ahead -----------------------------------------------------------
  place_t         place, put_place;
  ppn_t           ppn;
  logic           read;
  logic [JobW+4:0] read_addr;
  run_t           next_run;
  assign next_run  = at_q.head[4:0] + 1'b1;
  assign read      = accept || (emit && uses_up);
  assign read_addr = busy_q ? {job_q, next_run} : {job, start.head[4:0]};
  assign put_place = '{vpn: put.vpn, offset: put.offset, bytes: put.bytes, space: put.space};
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(place_t))) u_places (
    .clk, .write_en(put_valid), .write_addr({put_job, put_run}), .write_data(put_place),
    .read_en(read), .read_addr(read_addr), .read_data(place)
  );
  vmso_ram_1w1r #(.Depth(Cfg.jobs * Runs), .LaneBits($bits(ppn_t))) u_pages (
    .clk, .write_en(fill_valid), .write_addr({fill.job[JobW-1:0], fill.run}),
    .write_data(fill.ppn), .read_en(read), .read_addr(read_addr), .read_data(ppn)
  );

  // -- piece -------------------------------------------------------------------------------------------
  logic [12:0] rest, bytes;
  logic [11:0] offset;
  assign rest    = place.bytes - {1'b0, at_q.off};
  assign uses_up = left_q >= pos_t'(rest);
  assign last    = left_q <= pos_t'(rest);
  assign ends    = last && rest_q == '0;
  assign bytes   = last ? left_q[12:0] : rest;
  assign offset  = place.offset + at_q.off;
  assign emit    = busy_q && !move_valid && (!piece_valid || piece_ready);
  always_comb begin
    at       = at_q;
    at.taken = at_q.taken + 18'(bytes);
    at.off   = at_q.off + bytes[11:0];
    if (uses_up) begin
      at.head = at_q.head + 1'b1;
      at.off  = '0;
    end
  end
  assign freed_valid = emit && uses_up;
  assign taken_valid = emit;
  assign taken_job   = job_q;
  assign taken_run   = at_q.head[4:0];
  assign taken_discard = cmd_q.discard;
  assign asked_queue = cmd_q.queue;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      busy_q      <= 1'b0;
      piece_valid <= 1'b0;
      last_valid  <= 1'b0;
      kill_valid  <= 1'b0;
    end else begin
      busy_q      <= (accept && fetch.bytes != '0) || (busy_q && !(emit && ends));
      piece_valid <= (emit && !cmd_q.discard) || (piece_valid && !piece_ready);
      last_valid  <= (accept && fetch.bytes == '0 && fetch.job_last)
                     || (emit && ends && cmd_q.job_last);
      kill_valid  <= accept && fetch.kill;
    end
  end
  always_ff @(posedge clk) begin
    last_job <= busy_q ? job_q : job;
    if (accept) begin
      cmd_q <= fetch;
      at_q  <= start;
    end else if (emit) begin
      at_q  <= at;
    end
    if (accept || next_part) begin
      left_q <= splits ? room : bytes_from;
      pos_q  <= from + (cuts.tag && !to_tag ? pos_t'(4) : '0);
    end else if (emit) begin
      left_q <= left_q - pos_t'(bytes);
      pos_q  <= pos_q + pos_t'(bytes);
    end
    if (emit) begin
      piece <= '{fetch: cmd_q, addr: {ppn, offset}, va: {place.vpn, offset}, space: place.space,
                 pos: pos_q, bytes: bytes, sums: sums_q, last: ends};
    end
  end

  // -- places of the jobs, read by fetch, builder, status and rows -------------------------------------
  logic            state_en;
  logic [JobW-1:0] state_job;
  assign state_en  = init_valid || move_valid || emit;
  assign state_job = init_valid ? init_job : move_valid ? move_job : job_q;
  assign state     = init_valid ? '0 : move_valid ? move : at;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(taken_t))) u_taken (
    .clk, .write_en(state_en), .write_addr(state_job), .write_data(state),
    .read_addr(job), .read_data(start)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(taken_t))) u_taken_row (
    .clk, .write_en(state_en), .write_addr(state_job), .write_data(state),
    .read_addr(row_job), .read_data(row_taken)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(6)) u_head_work (
    .clk, .write_en(state_en), .write_addr(state_job), .write_data(state.head),
    .read_addr(work_job), .read_data(work_head)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(24)) u_status (
    .clk, .write_en(state_en), .write_addr(state_job), .write_data({state.head, state.taken}),
    .read_addr(status_job), .read_data({status_head, status_taken})
  );

  logic unused_bits;
  assign unused_bits = ^{put.tmpl, put.advise, put.fresh, put.bad, fill};

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(KillReadsNothing, fetch_valid && fetch.kill, fetch.bytes == '0 && !fetch.job_last)
  `VMSO_INTG_IF(NoMoveUnderFetch, move_valid && busy_q, move_job != job_q)
`endif
endmodule : vmso_run_fetch
