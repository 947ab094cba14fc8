// SPDX-License-Identifier: Apache-2.0
// vmso_run with plain ports for its unit test.
module run_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Config = 1,
  localparam vmso_config_pkg::config_t Cfg = vmso_config_pkg::named(Config)
) (
  input  logic         clk,
  input  logic         rst_n,
  output logic         run_ready,
  input  logic         load_valid,
  input  logic [7:0]   load_job,
  input  logic [11:0]  load_queue,
  input  logic [3:0]   load_kind,
  input  logic [7:0]   load_status,
  input  logic [15:0]  load_slots,
  input  logic [23:0]  load_payload_bytes,
  input  logic [8:0]   load_header_bytes,
  input  logic         load_tag,
  input  logic         load_csum,
  input  logic [13:0]  load_csum_from,
  input  logic [63:0]  load_template_addr,
  input  logic [11:0]  load_template_ctx,
  input  logic [1:0]   load_template_space,
  input  logic [1:0]   load_space0,
  input  logic [1:0]   load_space1,
  input  logic [63:0]  load_addr0,
  input  logic [23:0]  load_bytes0,
  input  logic [11:0]  load_ctx0,
  input  logic [63:0]  load_addr1,
  input  logic [23:0]  load_bytes1,
  input  logic [11:0]  load_ctx1,
  input  logic [51:0]  load_contexts,
  input  logic [23:0]  load_skip_bytes,
  input  logic [127:0] chain_avail,
  output logic         chain_pop_valid,
  output logic [7:0]   chain_pop_job,
  input  logic         chain_slot_valid,
  input  logic [511:0] chain_slot,
  input  logic [2:0]   chain_slot_resp,
  output logic         lookup_valid,
  input  logic         lookup_ready,
  output logic [7:0]   lookup_job,
  output logic [4:0]   lookup_run,
  output logic [11:0]  lookup_queue,
  output logic         lookup_advise,
  output logic         lookup_ghost,
  output logic [11:0]  lookup_ctx,
  output logic [51:0]  lookup_vpn,
  output logic         lookup_again,
  output logic         lookup_waits,
  output logic [11:0]  share_queue,
  input  logic         share_full,
  input  logic         fill_valid,
  input  logic [7:0]   fill_job,
  input  logic [4:0]   fill_run,
  input  logic         fill_fault,
  input  logic [7:0]   fill_cause,
  input  logic [2:0]   fill_level,
  input  logic [43:0]  fill_ppn,
  input  logic         busy_valid,
  input  logic [7:0]   busy_job,
  input  logic [4:0]   busy_run,
  input  logic         walk_free,
  input  logic [7:0]   status_job,
  output logic [17:0]  status_ready_total,
  output logic         status_blocked,
  output logic         status_full,
  output logic         status_chain_done,
  output logic [17:0]  status_present,
  input  logic [7:0]   end_job,
  output logic [7:0]   end_status,
  output logic [7:0]   end_cause,
  output logic [2:0]   end_level,
  output logic [1:0]   end_access,
  output logic [63:0]  end_va,
  output logic [1:0]   end_space,
  output logic         ready_event_valid,
  output logic [7:0]   ready_event,
  input  logic         fetch_valid,
  output logic         fetch_ready,
  input  logic [7:0]   fetch_job,
  input  logic         fetch_to_template,
  input  logic [7:0]   fetch_tmpl,
  input  logic [7:0]   fetch_frame,
  input  logic [10:0]  fetch_row,
  input  logic [13:0]  fetch_pos,
  input  logic [13:0]  fetch_bytes,
  input  logic [11:0]  fetch_queue,
  input  logic         fetch_job_last,
  input  logic         fetch_kill,
  output logic         piece_valid,
  input  logic         piece_ready,
  output logic [7:0]   piece_job,
  output logic [7:0]   piece_frame,
  output logic [13:0]  piece_fetch_bytes,
  output logic [55:0]  piece_addr,
  output logic [63:0]  piece_va,
  output logic [1:0]   piece_space,
  output logic [13:0]  piece_pos,
  output logic [12:0]  piece_bytes,
  output logic         piece_sums,
  output logic         piece_last,
  output logic         fetch_idle,
  output logic         asked_valid,
  output logic [11:0]  asked_queue,
  output logic         job_free_valid,
  output logic [7:0]   job_free,
  input  logic         mark_valid,
  output logic         mark_ready,
  input  logic         mark_all,
  input  logic [11:0]  mark_ctx,
  output logic         hold_fence,
  output logic         elder_valid,
  output logic [7:0]   elder_job,
  output logic         count_faults
);
  job_load_t   job_load;
  lookup_t     lookup;
  fill_t       fill;
  run_ref_t    busy;
  run_status_t run_status;
  run_end_t    run_end;
  fetch_t      fetch;
  piece_t      piece;

  always_comb begin
    job_load               = '0;
    job_load.job           = load_job;
    job_load.queue         = load_queue;
    job_load.kind          = kind_e'(load_kind);
    job_load.status        = status_e'(load_status);
    job_load.slots         = load_slots;
    job_load.payload_bytes = load_payload_bytes;
    job_load.header_bytes  = load_header_bytes;
    job_load.tag           = load_tag;
    job_load.csum          = load_csum;
    job_load.csum_from     = load_csum_from;
    job_load.template_ref  = '{addr: load_template_addr, bytes: 24'(load_header_bytes),
                               ctx: load_template_ctx, space: load_template_space};
    job_load.buffer0       = '{addr: load_addr0, bytes: load_bytes0, ctx: load_ctx0,
                               space: load_space0};
    job_load.buffer1       = '{addr: load_addr1, bytes: load_bytes1, ctx: load_ctx1,
                               space: load_space1};
    job_load.contexts      = '{reserved: '0, valid: load_contexts[51:48], id: load_contexts[47:0]};
    job_load.skip_bytes    = load_skip_bytes;
  end
  assign fill  = '{job: fill_job, run: fill_run, fault: fill_fault, cause: cause_e'(fill_cause),
                   level: fill_level, ppn: fill_ppn};
  assign busy  = '{job: busy_job, run: busy_run};
  assign fetch = '{queue: fetch_queue, job: fetch_job, to_template: fetch_to_template,
                   discard: 1'b0,
                   tmpl: fetch_tmpl, frame: fetch_frame, row: fetch_row, pos: fetch_pos,
                   bytes: fetch_bytes,
                   job_last: fetch_job_last, kill: fetch_kill};
  assign lookup_job   = lookup.job;
  assign lookup_run   = lookup.run;
  assign lookup_queue = lookup.queue;
  assign lookup_advise = lookup.advise;
  assign lookup_ghost  = lookup.ghost;
  assign lookup_ctx   = lookup.ctx;
  assign lookup_vpn   = lookup.vpn;
  assign lookup_again = lookup.again;
  assign status_ready_total = run_status.ready_total;
  assign status_blocked     = run_status.blocked;
  assign status_full        = run_status.full;
  assign status_chain_done  = run_status.chain_done;
  assign status_present = run_status.present;
  assign end_status = run_end.status;
  assign end_cause  = run_end.cause;
  assign end_level  = run_end.level;
  assign end_access = run_end.access;
  assign end_va     = run_end.va;
  assign end_space  = run_end.space;
  assign piece_job         = piece.fetch.job;
  assign piece_frame       = piece.fetch.frame;
  assign piece_fetch_bytes = piece.fetch.bytes;
  assign piece_addr  = piece.addr;
  assign piece_va    = piece.va;
  assign piece_space = piece.space;
  assign piece_pos   = piece.pos;
  assign piece_bytes = piece.bytes;
  assign piece_sums  = piece.sums;
  assign piece_last  = piece.last;

  job_t chain_look;
  vmso_run #(.Cfg(Cfg)) u_run (
    .clk, .rst_n, .run_ready, .job_load_valid(load_valid), .job_load,
    .chain_look, .chain_avail(chain_avail[chain_look[6:0]]), .chain_pop_valid, .chain_pop_job,
    .chain_slot_valid, .chain_slot, .chain_slot_resp(read_resp_e'(chain_slot_resp)),
    .lookup_valid, .lookup_ready, .lookup, .fill_valid, .fill, .busy_valid, .busy, .walk_free,
    .lookup_waits, .share_queue, .share_full, .status_job, .run_status, .end_job, .run_end, .ready_event_valid, .ready_event,
    .fetch_valid, .fetch_ready, .fetch, .piece_valid, .piece_ready, .piece, .fetch_idle,
    .asked_valid, .asked_queue, .job_free_valid, .job_free,
    .mark_valid, .mark_ready, .hold_fence,
    .mark('{all: mark_all, valid: 4'd1 << mark_ctx[1:0], ctx: {4{mark_ctx}}}), .count_faults
  );

  // not ports of the room: what the rig knows of fences says when there is one
  assign elder_valid = u_run.elder_valid;
  assign elder_job   = 8'(u_run.elder_job);

  logic unused_bits;
  assign unused_bits = ^{chain_look, chain_avail, piece};
endmodule : run_top
