// SPDX-License-Identifier: Apache-2.0
// Turns of queues whose runs are to be asked for again: four jobs of four queues, three runs each
// at most. Loads, pushes, who is dying, who holds a quarter of walk slots, when something may be
// asked for and what is forgotten, of dying jobs or others, are free in every cycle; but nothing of
// a job is pushed in the cycle in which it is forgotten, and `watch`, a queue chosen by the solver,
// never holds a quarter. It waits as soon as one of its jobs is on its list. Any job may be the elder, from any
// cycle on.
module prove_run_wait
  import vmso_pkg::*;
  import vmso_run_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 4, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  },
  parameter int unsigned Most = 3  // runs of a job
) (
  input logic       clk,
  input logic       want_load,
  input logic [1:0] load_job,
  input logic [1:0] load_queue,
  input logic       want_push,
  input logic [1:0] push_job,
  input run_t       push_run,
  input logic       full,
  input logic       look_dying,
  input logic       ask_on,
  input logic       elder_valid,
  input logic [1:0] elder_job,
  input logic       want_forget,
  input logic [1:0] count_job
);
  logic [2:0]      start_q = '0;  // 0: reset, then a cycle for each job
  logic            rst_n, init_valid, load_valid, push_valid, waits, share_full, ask_valid, picks;
  logic            passes, forget, forget_ready;
  logic [1:0]      watch, look_job, ask_job;
  queue_t          share_queue;
  run_t            ask_run;
  ptr_t            count;
  logic [3:0][1:0] owner_q, held_q;  // held: pushed, neither asked for nor forgotten
  logic [3:0][4:0] pushed_q;
  logic [6:0]      read_q;           // the place that was read at last
  logic            raced_q;          // it was written in that cycle
  run_t            wrote_q;
  logic [3:0]      loaded_q;
  always_ff @(posedge clk) if (start_q != 3'd5) start_q <= start_q + 1'b1;
  assign rst_n      = start_q != '0;
  assign init_valid = start_q != '0 && start_q != 3'd5;
  assign push_valid = want_push && start_q == 3'd5 && loaded_q[push_job]
                      && 32'(held_q[push_job]) < Most;
  assign load_valid = want_load && start_q == 3'd5 && held_q[load_job] == '0
                      && !(push_valid && push_job == load_job);
  assign forget     = want_forget && forget_ready && start_q == 3'd5
                      && !(push_valid && push_job == count_job);
  assign share_full = full && share_queue != queue_t'(watch);
  f_anyconst1 u_watch [1:0] (.y(watch));

  vmso_run_wait #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .init_valid, .init_job(2'(start_q - 3'd1)), .load_valid, .load_job,
    .load_queue(queue_t'(load_queue)), .push_valid, .push_job, .push_run, .push_tried(1'b0),
    .waits, .elder_valid, .elder_job, .share_queue, .share_full, .look_job, .look_dying, .ask_on, .ask_valid, .ask_job,
    .ask_run, .picks, .passes, .count_job, .count, .forget, .forget_ready
  );

  logic       ends, waits_now;
  logic [3:0] list_q;   // jobs on the list of `watch`
  logic [3:0] asked_q;  // queues that were asked for since `watch` waits, or had its last turn
  logic       full_asked_q;
  logic       turn_asks;        // it is a queue that is asked for, not the elder
  logic       elder_last_q;     // no queue had a step since the elder's last one
  logic [1:0] asked;
  assign asked     = owner_q[ask_job];
  assign waits_now = list_q != '0;
  assign turn_asks = ask_valid && !u_dut.elder;
  always_ff @(posedge clk) begin
    if (!rst_n) elder_last_q <= 1'b0;
    else if (u_dut.start && !u_dut.grant[0]) elder_last_q <= u_dut.grant[2];
  end
  assign ends      = u_dut.pick && u_dut.go && u_dut.queue_q == watch && u_dut.turn_ends;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      loaded_q     <= '0;
      held_q       <= '0;
      pushed_q     <= '0;
      list_q       <= '0;
      asked_q      <= '0;
      full_asked_q <= 1'b0;
    end else begin
      if (load_valid) loaded_q[load_job] <= 1'b1;
      for (int unsigned i = 0; i < 4; i++) begin
        held_q[i] <= held_q[i] + 2'(push_valid && 32'(push_job) == i)
                     - 2'(ask_valid && 32'(ask_job) == i);
        if (forget && 32'(count_job) == i) held_q[i] <= '0;
      end
      if (push_valid) pushed_q[push_job] <= pushed_q[push_job] + 1'b1;
      if (u_dut.attach && u_dut.queue_q == watch) list_q[u_dut.job_q] <= 1'b1;
      if (u_dut.leave && u_dut.go && u_dut.queue_q == watch) list_q[u_dut.job_q] <= 1'b0;
      if (!waits_now || ends) begin
        asked_q      <= '0;
        full_asked_q <= 1'b0;
      end else if (turn_asks) begin
        asked_q[asked] <= 1'b1;
        if (share_full) full_asked_q <= 1'b1;
      end
    end
    if (load_valid) owner_q[load_job] <= load_queue;
    if (u_dut.u_rings.read_en) begin
      read_q  <= u_dut.u_rings.read_addr;
      raced_q <= push_valid && u_dut.u_rings.write_addr == u_dut.u_rings.read_addr;
      wrote_q <= push_run;
    end
  end

  // for the step of the induction: the lists as they stand, whose token is where, who is listed
  logic [3:0]      att_q;                   // jobs on a list
  logic            hand, done, lists_kept, flags_kept, rings_kept, tails_clear;
  logic            passed_kept, full_kept, ahead;
  logic [1:0]      hand_job, token, at;
  logic [3:0]      seen, mine;
  logic [3:0][2:0] tokens, listings;        // tokens of a queue, places of a job
  logic [3:0][1:0] heads;
  logic [2:0]      place;                   // of the token of `watch`
  assign hand     = u_dut.pick || u_dut.turn_valid_q;
  assign hand_job = u_dut.pick ? u_dut.job_q : u_dut.turn_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      att_q <= '0;
    end else begin
      if (u_dut.attach) att_q[u_dut.job_q] <= 1'b1;
      if (u_dut.leave && u_dut.go) att_q[u_dut.job_q] <= 1'b0;
    end
  end
  always_comb begin
    tokens   = '0;
    listings = '0;
    heads    = '0;
    place    = '0;
    token    = '0;
    at       = '0;
    for (int unsigned i = 0; i < 4; i++) begin
      token = u_dut.u_tokens.u_mem.mem[u_dut.u_tokens.rd_ptr_q + 2'(i)];
      at    = u_dut.u_listed_in.mem[token];
      if (i < 32'(u_dut.others)) begin
        tokens[at] += 3'd1;
        heads[at]   = token;
        if (at == watch) place = 3'(i);
      end
      if (i < 32'(u_dut.u_fresh.count_q)) begin
        listings[u_dut.u_fresh.u_mem.mem[u_dut.u_fresh.rd_ptr_q + 2'(i)]] += 3'd1;
      end
    end
    if (hand) begin
      tokens[u_dut.u_listed_in.mem[hand_job]] += 3'd1;
      heads[u_dut.u_listed_in.mem[hand_job]]   = hand_job;
    end
    if (u_dut.attach) listings[u_dut.job_q] += 3'd1;
    lists_kept  = 1'b1;
    tails_clear = 1'b1;
    seen        = '0;
    mine        = '0;
    done        = 1'b0;
    for (int unsigned q = 0; q < 4; q++) begin
      seen = '0;
      mine = '0;
      done = 1'b0;
      at   = heads[q];
      for (int unsigned i = 0; i < 4; i++) begin
        mine[i] = att_q[i] && 32'(u_dut.u_listed_in.mem[i]) == q;
        if (!done) begin
          seen[at] = 1'b1;
          done     = at == u_dut.u_tails.gen_real.mem[q][1:0];
          at       = u_dut.u_next.mem[at];
        end
      end
      if (u_dut.u_tails.gen_real.mem[q][2]) begin
        if (tokens[q] != 3'd1 || !done || seen != mine) lists_kept = 1'b0;
        if (q < 32'(start_q) - 1) tails_clear = 1'b0;
      end else if (tokens[q] != '0 || mine != '0) begin
        lists_kept = 1'b0;
      end
    end
    flags_kept = 1'b1;
    rings_kept = 1'b1;
    for (int unsigned i = 0; i < 4; i++) begin
      listings[i] += 3'(att_q[i]);
      if (i < 32'(start_q) - 1 && listings[i]
          != 3'(u_dut.u_listed.u_put.mem[i] ^ u_dut.u_listed.u_drop.mem[i])) flags_kept = 1'b0;
      if (listings[i] == '0 && held_q[i] != '0) flags_kept = 1'b0;
      if (!loaded_q[i] && (listings[i] != '0 || held_q[i] != '0)) flags_kept = 1'b0;
      if (loaded_q[i] && owner_q[i] != u_dut.u_owners.mem[i]) flags_kept = 1'b0;
      if (i < 32'(start_q) - 1
          && (6'(u_dut.u_ends.mem[i] - u_dut.u_look_ptrs.mem[i]) != 6'(held_q[i])
              || u_dut.u_ends.mem[i][4:0] != pushed_q[i]
              || u_dut.u_look_ptrs.mem[i] != u_dut.u_node_ptrs.mem[i])) rings_kept = 1'b0;
      if (u_dut.held_q[i] != 6'(held_q[i])) rings_kept = 1'b0;
      if (start_q != 3'd5 && pushed_q[i] != '0) rings_kept = 1'b0;
    end
    // nobody who was asked for stands before `watch`
    passed_kept = !asked_q[watch];
    ahead       = 1'b1;
    for (int unsigned i = 0; i < 4; i++) begin
      at = u_dut.u_listed_in.mem[u_dut.u_tokens.u_mem.mem[u_dut.u_tokens.rd_ptr_q + 2'(i)]];
      if (at == watch) ahead = 1'b0;
      if (i < 32'(u_dut.others) && ahead && asked_q[at] && waits_now
          && !(hand && u_dut.u_listed_in.mem[hand_job] == watch)) passed_kept = 1'b0;
    end
    if (hand && waits_now && asked_q[u_dut.u_listed_in.mem[hand_job]]) passed_kept = 1'b0;
    full_kept = !full_asked_q || !waits_now || (hand && u_dut.u_listed_in.mem[hand_job] == watch)
                || 32'(u_dut.skips_q) + 32'(place) < 32'(u_dut.others);
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      once_each: assert (!turn_asks || !waits_now || !asked_q[asked]);
      one_full: assert (!turn_asks || !waits_now || !share_full || !full_asked_q);
      asks_in_its_turn: assert (!ends || ask_valid || look_dying || held_q[u_dut.job_q] == '0
                                || owner_q[u_dut.job_q] != watch);
      asks_its_own: assert (!ask_valid || (held_q[ask_job] != '0 && !look_dying
                                           && (u_dut.elder || u_dut.queue_q == asked)));
      asks_the_oldest: assert (!ask_valid || read_q
                               == {ask_job, 5'(pushed_q[ask_job] - 5'(held_q[ask_job]))});
      asks_what_stands: assert (!ask_valid || ask_run == (raced_q ? wrote_q : u_dut.read.run));
      pushes_next: assert (!push_valid || u_dut.u_rings.write_addr
                           == {push_job, pushed_q[push_job]});
      counts: assert (start_q != 3'd5 || count == ptr_t'(held_q[count_job]));
      forgets: assert (start_q != 3'd5 || forget_ready || ask_valid);
      asks_when_on: assert (!ask_valid || u_dut.pick || u_dut.elder);
      elder_takes_turns: assert (!(u_dut.start && u_dut.grant[2]) || !u_dut.wants[1]
                                 || !elder_last_q);
      turns_agree: assert (u_dut.u_choice.behind_q inside {3'b111, 3'b110, 3'b100, 3'b000}
                           && !(elder_last_q && u_dut.u_choice.behind_q == 3'b100));
      elder_agrees: assert (!u_dut.elder || held_q[u_dut.job_q] == '0
                            || read_q == {u_dut.job_q, u_dut.look_ptr[4:0]});
      lists_agree: assert (start_q != 3'd5 || lists_kept);
      flags_agree: assert (flags_kept);
      rings_agree: assert (rings_kept);
      passed_agree: assert (passed_kept);
      full_agree: assert (full_kept);
      watch_agrees: assert (list_q == (att_q & {u_dut.u_listed_in.mem[3] == watch,
                            u_dut.u_listed_in.mem[2] == watch, u_dut.u_listed_in.mem[1] == watch,
                            u_dut.u_listed_in.mem[0] == watch}));
      fifos_agree: assert (u_dut.u_tokens.count_q <= 3'd4 && u_dut.u_fresh.count_q <= 3'd4
                           && 2'(u_dut.u_tokens.rd_ptr_q + u_dut.u_tokens.count_q[1:0])
                           == u_dut.u_tokens.wr_ptr_q
                           && 2'(u_dut.u_fresh.rd_ptr_q + u_dut.u_fresh.count_q[1:0])
                           == u_dut.u_fresh.wr_ptr_q);
      starts: assert (u_dut.clearing == (start_q != 3'd5) && u_dut.u_listed.clearing
                      == u_dut.clearing && (start_q == 3'd5 || (u_dut.clear_at
                      == 2'(start_q - 3'd1) && u_dut.u_listed.clear_at == 2'(start_q - 3'd1)
                      && tails_clear && u_dut.others == '0 && u_dut.u_fresh.count_q == '0
                      && !u_dut.step_q && !u_dut.turn_valid_q && att_q == '0 && loaded_q == '0)));
      step_agrees: assert (!u_dut.step_q
                           || u_dut.u_tails.gen_real.mem[u_dut.queue_q] == u_dut.tail);
      pick_agrees: assert (!u_dut.pick || (u_dut.queue_q == u_dut.u_listed_in.mem[u_dut.job_q]
                           && (held_q[u_dut.job_q] == '0 || u_dut.stale_q
                           == (owner_q[u_dut.job_q] != u_dut.queue_q))
                           && (held_q[u_dut.job_q] == '0 || read_q
                           == {u_dut.job_q, u_dut.look_ptr[4:0]})));
      started: assert (start_q <= 3'd5);
      reach_two_before: cover (ends && ask_valid && $countones(asked_q & ~(4'd1 << watch)) == 2);
      reach_pass: cover (waits_now && u_dut.pass && share_full);
      reach_one_full: cover (waits_now && full_asked_q);
      reach_goes_on: cover (u_dut.pick && u_dut.go && u_dut.queue_q == watch && !u_dut.turn_ends);
      reach_forget: cover (forget && held_q[count_job] == 2'd2 && u_dut.step_q);
      reach_beside: cover (ask_valid && raced_q);
      reach_elder: cover (u_dut.elder && ask_valid && elder_last_q && u_dut.stale_q);
      reach_next_job: cover (u_dut.rotate && u_dut.queue_q == watch && ask_valid);
    end
  end
endmodule : prove_run_wait
