// SPDX-License-Identifier: Apache-2.0
// Takes further slots of chains for the builder, checks their places and keeps the used ones. Of each job the
// slot that is being built has a bank of the place RAM, and so have three that were asked for ahead.
//
//   want -> list -> look, pop -> checked, written to bank `landed` -> landed + 1
//
// want        valid only: a job whose builder has room for one more slot, and how many it has asked for with
//             this one. Those that wait are looked at in turn, one per cycle, whether their slot is here
// chain_look  answered in the same cycle by chain_avail: the job's next slot is here. chain_pop: only such
//             jobs, one outstanding
// dying       of chain_look, combinational: nothing is popped for it, the slot counts as landed
// chain_slot  4 cycles after chain_pop or later; one that could not be read has its bus address in place 0
// landed      valid only: another slot of the job is in its bank, count of its places 0..4
// slots       of load_job and place_job, combinational: how many have landed, modulo 4
// place       of place_job, place_bank, place_at, one cycle after place_en; place_count of place_job and
//             count_bank, combinational
// look_busy   one cycle after look_job: a slot that was asked for has not landed
// rate        one slot per max(4, chain_pop to slot + 1) cycles
// reset       control; the numbers by the init walk
`include "vmso_assert.svh"
module vmso_run_slots
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned JobW = vmso_math_pkg::index_width(Cfg.jobs)
) (
  input  logic                clk,
  input  logic                rst_n,
  input  logic                init_valid,
  input  logic [JobW-1:0]     init_job,
  input  logic                load_valid,
  input  logic [JobW-1:0]     load_job,
  input  queue_contexts_t     load_contexts,
  output bank_t               load_slots,
  input  logic                want_valid,
  input  logic [JobW-1:0]     want_job,
  input  bank_t               want_slots,
  input  logic                dying,
  input  logic [JobW-1:0]     look_job,
  output logic                look_busy,
  output job_t                chain_look,
  input  logic                chain_avail,
  output logic                chain_pop_valid,
  output job_t                chain_pop_job,
  input  logic                chain_slot_valid,
  input  further_slot_t       chain_slot,
  input  read_resp_e          chain_slot_resp,
  output logic                landed_valid,
  output logic [JobW-1:0]     landed_job,
  input  logic                place_en,
  input  logic [JobW-1:0]     place_job,
  input  bank_t               place_bank,
  input  logic [1:0]          place_at,
  output desc_t               place,
  input  bank_t               count_bank,
  output logic [2:0]          place_count,
  output bank_t               place_slots
);
  // -- look at those that wait, and pop the slot of one --------------------------------------------------
  logic            pop, popped_q, write_q, look_valid_q, look_next, leaves, rotates, bypass, dies;
  logic            wait_valid, wait_room;
  logic [1:0]      step_q;
  logic [JobW-1:0] look_q, wait_first, wait_in, popped_job_q;
  logic [$clog2(Banks*Cfg.jobs):0] unused_wait_count;

  assign chain_look = job_t'(look_q);
  // a slot comes 4 cycles after chain_pop at the earliest: the one before it is written by then
  assign dies       = look_valid_q && dying && !write_q;
  assign pop        = look_valid_q && !dying && chain_avail && (!popped_q || chain_slot_valid);
  assign leaves     = pop || dies;
  // the list takes one job per cycle; one whose slot is here stays, so that nobody overtakes it
  assign rotates    = look_valid_q && !dying && !chain_avail && wait_valid && !want_valid;
  assign look_next  = !look_valid_q || leaves || rotates;
  assign bypass     = want_valid && look_next && !wait_valid;
  assign wait_in    = want_valid ? want_job : look_q;
  vmso_fifo #(.Bits(JobW), .Depth(Banks * Cfg.jobs)) u_wait (
    .clk, .rst_n, .in_valid((want_valid && !bypass) || rotates), .in_ready(wait_room), .in(wait_in),
    .out_valid(wait_valid), .out_ready(look_next), .out(wait_first), .count(unused_wait_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) look_valid_q <= 1'b0;
    else if (look_next) look_valid_q <= wait_valid || bypass;
  end
  always_ff @(posedge clk) if (look_next) look_q <= wait_valid ? wait_first : want_job;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      popped_q        <= 1'b0;
      chain_pop_valid <= 1'b0;
    end else begin
      popped_q        <= pop || (popped_q && !chain_slot_valid);
      chain_pop_valid <= pop;
    end
  end
  always_ff @(posedge clk) if (pop) popped_job_q <= look_q;
  assign chain_pop_job = job_t'(popped_job_q);

  // -- write its used places, one per cycle ------------------------------------------------------------
  further_slot_t   slot_q;
  read_resp_e      resp_q;
  logic [JobW-1:0] job_q;
  logic [1:0]      used_q;
  logic            used, failed, last;
  bank_t           bank;
  logic [2:0]      used_now;
  buffer_t         p;
  desc_t           desc;
  queue_contexts_t contexts;

  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(queue_contexts_t))) u_contexts (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_contexts),
    .read_addr(job_q), .read_data(contexts)
  );
  assign p      = slot_q.place[step_q];
  assign failed = resp_q != RespOkay;
  always_comb begin
    desc = '{bad: BadNot, addr: p.addr, bytes: p.bytes, ctx: contexts.id[p.space],
             space: p.space};
    if (failed) begin
      unique case (resp_q)
        RespSlvErr: desc.bad = BadSlvErr;
        RespDecErr: desc.bad = BadDecErr;
        RespWindow: desc.bad = BadWindow;
        default:    desc.bad = BadTimeout;
      endcase
    end else if (p.reserved != '0) begin
      desc.bad = BadReserved;
    end else if (!contexts.valid[p.space]) begin
      desc.bad = BadSpace;
    end else if (64'(p.bytes) - 64'd1 > ~p.addr) begin
      desc.bad = BadWrap;  // the last byte would lie beyond 2^64
    end
  end
  assign used     = failed || p.reserved != '0 || p.bytes != '0;
  assign last     = failed || step_q == 2'd3;
  assign used_now = {1'b0, used_q} + 3'(used);

  always_ff @(posedge clk) begin
    if (!rst_n) write_q <= 1'b0;
    else write_q <= chain_slot_valid || (write_q && !last);
  end
  always_ff @(posedge clk) begin
    if (chain_slot_valid) begin
      slot_q <= chain_slot;
      resp_q <= chain_slot_resp;
      job_q  <= popped_job_q;
      step_q <= '0;
      used_q <= '0;
    end else if (write_q) begin
      step_q <= step_q + 1'b1;
      used_q <= used_now[1:0];
    end
  end
  assign landed_valid = (write_q && last) || dies;
  assign landed_job   = write_q ? job_q : look_q;

  vmso_ram_1w1r #(.Depth(Cfg.jobs * Banks * 4), .LaneBits($bits(desc_t))) u_places (
    .clk, .write_en(write_q && used), .write_addr({job_q, bank, used_q}), .write_data(desc),
    .read_en(place_en), .read_addr({place_job, place_bank, place_at}), .read_data(place)
  );
  vmso_lutram #(.Depth(Cfg.jobs * Banks), .Bits(3)) u_count (
    .clk, .write_en(write_q && last), .write_addr({job_q, bank}), .write_data(used_now),
    .read_addr({place_job, count_bank}), .read_data(place_count)
  );

  // -- how many were asked for and have landed: numbers modulo 4 that outlive the job, so nothing has to be
  //    cleared for the next one ---------------------------------------------------------------------------
  bank_t look_wanted, look_landed;
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(bank_t))) u_wanted (
    .clk, .write_en(init_valid || want_valid), .write_addr(init_valid ? init_job : want_job),
    .write_data(init_valid ? '0 : want_slots), .read_addr(look_job), .read_data(look_wanted)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits($bits(bank_t)), .Reads(4)) u_landed (
    .clk, .write_en(init_valid || landed_valid), .write_addr(init_valid ? init_job : landed_job),
    .write_data(init_valid ? '0 : bank + 1'b1),
    .read_addr({load_job, place_job, look_job, landed_job}),
    .read_data({load_slots, place_slots, look_landed, bank})
  );
  always_ff @(posedge clk) look_busy <= look_wanted != look_landed;

  logic unused_bits;
  assign unused_bits = ^contexts.reserved ^ wait_room;  // the list holds all that can be asked for

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(SlotWasPopped, chain_slot_valid, popped_q)
  `VMSO_IMPL_IF(SlotIsWritten, chain_slot_valid && write_q, last)
`endif
endmodule : vmso_run_slots
