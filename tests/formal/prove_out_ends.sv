// SPDX-License-Identifier: Apache-2.0
// From an order to the end of its job: order FIFO, head and queue table (FLUSH, count of what has left)
// with two queues and four orders in flight. Every order leaves once, in order; every job ends once, or
// falls under FLUSH, or was unloaded; what comes behind a failure tells nothing until FLUSH is cleared.
//
// Orders, their landing, templates, failures, commands and the taker are free. An order carries its number
// and its job's number as its slot. `watch_*` is one job, chosen by the solver.
module prove_out_ends
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 2, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 4,
    store_bytes: 32768, store_limit: 736, first_slots: 128, jobs: 1, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, template_bytes: 256, max_frame: 9216
  }
) (
  input logic         clk,
  input logic         want_push,
  input logic         push_queue,
  input order_kind_e  push_kind,
  input logic         push_last,
  input logic         push_segments,
  input logic         push_header,
  input logic [1:0]   push_bytes,
  input frame_state_t frame_state,
  input logic         look_done,
  input tmpl_fail_t   look_fail,
  input logic         parsed_valid,
  input parse_t       parsed,
  input logic         set_valid,
  input logic         set_queue,
  input logic         want_clear,
  input logic         clear_queue,
  input logic         ctl_queue,
  input logic         item_ready
);
  logic [1:0] start_q = '0;
  logic       rst_n;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  logic       watch_queue;
  logic [4:0] watch_job;
  f_anyconst1 u_watch_queue (.y(watch_queue));
  f_anyconst1 u_watch_job [4:0] (.y(watch_job));

  // -- orders: numbered, jobs of each queue one after the other ----------------------------------------
  typedef struct packed {
    order_kind_e kind;
    logic        queue;
    logic        last;
    logic [4:0]  job;
  } note_t;
  note_t [7:0]     notes_q;  // index: number of the order
  note_t           leaving;
  logic [1:0][4:0] job_q;
  logic [1:0]      open_q;   // the queue is inside a job
  logic [1:0][2:0] inside_q; // orders of the queue that have not left
  logic [5:0]      pushed_q, gone_q;
  logic            ready, push, leave, last;
  order_t          order;
  assign push = want_push && ready && pushed_q - gone_q < 6'd4;
  assign last = push_last || push_kind != OrderFrame;
  always_comb begin
    order              = '0;
    order.kind         = push_kind;
    order.queue        = queue_t'(push_queue);
    order.last         = last;
    order.slot         = {5'd0, pushed_q, job_q[push_queue]};
    order.slots        = 16'd1;
    order.job_kind     = push_segments ? KindTcpSeg : KindFrame;
    order.bytes        = push_kind == OrderFrame ? pos_t'(push_bytes) : '0;
    order.header_bytes = push_header ? 9'd54 : 9'd0;
    order.tmpl_fetched = push_header;
  end

  // -- the three modules --------------------------------------------------------------------------------
  logic         next_valid, next_ready, pending, look_flush, fail_valid, item_valid, drop_pulse;
  logic         set_ready, clear_valid, clear_ready;
  order_t       next;
  frame_t       next_frame, state_frame;
  template_t    look_tmpl;
  queue_t       look_queue, fail_queue;
  item_t        item;
  order_count_t ctl_left;

  vmso_out_orders #(.Cfg(Cfg)) u_orders (
    .clk, .rst_n, .order_valid(push), .order, .order_frame(frame_t'(pushed_q[1:0])), .next_valid,
    .next_ready, .next, .next_frame, .pending
  );
  vmso_out_head #(.Cfg(Cfg)) u_head (
    .clk, .rst_n, .flag_masks('0), .next_valid, .next_ready, .next, .next_frame, .state_frame,
    .frame_state, .look_tmpl, .look_done, .look_fail, .parsed_valid, .parsed_tmpl('0), .parsed,
    .look_queue, .look_flush, .fail_valid, .fail_queue, .item_valid, .item_ready, .item, .drop_pulse
  );
  vmso_out_left #(.Cfg(Cfg)) u_left (
    .clk, .rst_n, .ready, .left_valid(leave), .left_queue(item.queue), .ctl_queue(queue_t'(ctl_queue)),
    .ctl_left, .fail_valid, .fail_queue, .flush_set_valid(set_valid), .flush_set_ready(set_ready),
    .flush_set(queue_t'(set_queue)), .flush_clear_valid(clear_valid),
    .flush_clear_ready(clear_ready), .flush_clear(queue_t'(clear_queue)), .look_queue, .look_flush
  );

  // -- model ---------------------------------------------------------------------------------------------
  logic            now, set_now, clear_now, fell_silent, is_watched;
  logic [1:0]      flush_q, set_q, set_q2, ends_q, failed_q;
  logic [4:0]      last_ended_q;
  logic            any_ended_q;
  logic [1:0][3:0] left_q, left_before_q;
  logic [3:0]      left_due_q;
  logic            left_known_q;
  assign now         = item.queue[0];
  assign leave       = item_valid && item_ready;
  assign leaving     = notes_q[gone_q[2:0]];
  assign set_now     = set_valid && set_ready;
  // the controller clears FLUSH when the queue's orders have left and its job was given up
  assign clear_valid = want_clear && inside_q[clear_queue] == '0 && !open_q[clear_queue]
                       && !(push && push_queue == clear_queue);
  assign clear_now   = clear_valid && clear_ready;
  assign is_watched  = leave && leaving.queue == watch_queue && leaving.job == watch_job;
  assign fell_silent = !item.send && !item.ends && !item.fails;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      job_q        <= '0;
      open_q       <= '0;
      inside_q     <= '0;
      pushed_q     <= '0;
      gone_q       <= '0;
      flush_q      <= '0;
      failed_q     <= '0;
      set_q        <= '0;
      set_q2       <= '0;
      ends_q       <= '0;
      any_ended_q  <= 1'b0;
      left_q       <= '0;
      left_before_q <= '0;
      left_known_q <= 1'b0;
    end else begin
      pushed_q <= pushed_q + 6'(push);
      gone_q   <= gone_q + 6'(leave);
      for (int unsigned q = 0; q < 2; q++) begin
        inside_q[q] <= inside_q[q] + 3'(push && push_queue == 1'(q)) - 3'(leave && now == 1'(q));
        left_q[q]   <= left_q[q] + 4'(leave && now == 1'(q));
      end
      if (push) begin
        notes_q[pushed_q[2:0]] <= '{kind: push_kind, queue: push_queue, last: last,
                                    job: job_q[push_queue]};
        open_q[push_queue] <= !last;
        job_q[push_queue]  <= job_q[push_queue] + 5'(last);
      end
      set_q  <= set_now ? 2'd1 << set_queue : '0;
      set_q2 <= set_q;
      if (clear_now) begin
        flush_q[clear_queue]  <= 1'b0;
        failed_q[clear_queue] <= 1'b0;
      end
      if (set_now) flush_q[set_queue] <= 1'b1;
      if (leave && item.fails) begin
        flush_q[now]  <= 1'b1;
        failed_q[now] <= 1'b1;
      end
      if (is_watched && item.ends) ends_q <= ends_q + 1'b1;
      if (leave && item.ends && now == watch_queue) begin
        any_ended_q  <= 1'b1;
        last_ended_q <= leaving.job;
      end
      left_before_q <= left_q;
      left_known_q  <= ready;
    end
    left_due_q <= left_before_q[ctl_queue];
  end

  always_comb begin
    landing_fits: assume (frame_state.landed <= item.frame_bytes - pos_t'(item.header_bytes));
    bounded_numbers: assume (!push || (pushed_q != '1 && job_q[push_queue] != '1));
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      leaves_in_order: assert (!leave || (item.slot[10:5] == gone_q && item.slot[4:0] == leaving.job
                               && now == leaving.queue && gone_q != pushed_q));
      end_is_of_the_job: assert (!leave || !item.ends || (item.job_end.slot == item.slot
                                 && item.job_end.queue == item.queue));
      ends_at_most_once: assert (!is_watched || !item.ends || ends_q == '0);
      ends_at_last: assert (!is_watched || !leaving.last || item.ends || ends_q == 2'd1
                            || leaving.kind == OrderDiscard || flush_q[now]);
      ends_only_at_its_end: assert (!leave || !item.ends || leaving.last || item.fails);
      ends_in_order: assert (!leave || !item.ends || now != watch_queue || !any_ended_q
                             || leaving.job > last_ended_q);
      silent_behind_failure: assert (!leave || !failed_q[now] || fell_silent);
      silent_under_flush: assert (!leave || !flush_q[now] || set_q[now] || set_q2[now] || fell_silent);
      told_without_flush: assert (!leave || flush_q[now] || leaving.kind == OrderDiscard || !fell_silent);
      discard_is_silent: assert (!leave || leaving.kind != OrderDiscard || fell_silent);
      failure_ends: assert (!leave || !item.fails || item.ends);
      sent_has_landed: assert (!leave || !item.send || (leaving.kind == OrderFrame
                               && frame_state.landed == item.frame_bytes - pos_t'(item.header_bytes)));
      left_agrees: assert (!left_known_q || ctl_left == 16'(left_due_q));

      reach_job_of_two: cover (is_watched && item.ends && item.send && gone_q == 6'd1
                               && leaving.job == 5'd0 && notes_q[0].queue == now);
      reach_fall: cover (is_watched && leaving.last && ends_q == 2'd1 && leaving.kind == OrderFrame);
      reach_next_job: cover (is_watched && item.send && leaving.job == 5'd1 && !set_valid
                             && gone_q == 6'd3);
      reach_full: cover (pushed_q - gone_q == 6'd4 && !leave);
      reach_left_twice: cover (left_known_q && ctl_left == 16'd2);
      reach_clear: cover (clear_now && failed_q[clear_queue]);
    end
  end
  logic unused;
  assign unused = ^{pending, drop_pulse, state_frame, look_tmpl};
endmodule : prove_out_ends
