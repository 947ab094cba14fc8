// SPDX-License-Identifier: Apache-2.0
// Cuts the descriptors of one job at a time into runs: one run, or one descriptor skipped, per cycle.
//
// turn        valid/ready: a job to work on. It is put aside (save) when its run FIFO is full, when it
//             needs a further slot that has not landed, or after TurnRuns runs while another job waits
// want        valid only: one more slot of the job is asked for; want_slots of them, modulo 4, with this one.
//             It has at most 3 that it has not taken up
// place       the next place of the job's further slot, one cycle after place_bank and place_at; place_slots:
//             how many slots have landed, modulo 4
// new         valid/ready, stands until taken: the lookup of a new run. With the handshake the run is
//             put (static part) and counted in alloc
// bad         valid/ready: an error run; it is put without a lookup and ends the building of its job
// done        valid/ready: all descriptors were seen and agree, and no run was asked for in the same
//             cycle; done_set is the same without that condition
// dying       of work_job, combinational: it is ended without a trace
// pause       no new lookup is begun
// latency     turn to new: one cycle
// reset       control; alloc by the init walk
`include "vmso_assert.svh"
module vmso_run_build
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
  input  logic            turn_valid,
  output logic            turn_ready,
  input  logic            turn_waits,
  input  logic [JobW-1:0] turn_job,
  input  cursor_t         turn_cursor,
  input  buffers_t        turn_buffers,
  output logic            work_idle,
  output logic [JobW-1:0] work_job,      // for the queries head, place_count
  input  ptr_t            head,
  output logic            place_en,
  output bank_t           place_bank,
  output logic [1:0]      place_at,
  input  desc_t           place,
  output bank_t           count_bank,
  input  logic [2:0]      place_count,
  input  bank_t           place_slots,
  output logic            want_valid,
  output bank_t           want_slots,
  output logic            save_valid,
  output cursor_t         save,
  output aside_e          save_why,
  output logic            ended_valid,
  input  logic            dying,
  input  logic            pause,
  output logic            new_valid,
  input  logic            new_ready,
  output lookup_t         new_lookup,
  output logic            put_valid,
  output run_t            put_run,
  output run_entry_t      put,
  output logic            bad_valid,
  input  logic            bad_ready,
  output logic            done_valid,
  input  logic            done_ready,
  output logic            done_set,
  input  logic [JobW-1:0] status_job,
  output ptr_t            status_alloc,
  input  logic [JobW-1:0] row_job,
  output ptr_t            row_alloc
);
  localparam logic [3:0] TurnRuns = 4'd8;

  logic            valid_q, asked_q, place_valid_q;
  logic [JobW-1:0] job_q;
  cursor_t         c, d;  // cursor now and after this cycle
  buffers_t        buffers_q;
  ptr_t            alloc_q, turn_alloc, alloc_used;
  logic [3:0]      pace_q;

  assign work_idle = !valid_q;
  assign work_job  = job_q;

  // -- what this cycle does ----------------------------------------------------------------------------
  logic        drop, yield, work, is_bad, has, skips, asks, room, asked, spoils, finish, advance;
  logic        needs_room, needs_slot, agrees, done, ends, fits;
  bank_t       ahead;
  logic [12:0] page_rest, run_bytes;
  ptr_t        held;

  assign held       = alloc_q - head;
  assign room       = !held[5];
  assign drop       = dying && !asked_q;
  assign yield      = pace_q == TurnRuns && turn_waits && !asked_q;
  assign work       = valid_q && !drop && !yield && !(pause && !asked_q);
  assign is_bad     = c.cur.bad != BadNot;
  assign has        = c.cur.bytes != '0;
  assign skips      = has && !is_bad && !c.tmpl && c.skip != '0;
  assign asks       = has && !is_bad && !skips;
  assign needs_room = work && (asks || is_bad) && !room;
  assign page_rest  = 13'h1000 - {1'b0, c.cur.addr[11:0]};
  assign fits       = c.cur.bytes <= bytes_t'(page_rest);
  assign run_bytes  = fits ? c.cur.bytes[12:0] : page_rest;
  assign new_valid  = work && asks && room;
  assign asked      = new_valid && new_ready;
  assign bad_valid  = work && is_bad && room;
  assign spoils     = bad_valid && bad_ready;
  assign finish     = asked && fits;
  assign advance    = work && !is_bad && (!has || finish);
  assign ahead      = c.asked - c.taken;
  assign want_slots = c.asked + 1'b1;
  assign want_valid = valid_q && !drop && !is_bad && c.slots_left != '0 && ahead != '1;

  // -- next descriptor ---------------------------------------------------------------------------------
  desc_t next;
  logic  placed, next_valid;
  assign placed     = c.chained && c.place != place_count;
  assign next_valid = c.todo0 || c.todo1 || (placed && place_valid_q);
  always_comb begin
    next = place;
    if (c.todo0) begin
      next = '{bad: BadNot, addr: buffers_q.buffer0.addr, bytes: buffers_q.buffer0.bytes,
               ctx: buffers_q.buffer0.ctx, space: buffers_q.buffer0.space};
    end else if (c.todo1) begin
      next = '{bad: BadNot, addr: buffers_q.buffer1.addr, bytes: buffers_q.buffer1.bytes,
               ctx: buffers_q.buffer1.ctx, space: buffers_q.buffer1.space};
    end
  end

  logic [63:0] moved;
  assign moved = c.cur.addr + (skips ? 64'(c.skip) : 64'h1000);
  always_comb begin
    d          = c;
    needs_slot = 1'b0;
    agrees     = 1'b0;
    if (want_valid) begin
      d.asked      = want_slots;
      d.slots_left = c.slots_left - 1'b1;
    end
    if (work && skips) begin
      d.cur.bytes = c.cur.bytes > c.skip ? c.cur.bytes - c.skip : '0;
      d.skip      = c.cur.bytes > c.skip ? '0 : c.skip - c.cur.bytes;
      d.cur.addr  = moved;
    end
    if (asked) begin
      d.fresh     = 1'b0;
      d.cur.bytes = c.cur.bytes - bytes_t'(run_bytes);
      d.cur.addr  = {moved[63:12], 12'b0};
    end
    if (advance) begin
      d.tmpl = 1'b0;
      if (c.over) begin
        d.cur.bad  = BadSum;
        d.cur.addr = '0;
      end else if (next_valid) begin
        d.cur   = next;
        d.todo0 = 1'b0;
        if (!c.todo0) d.todo1 = 1'b0;
        if (!c.todo0 && !c.todo1) d.place = c.place + 1'b1;
        if (next.bytes > c.left) begin
          d.cur.bytes = c.left;
          d.left      = '0;
          d.over      = 1'b1;
        end else begin
          d.left = c.left - next.bytes;
        end
      end else if (placed) begin
        d.cur.bytes = '0;  // the place comes in the next cycle
      end else if (c.taken != place_slots) begin
        d.chained   = 1'b1;
        d.taken     = c.taken + 1'b1;
        d.place     = '0;
        d.cur.bytes = '0;
      end else if (d.asked != c.taken) begin
        needs_slot = 1'b1;
      end else if (c.left != '0) begin
        d.cur.bad  = BadSum;
        d.cur.addr = '0;
      end else begin
        agrees = 1'b1;
      end
    end
  end

  // -- results -----------------------------------------------------------------------------------------
  assign done_valid = agrees && !asked;
  assign done       = agrees && (asked || done_ready);
  assign done_set   = done;
  assign save_valid = (valid_q && !drop && yield) || needs_room || needs_slot;
  assign save       = d;
  assign save_why   = needs_slot ? AsideSlot : needs_room ? AsideFull : AsideYield;
  assign ended_valid = done || spoils || (valid_q && drop);
  assign ends       = ended_valid || save_valid;
  assign turn_ready = !valid_q || ends;
  assign put_valid  = asked || spoils;
  assign put_run    = alloc_q[4:0];
  assign put        = '{vpn: c.cur.addr[63:12], offset: c.cur.addr[11:0],
                        bytes: is_bad ? '0 : run_bytes, tmpl: c.tmpl, space: c.cur.space,
                        advise: c.advise, fresh: c.fresh, bad: c.cur.bad};
  assign new_lookup = '{job: job_t'(job_q), run: alloc_q[4:0], queue: buffers_q.queue,
                        ctx: c.cur.ctx, vpn: c.cur.addr[63:12], again: 1'b0,
                        advise: c.advise, ghost: 1'b0};
  assign place_en   = valid_q;
  assign place_at   = d.place[1:0];
  assign place_bank = d.taken - 1'b1;
  assign count_bank = c.taken - 1'b1;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid_q       <= 1'b0;
      asked_q       <= 1'b0;
      place_valid_q <= 1'b0;
    end else begin
      valid_q       <= (valid_q && !ends) || turn_valid;
      asked_q       <= new_valid && !new_ready;
      place_valid_q <= valid_q && !ends;
    end
  end
  always_ff @(posedge clk) begin
    if (turn_ready) begin
      job_q     <= turn_job;
      c         <= turn_cursor;
      buffers_q <= turn_buffers;
      alloc_q   <= turn_alloc;
      pace_q    <= '0;
    end else begin
      c <= d;
      if (asked) alloc_q <= alloc_used;
      if (asked && pace_q != TurnRuns) pace_q <= pace_q + 1'b1;
    end
  end

  // -- runs given out, read by load, status and rows ---------------------------------------------------
  logic            alloc_en;
  logic [JobW-1:0] alloc_job;
  ptr_t            alloc;
  assign alloc_used = alloc_q + 1'b1;
  assign alloc_en   = put_valid || init_valid;
  assign alloc_job  = init_valid ? init_job : job_q;
  assign alloc      = init_valid ? '0 : alloc_used;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(6), .Reads(3)) u_alloc (
    .clk, .write_en(alloc_en), .write_addr(alloc_job), .write_data(alloc),
    .read_addr({turn_job, status_job, row_job}), .read_data({turn_alloc, status_alloc, row_alloc})
  );

  logic unused_bits;
  assign unused_bits = ^held;

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(NoMoreRunsThanPlaces, valid_q, held <= 6'd32)
  `VMSO_IMPL_IF(OneEnd, ended_valid, !save_valid)
`endif
endmodule : vmso_run_build
