// SPDX-License-Identifier: Apache-2.0
// From an order to the end of its job: order FIFO, judge, burial and the count of what has left, with two
// queues and four orders in flight. Every order leaves once, in order; every job ends once, unless it was
// buried; what comes behind a failure tells nothing until the burial; what had come by a burial tells
// nothing from two cycles later on, and what comes after it lives.
//
// Orders, their landing, templates, what is written into headers, failures, burials and the takers are
// free. An order carries its number and its job's number as its slot. `watch_*` is one job, chosen by the
// solver.
//
// The same is read at the retire port, by three of its checks. There an order has a place in its ring: a
// queue that failed goes on at the segment that failed (RETRY) or with the job behind (ABORT), any other
// burial is a RESET, and the ring begins anew.
module prove_out_ends
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 2, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 4,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 1, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  }
) (
  input logic         clk,
  input logic         want_push,
  input logic         push_queue,
  input order_kind_e  push_kind,
  input logic         push_last,
  input head_e        push_head,
  input logic         push_header,
  input logic [1:0]   push_bytes,
  input frame_state_t frame_state,
  input logic         look_done,
  input tmpl_fail_t   look_fail,
  input logic         parsed_valid,
  input logic         parsed_outer,
  input parse_t       parsed,
  input logic         fields_ready,
  input logic         want_bury,
  input logic         any_bury_queue,
  input logic         bury_void,
  input logic         goes_on,     // a failed queue, after its burial; else it was RESET
  input logic         aborts,      // and leaves the job that failed
  input logic         void_ready,
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
  logic [5:0]      pushed_q, gone_q;
  logic            ready, push, leave, last;
  order_t          order;
  assign push = want_push && push_kind != order_kind_e'(2'd3) && push_head != head_e'(2'd3) && ready
                && pushed_q - gone_q < 6'd4;
  assign last = push_last || push_kind != OrderFrame;
  always_comb begin
    order              = '0;
    order.kind         = push_kind;
    order.queue        = queue_t'(push_queue);
    order.last         = last;
    order.slot         = {5'd0, pushed_q, job_q[push_queue]};
    order.slots        = 16'd1;
    order.head         = push_head;
    order.bytes        = push_kind == OrderFrame ? pos_t'(push_bytes) : '0;
    order.header_bytes = push_header ? 9'd54 : 9'd0;
    order.tmpl_fetched = push_header;
  end

  // -- the three modules --------------------------------------------------------------------------------
  logic         next_valid, next_ready, pending, look_dead, fail_valid, item_valid, drop_pulse;
  logic         bury_valid, bury_ready, bury_queue, void_valid, dead_ready, left_ready;
  logic         fields_valid, fields_side, fields_clear;
  fields_t      fields;
  order_t       next;
  frame_t       next_frame, state_frame;
  template_t    look_tmpl;
  queue_t       look_queue, fail_queue, void_queue;
  item_t        item;
  order_count_t ctl_left, come_q, left_behind_q, look_number;

  vmso_out_orders #(.Cfg(Cfg)) u_orders (
    .clk, .rst_n, .order_valid(push), .order, .order_frame(frame_t'(pushed_q[1:0])), .next_valid,
    .next_ready, .next, .next_frame, .pending
  );
  vmso_out_head #(.Cfg(Cfg)) u_head (
    .clk, .rst_n, .flag_masks('0), .next_valid, .next_ready, .next, .next_frame, .state_frame,
    .frame_state, .look_tmpl, .look_done, .look_fail, .look_sum('0), .job_load_valid(1'b0),
    .job_load('0), .parsed_valid, .parsed_tmpl('0), .parsed_outer, .parsed, .fields_valid,
    .fields_ready, .fields, .fields_side, .fields_clear,
    .look_queue, .look_number, .look_dead, .fail_valid, .fail_queue, .item_valid, .item_ready, .item, .drop_pulse
  );
  vmso_out_bury #(.Queues(Cfg.queues)) u_bury (
    .clk, .rst_n, .ready(dead_ready), .come(come_q), .gone(left_behind_q), .fail_valid, .fail_queue,
    .bury_valid, .bury_ready, .bury_queue(queue_t'(bury_queue)), .bury_void, .void_valid, .void_ready,
    .void_queue, .look_queue, .look_number, .look_dead
  );
  vmso_tally #(.Num(Cfg.queues)) u_left (
    .clk, .rst_n, .ready(left_ready), .add_valid(leave), .add(item.queue[0]), .look(ctl_queue),
    .count(ctl_left)
  );
  assign ready = dead_ready && left_ready;

  // -- the retire port -------------------------------------------------------------------------------------
  typedef struct packed {
    logic [4:0] slot;
    logic [4:0] segment;
  } place_t;
  typedef struct packed {
    place_t place;   // of what failed
    logic   failed;
  } stands_t;
  place_t  [1:0] place_q;   // of the next order
  stands_t [1:0] stands_q;
  order_t        placed;
  left_told_t    told;
  retire_t       retire;
  logic          retire_valid, retire_pending;
  always_comb begin
    placed         = order;
    placed.slot    = 16'(place_q[push_queue].slot);
    placed.segment = bytes_t'(place_q[push_queue].segment);
    placed.bytes   = '0;
  end
  assign told = '{ends: item.ends, fails: item.fails, status: item.job_end.status, va: '0};
  vmso_retire #(.Cfg(Cfg)) u_retire (
    .clk, .rst_n, .core_rst_n(rst_n), .order_valid(push), .order(placed),
    .order_frame(frame_t'(pushed_q[1:0])), .frame_open_valid(1'b0), .frame_open('0),
    .piece_valid(1'b0), .piece('0), .left_valid(item_valid && item_ready),
    .left('{queue: item.queue, sent: item.send, rows: '0, gather: 1'b0}), .left_told(told),
    .retire_valid, .retire, .retire_pending
  );
  vmso_retire_unique #(.Queues(Cfg.queues)) u_unique (.clk, .rst_n, .retire_valid, .retire);
  vmso_retire_in_order #(.Queues(Cfg.queues)) u_in_order (.clk, .rst_n, .retire_valid, .retire);
  vmso_retire_nothing_behind #(.Queues(Cfg.queues)) u_nothing_behind (
    .clk, .rst_n, .retire_valid, .retire
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      place_q  <= '0;
      stands_q <= '0;
    end else begin
      if (push) begin
        place_q[push_queue] <= '{
          slot: place_q[push_queue].slot + 5'(last),
          segment: last ? '0 : place_q[push_queue].segment + 1'b1
        };
      end
      if (bury_valid && bury_ready) begin
        place_q[bury_queue] <= '0;
        if (stands_q[bury_queue].failed && goes_on) begin
          place_q[bury_queue] <= aborts
              ? '{slot: stands_q[bury_queue].place.slot + 1'b1, segment: '0}
              : stands_q[bury_queue].place;
        end
        stands_q[bury_queue].failed <= 1'b0;
      end
      if (retire_valid && retire.fate == FateFailed) begin
        stands_q[retire.queue[0]] <= '{
          place: '{slot: retire.slot[4:0], segment: retire.segment[4:0]}, failed: 1'b1
        };
      end
    end
  end

  // -- model ---------------------------------------------------------------------------------------------
  logic            now, bury_now, fell_silent, is_watched, closes, must_die;
  logic            burying_q, burying_queue_q;
  logic [1:0]      failed_q, reached_q, ends_q;
  logic [1:0][5:0] bound_q, bound_q2, bound_q3;  // what came before dies: now, in the last cycle, ..
  logic [4:0]      last_ended_q;
  logic            any_ended_q;
  logic [1:0][3:0] left_q, left_before_q;
  logic [3:0]      left_due_q;
  logic            left_known_q;
  logic [4:0]      waited_q;
  logic            outer_seen_q;       // fields of an outer layer were written
  logic            wrote_q, spoils_q;  // fields of the order that is judged; of one that was not sent
  assign now        = item.queue[0];
  assign leave      = item_valid && item_ready;
  assign leaving    = notes_q[gone_q[2:0]];
  // a burial stands until it is taken; meanwhile no order of its queue comes
  assign bury_valid = burying_q || (want_bury && ready);
  assign bury_queue = burying_q ? burying_queue_q : any_bury_queue;
  assign bury_now   = u_bury.bury_now;
  assign closes     = bury_valid && bury_ready;
  assign is_watched  = leave && leaving.queue == watch_queue && leaving.job == watch_job;
  assign fell_silent = !item.send && !item.ends && !item.fails;
  assign must_die    = gone_q < bound_q3[now] || failed_q[now];
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      job_q         <= '0;
      open_q        <= '0;
      pushed_q      <= '0;
      gone_q        <= '0;
      come_q        <= '0;
      left_behind_q <= '0;
      failed_q      <= '0;
      bound_q       <= '0;
      ends_q        <= '0;
      any_ended_q   <= 1'b0;
      left_q        <= '0;
      left_before_q <= '0;
      left_known_q  <= 1'b0;
      burying_q     <= 1'b0;
      waited_q      <= '0;
      reached_q     <= '0;
      wrote_q       <= 1'b0;
      outer_seen_q  <= 1'b0;
      spoils_q      <= 1'b0;
    end else begin
      pushed_q      <= pushed_q + 6'(push);
      gone_q        <= gone_q + 6'(leave);
      come_q        <= come_q + 16'(push);
      left_behind_q <= order_count_t'(gone_q);
      for (int unsigned q = 0; q < 2; q++) begin
        left_q[q]   <= left_q[q] + 4'(leave && now == 1'(q));
      end
      if (push) begin
        notes_q[pushed_q[2:0]] <= '{kind: push_kind, queue: push_queue, last: last,
                                    job: job_q[push_queue]};
        open_q[push_queue] <= !last;
        job_q[push_queue]  <= job_q[push_queue] + 5'(last);
      end
      burying_q       <= bury_valid && !bury_ready;
      burying_queue_q <= bury_queue;
      waited_q        <= bury_valid && !bury_ready && (!void_valid || void_ready) ? waited_q + 1'b1 : '0;
      if (bury_now) bound_q[bury_queue] <= pushed_q;
      // the job that was open was killed; its failures and those in front of it are over
      if (closes) begin
        if (open_q[bury_queue]) job_q[bury_queue] <= job_q[bury_queue] + 1'b1;
        open_q[bury_queue]    <= 1'b0;
        reached_q[bury_queue] <= 1'b1;
      end
      if (leave && item.fails && gone_q >= bound_q[now]) failed_q[now] <= 1'b1;
      if (bury_now) failed_q[bury_queue] <= 1'b0;
      if (is_watched && item.ends) ends_q <= ends_q + 1'b1;
      if (leave && item.ends && now == watch_queue) begin
        any_ended_q  <= 1'b1;
        last_ended_q <= leaving.job;
      end
      left_before_q <= left_q;
      left_known_q  <= ready;
      outer_seen_q  <= outer_seen_q || (fields_valid && fields_ready && u_head.outer_q);
      wrote_q       <= !leave && (wrote_q || (fields_valid && fields_ready));
      spoils_q      <= leave && !item.send && (wrote_q || (fields_valid && fields_ready));
    end
    bound_q2   <= rst_n ? bound_q : '0;
    bound_q3   <= rst_n ? bound_q2 : '0;
    left_due_q <= left_before_q[ctl_queue];
  end

  always_comb begin
    landing_fits: assume (frame_state.landed <= item.frame_bytes - pos_t'(item.header_bytes));
    bounded_numbers: assume (!push || (pushed_q != '1 && job_q[push_queue] != '1));
    quiet_while_buried: assume (!push || !bury_valid || push_queue != bury_queue);
  end
  always_ff @(posedge clk) begin
    if (rst_n) begin
      leaves_in_order: assert (!leave || (item.slot[10:5] == gone_q && item.slot[4:0] == leaving.job
                               && now == leaving.queue && gone_q != pushed_q));
      end_is_of_the_job: assert (!leave || !item.ends || (item.job_end.slot == item.slot
                                 && item.job_end.queue == item.queue));
      ends_at_most_once: assert (!is_watched || !item.ends || ends_q == '0);
      ends_at_last: assert (!is_watched || !leaving.last || item.ends || ends_q == 2'd1 || drop_pulse);
      ends_only_at_its_end: assert (!leave || !item.ends || leaving.last || item.fails);
      ends_in_order: assert (!leave || !item.ends || now != watch_queue || !any_ended_q
                             || leaving.job > last_ended_q);
      silent_when_dead: assert (!leave || !must_die || (fell_silent && drop_pulse));
      told_when_alive: assert (!leave || gone_q < bound_q[now] || failed_q[now]
                               || (!fell_silent && !drop_pulse));
      buried_soon: assert (waited_q <= 5'd4);
      failure_ends: assert (!leave || !item.fails || item.ends);
      sent_has_landed: assert (!leave || !item.send || (leaving.kind == OrderFrame
                               && frame_state.landed == item.frame_bytes - pos_t'(item.header_bytes)));
      unsent_fields_go: assert (!spoils_q || fields_clear);
      clear_meets_no_write: assert (!fields_clear || !fields_valid);
      left_agrees: assert (!left_known_q || ctl_left == 16'(left_due_q));

      reach_retry: cover (retire_valid && retire.fate == FateSent && retire.slot == '0
                          && u_nothing_behind.failed_q[retire.queue[0]] && reached_q[retire.queue[0]]);
      reach_job_of_two: cover (is_watched && item.ends && item.send && gone_q == 6'd1
                               && leaving.job == 5'd0 && notes_q[0].queue == now);
      reach_fall: cover (is_watched && leaving.last && ends_q == 2'd1 && leaving.kind == OrderFrame);
      reach_next_job: cover (is_watched && item.send && leaving.job == 5'd1 && gone_q == 6'd3);
      reach_next_life: cover (leave && item.ends && reached_q[now] && gone_q == 6'd2
                              && bound_q3[now] == 6'd2);
      reach_fail_behind_burial: cover (leave && item.fails && gone_q < bound_q[now]);
      reach_tunnel: cover (leave && item.send && wrote_q && outer_seen_q && gone_q == 6'd1);
      reach_clear: cover (spoils_q && gone_q == 6'd1 && outer_seen_q);
      reach_full: cover (pushed_q - gone_q == 6'd4 && !leave);
      reach_left_twice: cover (left_known_q && ctl_left == 16'd2);
      reach_bury_failed: cover (bury_now && failed_q[bury_queue]);
    end
  end
  logic unused;
  assign unused = ^{retire_pending, pending, state_frame, look_tmpl, void_queue, fields, fields_side};
endmodule : prove_out_ends
