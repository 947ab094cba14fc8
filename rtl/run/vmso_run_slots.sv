// SPDX-License-Identifier: Apache-2.0
// Takes further slots of chains for the builder, checks their places and keeps the used ones.
//
// wanted      jobs whose builder needs the next slot; taken: the want is being served
// chain_*     to ring: pop only while avail, one outstanding
// landed      valid only: the places of the job's slot are in the RAM, count of them 0..4
// place       of place_job, place_at, one cycle after place_en
// rate        one slot per max(4, pop to slot + 2) cycles
// reset       control
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
  input  logic                load_valid,
  input  logic [JobW-1:0]     load_job,
  input  queue_contexts_t     load_contexts,
  input  logic [Cfg.jobs-1:0] slot_wanted,
  output logic                slot_taken_valid,
  output logic [JobW-1:0]     slot_taken_job,
  input  logic [Cfg.jobs-1:0] chain_avail,
  output logic                chain_pop_valid,
  output job_t                chain_pop_job,
  input  logic                chain_slot_valid,
  input  further_slot_t       chain_slot,
  input  read_resp_e          chain_slot_resp,
  output logic                landed_valid,
  output logic [JobW-1:0]     landed_job,
  input  logic                place_en,
  input  logic [JobW-1:0]     place_job,
  input  logic [1:0]          place_at,
  output desc_t               place,
  output logic [2:0]          place_count
);
  // -- choose a job and pop its slot -------------------------------------------------------------------
  logic [Cfg.jobs-1:0] request, unused_grant;
  logic                pop, popped_q, write_q;
  logic [1:0]          step_q;
  logic [JobW-1:0]     index, popped_job_q;

  assign request = slot_wanted & chain_avail;
  // a slot comes 2 cycles after its pop at the earliest
  assign pop     = request != '0 && !popped_q && (!write_q || step_q[1]);
  vmso_rr_arbiter #(.Num(Cfg.jobs)) u_choice (
    .clk, .rst_n, .request, .advance(pop), .grant(unused_grant), .grant_index(index)
  );
  assign slot_taken_valid = pop;
  assign slot_taken_job   = index;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      popped_q        <= 1'b0;
      chain_pop_valid <= 1'b0;
    end else begin
      popped_q        <= pop || (popped_q && !chain_slot_valid);
      chain_pop_valid <= pop;
    end
  end
  always_ff @(posedge clk) if (pop) popped_job_q <= index;
  assign chain_pop_job = job_t'(popped_job_q);

  // -- write its used places, one per cycle ------------------------------------------------------------
  further_slot_t   slot_q;
  read_resp_e      resp_q;
  logic [JobW-1:0] job_q;
  logic [1:0]      used_q;
  logic            used, failed, last;
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
    desc = '{bad: BadNot, addr: p.addr, bytes: p.bytes, ctx: contexts.id[p.space]};
    if (failed) begin
      desc.addr = '0;
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
  assign landed_valid = write_q && last;
  assign landed_job   = job_q;

  vmso_ram_1w1r #(.Depth(Cfg.jobs * 4), .LaneBits($bits(desc_t))) u_places (
    .clk, .write_en(write_q && used), .write_addr({job_q, used_q}), .write_data(desc),
    .read_en(place_en), .read_addr({place_job, place_at}), .read_data(place)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(3)) u_count (
    .clk, .write_en(landed_valid), .write_addr(job_q), .write_data(used_now),
    .read_addr(place_job), .read_data(place_count)
  );

  logic unused_bits;
  assign unused_bits = ^contexts.reserved;

`ifdef VMSO_CHECKS
  `VMSO_INTG(SlotWasPopped, !chain_slot_valid || popped_q)
  `VMSO_IMPL(SlotIsWritten, !chain_slot_valid || !write_q || last)
`endif
endmodule : vmso_run_slots
