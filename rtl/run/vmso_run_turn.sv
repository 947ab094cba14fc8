// SPDX-License-Identifier: Apache-2.0
// Whose turn is it in the builder? Keeps the cursors of the jobs that are being built.
//
// load        valid only: a job to be built; buffer0 + buffer1 <= payload bytes
// save        valid only, not together with load: the builder puts its job aside until it has its next
//             turn (Yield), a run of it is freed (Full) or a further slot has landed (Slot)
// ended       valid only: the builder has finished or dropped its job
// turn        valid/ready. Jobs put aside and fresh ones alternate; fresh ones oldest first. A job that
//             is loaded while the builder is idle is passed on at once, else it comes 2 cycles later
// clear       level: forget clear_job where it waits; elsewhere the builder drops it. clear_busy: it is
//             still somewhere (one cycle late)
// reset       flags and lists
`include "vmso_assert.svh"
module vmso_run_turn
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic                clk,
  input  logic                rst_n,
  input  logic                load_valid,
  input  logic [JobW-1:0]     load_job,
  input  cursor_t             load_cursor,
  input  buffers_t            load_buffers,
  input  logic                save_valid,
  input  logic [JobW-1:0]     save_job,
  input  cursor_t             save,
  input  aside_e              save_why,
  input  logic                ended_valid,
  input  logic [JobW-1:0]     ended_job,
  input  logic                freed_valid,   // a run place of the job
  input  logic [JobW-1:0]     freed_job,
  output logic [Cfg.jobs-1:0] slot_wanted,
  input  logic                slot_taken_valid,  // the want of this job is being served
  input  logic [JobW-1:0]     slot_taken_job,
  input  logic                landed_valid,
  input  logic [JobW-1:0]     landed_job,
  input  logic                clear_active,
  input  logic [JobW-1:0]     clear_job,
  output logic                clear_busy,
  input  logic                work_idle,
  output logic                turn_valid,
  input  logic                turn_ready,
  output logic [JobW-1:0]     turn_job,
  output cursor_t             turn_cursor,
  output buffers_t            turn_buffers
);
  localparam int unsigned Jobs = Cfg.jobs;

  function automatic logic [Jobs-1:0] bit_of(logic valid, logic [JobW-1:0] job);
    return Jobs'(valid) << job;
  endfunction

  // -- flags -------------------------------------------------------------------------------------------
  // exactly one holds a job with busy_q: the fresh list, a stage below, the builder, go_on_q, full_q,
  // slot_q, or the fetch of its slot
  logic [Jobs-1:0] busy_q, go_on_q, full_q, slot_q;
  logic [Jobs-1:0] freed_bit, saved_bit, landed_bit, taken_bit, drop_bit, next_grant;
  logic            full_now, next_take;

  assign slot_wanted = slot_q;
  assign freed_bit   = bit_of(freed_valid, freed_job);
  assign saved_bit   = bit_of(save_valid, save_job);
  assign landed_bit  = bit_of(landed_valid, landed_job);
  assign taken_bit   = bit_of(slot_taken_valid, slot_taken_job);
  // a place that is freed in the cycle in which its job is put aside was not seen by the builder
  assign full_now    = save_why == AsideFull && !(freed_valid && freed_job == save_job);
  assign drop_bit    = bit_of(clear_active, clear_job) & (full_q | (slot_q & ~taken_bit));

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      busy_q     <= '0;
      go_on_q    <= '0;
      full_q     <= '0;
      slot_q     <= '0;
      clear_busy <= 1'b1;
    end else begin
      busy_q  <= (busy_q | bit_of(load_valid, load_job))
                 & ~(drop_bit | bit_of(ended_valid, ended_job));
      full_q  <= (full_q | (full_now ? saved_bit : '0)) & ~(freed_bit | drop_bit);
      slot_q  <= (slot_q | (save_why == AsideSlot ? saved_bit : '0)) & ~(taken_bit | drop_bit);
      go_on_q <= (go_on_q & (next_take ? ~next_grant : '1)) | (freed_bit & full_q & ~drop_bit)
                 | landed_bit | (save_why != AsideSlot && !full_now ? saved_bit : '0);
      clear_busy <= busy_q[clear_job];
    end
  end

  // -- next: one of the jobs that can go on -----------------------------------------------------------
  logic            next_valid_q, next_used;
  logic [JobW-1:0] next_index, next_q;
  assign next_take = go_on_q != '0 && (!next_valid_q || next_used);
  vmso_rr_arbiter #(.Num(Jobs)) u_next (
    .clk, .rst_n, .request(go_on_q), .advance(next_take), .grant(next_grant),
    .grant_index(next_index)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) next_valid_q <= 1'b0;
    else next_valid_q <= next_take || (next_valid_q && !next_used);
  end
  always_ff @(posedge clk) if (next_take) next_q <= next_index;

  // -- fresh jobs; read: the cursor of the job that is to come ---------------------------------------
  logic            bypass, fresh_valid, fresh_used, fresh_room, read_valid_q, read, fresh_turn_q;
  logic [JobW-1:0] fresh, read_job, read_job_q;
  logic [JobW:0]   unused_fresh_count;
  cursor_t         read_cursor;
  buffers_t        read_buffers;

  assign bypass = load_valid && work_idle && !fresh_valid && !read_valid_q;
  vmso_fifo #(.Bits(JobW), .Depth(Jobs)) u_fresh (
    .clk, .rst_n, .in_valid(load_valid && !bypass), .in_ready(fresh_room), .in(load_job),
    .out_valid(fresh_valid), .out_ready(fresh_used), .out(fresh), .count(unused_fresh_count)
  );
  assign read       = (fresh_valid || next_valid_q) && (!read_valid_q || turn_ready);
  assign fresh_used = read && fresh_valid && (fresh_turn_q || !next_valid_q);
  assign next_used  = read && !fresh_used;
  assign read_job   = fresh_used ? fresh : next_q;

  vmso_ram_1w1r #(.Depth(Jobs), .LaneBits($bits(cursor_t))) u_cursor (
    .clk, .write_en(load_valid || save_valid), .write_addr(load_valid ? load_job : save_job),
    .write_data(load_valid ? load_cursor : save),
    .read_en(read), .read_addr(read_job), .read_data(read_cursor)
  );
  vmso_ram_1w1r #(.Depth(Jobs), .LaneBits($bits(buffers_t))) u_buffers (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_buffers),
    .read_en(read), .read_addr(read_job), .read_data(read_buffers)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      read_valid_q <= 1'b0;
      fresh_turn_q <= 1'b0;
    end else begin
      read_valid_q <= read || (read_valid_q && !turn_ready);
      if (read) fresh_turn_q <= next_used;
    end
  end
  always_ff @(posedge clk) if (read) read_job_q <= read_job;

  assign turn_valid   = read_valid_q || bypass;
  assign turn_job     = read_valid_q ? read_job_q : load_job;
  assign turn_cursor  = read_valid_q ? read_cursor : load_cursor;
  assign turn_buffers = read_valid_q ? read_buffers : load_buffers;

  logic unused_bits;
  assign unused_bits = fresh_room;  // the list holds every job

`ifdef VMSO_CHECKS
  `VMSO_INTG(LoadOfAFreeEntry, !load_valid || !busy_q[load_job])
  `VMSO_IMPL(LoadOrSave, !load_valid || !save_valid)
  `VMSO_IMPL(SavedIsBusy, !save_valid || busy_q[save_job])
  `VMSO_IMPL(FreshListHasRoom, !load_valid || fresh_room)
  `VMSO_IMPL(OnePlaceEach, (go_on_q & full_q) == '0 && (go_on_q & slot_q) == '0
             && (full_q & slot_q) == '0 && ((go_on_q | full_q | slot_q) & ~busy_q) == '0)
`endif
endmodule : vmso_run_turn
