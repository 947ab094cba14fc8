// SPDX-License-Identifier: Apache-2.0
// Whose turn is it in the builder? Keeps the cursors of the jobs that are being built.
//
// load        valid only: a job to be built; buffer0 + buffer1 <= payload bytes
// save        valid only: the builder puts its job aside until it has its next turn (Yield), a run of it
//             is freed (Full) or a further slot has landed (Slot)
// freed, landed  valid only: a run place of the job is free, another slot of it is here
// ended       valid only: the builder has finished or dropped its job
// turn        valid/ready. The lists of fresh jobs, of those put aside, of those with a freed run and of
//             those with a landed slot take turns, the oldest of each first. A job that is loaded while
//             the builder is idle is passed on at once, else it comes 2 cycles later
// turn_waits  a turn that was not passed on at once
// let_go      pulse: forget look_job if it waits for a freed run; in a list it stays and the builder drops
//             it. look_busy: it is still somewhere (one cycle late)
// reset       flags and lists; `ready` of the flags comes jobs cycles later
`include "vmso_assert.svh"
module vmso_run_turn
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic            clk,
  input  logic            rst_n,
  input  logic            load_valid,
  input  logic [JobW-1:0] load_job,
  input  cursor_t         load_cursor,
  input  buffers_t        load_buffers,
  input  logic            save_valid,
  input  logic [JobW-1:0] save_job,
  input  cursor_t         save,
  input  aside_e          save_why,
  input  logic            ended_valid,
  input  logic [JobW-1:0] ended_job,
  input  logic            freed_valid,
  input  logic [JobW-1:0] freed_job,
  input  logic            landed_valid,
  input  logic [JobW-1:0] landed_job,
  input  logic            let_go,
  input  logic [JobW-1:0] look_job,
  output logic            look_busy,
  input  logic            work_idle,
  output logic            turn_valid,
  input  logic            turn_ready,
  output logic            turn_waits,
  output logic [JobW-1:0] turn_job,
  output cursor_t         turn_cursor,
  output buffers_t        turn_buffers
);
  // -- jobs that wait for a freed run, or for a slot ----------------------------------------------------
  // What comes in the cycle in which its job is put aside was not seen by the builder.
  logic full, full_freed, full_cleared, look_in_full, cleared_q;
  logic hungry, hungry_landed, unseen, unused_full_ready, unused_hungry_ready;
  assign unseen = (save_why == AsideFull && freed_valid && freed_job == save_job)
                  || (save_why == AsideSlot && landed_valid && landed_job == save_job);
  assign full         = save_valid && save_why == AsideFull && !unseen;
  assign hungry       = save_valid && save_why == AsideSlot && !unseen;
  assign full_cleared = let_go && look_in_full && !freed_valid && !cleared_q;
  vmso_flags #(.Num(Cfg.jobs), .Asks(2)) u_full (
    .clk, .rst_n, .ready(unused_full_ready), .put_valid(full), .put(save_job),
    .drop_valid(freed_valid || full_cleared), .drop(freed_valid ? freed_job : look_job),
    .ask({look_job, freed_job}), .is_in({look_in_full, full_freed})
  );
  vmso_flags #(.Num(Cfg.jobs)) u_hungry (
    .clk, .rst_n, .ready(unused_hungry_ready), .put_valid(hungry), .put(save_job),
    .drop_valid(landed_valid), .drop(landed_job), .ask(landed_job), .is_in(hungry_landed)
  );

  // -- lists of jobs that can go on -------------------------------------------------------------------
  localparam int unsigned Fresh = 0, Aside = 1, Freed = 2, Landed = 3;
  logic                 bypass, read, read_valid_q, read_fresh_q;
  logic [3:0]           list, room, waiting, grant;
  logic [3:0][JobW-1:0] job, first;
  logic [3:0][JobW:0]   unused_count;
  logic [1:0]           unused_grant_index;
  logic [JobW-1:0]      read_job, read_job_q;

  assign list[Fresh]  = load_valid && !bypass;
  assign list[Aside]  = save_valid && (save_why == AsideYield || unseen);
  assign list[Freed]  = freed_valid && full_freed;
  assign list[Landed] = landed_valid && hungry_landed;
  assign job          = {landed_job, freed_job, save_job, load_job};
  for (genvar i = 0; i < 4; i++) begin : gen_list
    vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_list (
      .clk, .rst_n, .in_valid(list[i]), .in_ready(room[i]), .in(job[i]),
      .out_valid(waiting[i]), .out_ready(read && grant[i]), .out(first[i]), .count(unused_count[i])
    );
  end
  vmso_rr_arbiter #(.Num(4)) u_choice (
    .clk, .rst_n, .request(waiting), .advance(read), .grant, .grant_index(unused_grant_index)
  );
  assign read = waiting != '0 && (!read_valid_q || turn_ready);
  always_comb begin
    read_job = '0;
    for (int unsigned i = 0; i < 4; i++) if (grant[i]) read_job |= first[i];
  end

  // -- the cursor of the job that is to come: as it was loaded, or as it was saved ----------------------
  cursor_t  loaded_cursor, saved_cursor;
  buffers_t read_buffers;
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(cursor_t))) u_loaded (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_cursor),
    .read_en(read), .read_addr(read_job), .read_data(loaded_cursor)
  );
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(cursor_t))) u_saved (
    .clk, .write_en(save_valid), .write_addr(save_job), .write_data(save),
    .read_en(read), .read_addr(read_job), .read_data(saved_cursor)
  );
  vmso_ram_1w1r #(.Depth(Cfg.jobs), .LaneBits($bits(buffers_t))) u_buffers (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_buffers),
    .read_en(read), .read_addr(read_job), .read_data(read_buffers)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) read_valid_q <= 1'b0;
    else read_valid_q <= read || (read_valid_q && !turn_ready);
  end
  always_ff @(posedge clk) begin
    if (read) begin
      read_job_q   <= read_job;
      read_fresh_q <= grant[Fresh];
    end
  end

  assign bypass       = load_valid && work_idle && !waiting[Fresh] && !read_valid_q;
  assign turn_waits   = read_valid_q;
  assign turn_valid   = read_valid_q || bypass;
  assign turn_job     = read_valid_q ? read_job_q : load_job;
  assign turn_cursor  = !read_valid_q ? load_cursor : read_fresh_q ? loaded_cursor : saved_cursor;
  assign turn_buffers = read_valid_q ? read_buffers : load_buffers;

  // -- is the job still somewhere? One leaves a cycle: ended, then let go ---------------------------------
  logic            busy, leave;
  logic [JobW-1:0] cleared_job_q, leaving;
  logic            unused_busy_ready;
  assign leave   = ended_valid || cleared_q;
  assign leaving = ended_valid ? ended_job : cleared_job_q;
  vmso_flags #(.Num(Cfg.jobs)) u_busy (
    .clk, .rst_n, .ready(unused_busy_ready), .put_valid(load_valid), .put(load_job),
    .drop_valid(leave), .drop(leaving), .ask(look_job), .is_in(busy)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      cleared_q <= 1'b0;
      look_busy <= 1'b1;
    end else begin
      cleared_q <= full_cleared || (cleared_q && ended_valid);
      look_busy <= busy;
    end
  end
  always_ff @(posedge clk) if (full_cleared) cleared_job_q <= look_job;

  logic unused_bits;
  assign unused_bits = ^room;  // each list holds every job

`ifdef VMSO_CHECKS
  // which jobs are being built, and which of them stand in a list
  logic [Cfg.jobs-1:0] busy_q, listed_q;
  logic                listed_twice;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      busy_q   <= '0;
      listed_q <= '0;
    end else begin
      if (leave) busy_q[leaving] <= 1'b0;
      if (load_valid) busy_q[load_job] <= 1'b1;
      if (read) listed_q[read_job] <= 1'b0;
      for (int unsigned i = 0; i < 4; i++) if (list[i]) listed_q[job[i]] <= 1'b1;
    end
  end
  always_comb begin
    listed_twice = 1'b0;
    for (int unsigned i = 0; i < 4; i++) begin
      if (list[i] && (listed_q[job[i]] || (i != Fresh && !busy_q[job[i]]))) listed_twice = 1'b1;
    end
  end
  `VMSO_INTG_IF(LoadOfAFreeEntry, load_valid, !busy_q[load_job])
  `VMSO_IMPL_IF(SavedIsBusy, save_valid, busy_q[save_job])
  `VMSO_IMPL_IF(ListsHaveRoom, list != '0, (list & ~room) == '0)
  `VMSO_IMPL(OnePlaceEach, !listed_twice)
  `VMSO_IMPL_IF(BusyAgrees, unused_busy_ready, busy == busy_q[look_job])
`endif
endmodule : vmso_run_turn
