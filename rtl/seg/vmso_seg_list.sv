// SPDX-License-Identifier: Apache-2.0
// Which queue is looked at next? Two FIFOs in which each queue has at most one token: a queue that comes
// back and has not spent what it was paid goes first, as its turn is not over; all others wait in line.
//
// A queue is listed while its token is here or with the scheduler, from pop to `back`. Events of a
// listed queue are dropped. No wake-up is lost, because the scheduler's last look at a job's state
// (in cycle L) is followed by `back` without `again` in L + 2, and an event is looked at here at
// least two cycles after the state shows it, and never in a cycle with `back`: what L did not see
// finds the queue unlisted.
//
// job_event   valid only; kept, one per job
// fresh       valid/ready: an event of a queue
// credit      valid only: has this queue something to spend?
// pop         valid/ready: takes the oldest token of those that go first, or of all; pop_first tells which
// back        valid only, at most every second cycle: the token returns; again: to the tail, or, if soon, behind
//             the next one, of one queue at a time; hold: it is kept elsewhere and comes with `held`, else the
//             queue is not listed any more
// held        valid/ready: such a token goes to the tail
// reset       control, at init the in-list bits
`include "vmso_assert.svh"
module vmso_seg_list #(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues),
  localparam int unsigned JobW   = $clog2(Cfg.jobs)
) (
  input  logic              clk,
  input  logic              rst_n,
  input  logic              init_valid,
  input  logic [QueueW-1:0] init_queue,
  input  logic              load_valid,  // job belongs to queue
  input  logic [JobW-1:0]   load_job,
  input  logic [QueueW-1:0] load_queue,
  input  logic              job_event_valid,
  input  logic [JobW-1:0]   job_event,
  input  logic              fresh_valid,
  output logic              fresh_ready,
  input  logic [QueueW-1:0] fresh_queue,
  input  logic              credit_valid,
  input  logic [QueueW-1:0] credit_queue,
  input  logic              credit,
  output logic              pop_valid,
  input  logic              pop_ready,
  output logic [QueueW-1:0] pop,
  output logic              pop_first,
  input  logic              back_valid,
  input  logic              back_again,
  input  logic              back_soon,
  input  logic              back_hold,
  input  logic [QueueW-1:0] back,
  input  logic              held_valid,
  output logic              held_ready,
  input  logic [QueueW-1:0] held
);
  localparam int unsigned Depth = 1 << QueueW;

  // -- events of jobs -----------------------------------------------------------------------------
  logic              pending, event_push, event_room, event_valid, event_ready, unused_flags_ready;
  logic [JobW-1:0]   event_job;
  logic [QueueW-1:0] event_queue;
  logic [vmso_math_pkg::count_width(Cfg.jobs)-1:0] unused_event_count;

  assign event_push = job_event_valid && !pending;
  vmso_fifo #(.Bits(JobW), .Depth(Cfg.jobs)) u_events (
    .clk, .rst_n, .in_valid(event_push), .in_ready(event_room), .in(job_event),
    .out_valid(event_valid), .out_ready(event_ready), .out(event_job), .count(unused_event_count)
  );
  vmso_lutram #(.Depth(Cfg.jobs), .Bits(QueueW)) u_job_queue (
    .clk, .write_en(load_valid), .write_addr(load_job), .write_data(load_queue),
    .read_addr(event_job), .read_data(event_queue)
  );
  // stands in the FIFO
  vmso_flags #(.Num(Cfg.jobs)) u_pending (
    .clk, .rst_n, .ready(unused_flags_ready), .put_valid(event_push), .put(job_event),
    .drop_valid(event_valid && event_ready), .drop(event_job), .ask(job_event), .is_in(pending)
  );

  // -- tokens -------------------------------------------------------------------------------------
  logic              look, look_fresh, fresh_turn_q, listed, add, push, token_room, leaves;
  logic [QueueW-1:0] look_queue, listed_queue, push_queue;
  logic [vmso_math_pkg::count_width(Depth)-1:0] unused_token_count;

  assign look        = !back_valid && !init_valid && (event_valid || fresh_valid);
  assign look_fresh  = fresh_valid && (fresh_turn_q || !event_valid);
  assign fresh_ready = look && look_fresh;
  assign event_ready = look && !look_fresh;
  assign look_queue  = look_fresh ? fresh_queue : event_queue;
  assign add         = look && !listed;
  assign held_ready  = !back_valid && !look;
  assign push        = add || (back_valid && back_again) || (held_valid && held_ready);
  assign push_queue  = back_valid ? back : look ? look_queue : held;

  assign leaves       = back_valid && !back_again && !back_hold;
  assign listed_queue = init_valid ? init_queue : back_valid ? back : look_queue;
  vmso_lutram #(.Depth(Depth), .Bits(1)) u_listed (
    .clk, .write_en(init_valid || add || leaves), .write_addr(listed_queue),
    .write_data(add), .read_addr(look_queue), .read_data(listed)
  );
  // What comes back while the short FIFO is full waits in line.
  localparam int unsigned FirstDepth = 16;
  logic              has_credit, goes_first, first_valid, first_room, tokens_valid;
  logic [QueueW-1:0] first, token;
  logic [vmso_math_pkg::count_width(FirstDepth)-1:0] unused_first_count;
  vmso_lutram #(.Depth(Depth), .Bits(1)) u_credit (
    .clk, .write_en(init_valid || credit_valid),
    .write_addr(init_valid ? init_queue : credit_queue), .write_data(!init_valid && credit),
    .read_addr(look_queue), .read_data(has_credit)
  );
  assign goes_first = add && has_credit && first_room;
  // one that comes soon takes turns with all others
  logic              goes_soon, soon_valid_q, soon_turn_q, takes_soon;
  logic [QueueW-1:0] soon_q;
  assign goes_soon  = back_valid && back_again && back_soon;
  assign takes_soon = soon_valid_q && (soon_turn_q || !(first_valid || tokens_valid));
  always_ff @(posedge clk) begin
    if (!rst_n) soon_valid_q <= 1'b0;
    else soon_valid_q <= goes_soon || (soon_valid_q && !(pop_ready && takes_soon));
  end
  always_ff @(posedge clk) begin
    if (goes_soon) soon_q <= back;
    if (goes_soon) soon_turn_q <= 1'b0;
    else if (pop_valid && pop_ready) soon_turn_q <= 1'b1;
  end
  vmso_fifo #(.Bits(QueueW), .Depth(FirstDepth)) u_first (
    .clk, .rst_n, .in_valid(goes_first), .in_ready(first_room), .in(look_queue),
    .out_valid(first_valid), .out_ready(pop_ready && !takes_soon), .out(first),
    .count(unused_first_count)
  );
  vmso_fifo #(.Bits(QueueW), .Depth(Depth)) u_tokens (
    .clk, .rst_n, .in_valid(push && !goes_first && !goes_soon), .in_ready(token_room),
    .in(push_queue), .out_valid(tokens_valid), .out_ready(pop_ready && !takes_soon && !first_valid),
    .out(token), .count(unused_token_count)
  );
  assign pop_valid = first_valid || tokens_valid || soon_valid_q;
  assign pop_first = first_valid && !takes_soon;
  assign pop       = takes_soon ? soon_q : first_valid ? first : token;
  always_ff @(posedge clk) begin
    if (!rst_n) fresh_turn_q <= 1'b0;
    else if (look) fresh_turn_q <= !look_fresh;
  end

`ifdef VMSO_CHECKS
  logic [Depth-1:0] listed_q, token_q;  // the bits; a token is in the FIFO
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      listed_q <= '0;
      token_q  <= '0;
    end else begin
      if (pop_valid && pop_ready) token_q[pop] <= 1'b0;
      if (push) token_q[push_queue] <= 1'b1;
      if (add) listed_q[look_queue] <= 1'b1;
      if (leaves) listed_q[back] <= 1'b0;
    end
  end
  `VMSO_IMPL_IF(OneTokenEach, push, token_room && !token_q[push_queue])
  `VMSO_IMPL_IF(BackIsListed, back_valid, listed_q[back])
  `VMSO_IMPL_IF(OneComesSoon, goes_soon, !soon_valid_q)
  `VMSO_IMPL_IF(OneEventPerJob, event_push, event_room)
`else
  logic unused_room;  // both FIFOs hold everything there is
  assign unused_room = event_room ^ token_room;
`endif
endmodule : vmso_seg_list
