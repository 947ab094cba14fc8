// SPDX-License-Identifier: Apache-2.0
// What the report of a hang looks at inside the engine (sim/debug/waits): the one place outside rtl/ that
// names signals by their path. It looks when it is asked (DPI), so it costs nothing while the engine runs; only
// who holds which job entry is noted as jobs come and go.
module vmso_sight
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input logic clk
);
  // -- job entries --------------------------------------------------------------------------------------
  queue_t    queue_q [Cfg.jobs];
  slot_idx_t slot_q [Cfg.jobs];
  logic [Cfg.jobs-1:0] held_q;
  always_ff @(posedge clk) begin
    if (!u_top.core_rst_n) begin
      held_q <= '0;
    end else begin
      if (u_top.job_load_valid) begin
        held_q[u_top.job_load.job[$clog2(Cfg.jobs)-1:0]]  <= 1'b1;
        queue_q[u_top.job_load.job[$clog2(Cfg.jobs)-1:0]] <= u_top.job_load.queue;
        slot_q[u_top.job_load.job[$clog2(Cfg.jobs)-1:0]]  <= u_top.job_load.slot;
      end
      if (u_top.job_free_valid) held_q[u_top.job_free[$clog2(Cfg.jobs)-1:0]] <= 1'b0;
    end
  end

  export "DPI-C" function vmso_sight_job;
  function int vmso_sight_job(
    input int job, output int of_queue, output int slot, output int ready_bytes, output int blocked
  );
    logic [17:0] ready;
    if (job >= int'(Cfg.jobs)) return 0;
    ready       = u_top.u_run.u_rows.u_status.mem[job][$bits(u_top.u_run.u_rows.reach)-1 -: 18] - u_top.u_seg.u_taken.mem[job];
    of_queue    = int'(queue_q[job]);
    slot        = int'(slot_q[job]);
    // mem: {total 18, blocked 1, ..}, see vmso_run_rows
    ready_bytes = int'(ready);
    blocked     = int'(u_top.u_run.u_rows.u_status.mem[job][$bits(u_top.u_run.u_rows.reach)-19]);
    return int'(held_q[job]) + 1;
  endfunction

  // -- the order that is first in line ----------------------------------------------------------------------
  export "DPI-C" function vmso_sight_head;
  function int vmso_sight_head(
    output int of_queue, output int slot, output int segment, output int kind, output int bytes,
    output int landed, output int template_bytes, output int template_known, output int ends_wait
  );
    of_queue       = int'(u_top.u_out.u_head.order_q.queue);
    slot           = int'(u_top.u_out.u_head.order_q.slot);
    segment        = int'(u_top.u_out.u_head.order_q.segment);
    kind           = int'(u_top.u_out.u_head.order_q.kind);
    bytes          = int'(u_top.u_out.u_head.order_q.bytes);
    landed         = int'(u_top.frame_state.landed);
    template_bytes = int'(u_top.u_out.u_head.order_q.header_bytes);
    template_known = int'(u_top.u_out.u_head.done_q);
    ends_wait      = int'(u_top.u_out.u_stream.end_count);
    return int'(u_top.u_out.u_head.valid_q);
  endfunction

  export "DPI-C" function vmso_sight_order;
  // The queue of the order that is `place` places behind it; -1: there are not so many.
  function int vmso_sight_order(input int place);
    logic [$clog2(Cfg.frame_slots):0] pending, index;
    pending = u_top.gen_retire.u_retire.come_q - u_top.gen_retire.u_retire.gone_q;
    if (place >= int'(pending)) return -1;
    index = u_top.gen_retire.u_retire.gone_q + ($clog2(Cfg.frame_slots)+1)'(place);
    // mem: {kind 2, queue 12, ..}, see vmso_retire
    return int'(u_top.gen_retire.u_retire.u_notes.mem[index[$clog2(Cfg.frame_slots)-1:0]]
                [$bits(u_top.gen_retire.u_retire.next)-3 -: 12]);
  endfunction

  // -- the segment that is next ------------------------------------------------------------------------------
  export "DPI-C" function vmso_sight_seg;
  function void vmso_sight_seg(
    output int state, output int act, output int of_queue, output int fetch_room, output int wake_room,
    output int slot_free, output int rows_free, output int held
  );
    state      = int'(u_top.u_seg.state_q);
    act        = int'(u_top.u_seg.act);
    of_queue   = int'(u_top.u_seg.queue_q);
    fetch_room = int'(u_top.u_seg.fetch_room);
    wake_room  = int'(u_top.u_seg.wake_room);
    slot_free  = int'(u_top.u_seg.slot_free);
    rows_free  = int'(u_top.u_seg.rows_free);
    held       = int'(u_top.hold_issue);
  endfunction

  // -- page walks ----------------------------------------------------------------------------------------------
  export "DPI-C" function vmso_sight_walk;
  // 0: no such slot; else 1 + its state
  function int vmso_sight_walk(input int slot, output int ctx, output longint unsigned va);
    if (slot >= int'(Cfg.walk_slots)) return 0;
    ctx = int'(u_top.u_xlat.u_slots.ctx_q[slot]);
    va  = 64'(u_top.u_xlat.u_slots.line_q[slot]) << 15;
    return 1 + int'({u_top.u_xlat.u_slots.state_q[1][slot], u_top.u_xlat.u_slots.state_q[0][slot]});
  endfunction

  // -- what is free, and who waits for whom between rooms -----------------------------------------------------
  export "DPI-C" function vmso_sight_rooms;
  function void vmso_sight_rooms(
    output int job_entries, output int templates, output int lookups_wait, output int waiting
  );
    job_entries  = int'(u_top.u_job.home);
    templates    = int'(u_top.u_job.tmpl_home);
    lookups_wait = int'(u_top.lookup_waits);
    // channels with valid and without ready, in the order of kSightChannels (sim/model/sight.hpp), the last one first
    waiting = int'({
      u_top.advise_valid && !u_top.advise_ready, u_top.fence_valid && !u_top.fence_ready,
      u_top.unload_valid && !u_top.unload_ready, u_top.bury_valid && !u_top.bury_ready,
      u_top.queue_fail_valid && !u_top.queue_fail_ready, u_top.write_valid && !u_top.write_ready,
      u_top.ring_end_valid && !u_top.ring_end_ready, u_top.out_end_valid && !u_top.out_end_ready,
      u_top.payload_req_valid && !u_top.payload_req_ready, u_top.tmpl_req_valid && !u_top.tmpl_req_ready,
      u_top.walk_req_valid && !u_top.walk_req_ready, u_top.slot_req_valid && !u_top.slot_req_ready,
      u_top.piece_valid && !u_top.piece_ready, u_top.fetch_valid && !u_top.fetch_ready,
      u_top.lookup_valid && !u_top.lookup_ready, u_top.slot_valid && !u_top.slot_ready
    });
  endfunction
endmodule : vmso_sight
