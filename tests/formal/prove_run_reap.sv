// SPDX-License-Identifier: Apache-2.0
// Reaper: an entry is free once, and only when the builder has let go of its job and no translation of
// it may come; nobody dying is left out. The builder asks and lets go when it likes, fills come and
// fences ask again when they like, so nothing rests on times.
module prove_run_reap #(
  parameter  int unsigned Jobs = 3,
  localparam int unsigned JobW = $clog2(Jobs)
) (
  input  logic            clk,
  input  logic            want_load,
  input  logic [JobW-1:0] load,
  input  logic            want_kill,
  input  logic [JobW-1:0] kill,
  input  logic            want_ask,    // of a run
  input  logic [JobW-1:0] ask,
  input  logic            want_drop,   // the builder lets go of its job
  input  logic [JobW-1:0] drop,
  input  logic            want_fill,
  input  logic [JobW-1:0] fill,
  input  logic            want_mark,   // all runs of the job are asked for again
  input  logic [JobW-1:0] mark,
  input  logic            free_ready,
  input  logic [JobW-1:0] look_at
);
  logic [2:0]      start_q = '0;
  logic            rst_n, ready;
  logic [Jobs-1:0] loaded_q, killed_q, built_q, runs_q, tried_q;
  logic [Jobs-1:0][1:0] wanted_q;  // runs that were asked for and have not come
  logic            load_valid, kill_valid, ask_valid, drop_valid, fill_valid, mark_valid;
  logic            dying, let_go, look_busy_q, op_valid, op_ready, op_q, op_done_q, moves, pressed;
  logic            free_valid, freed;
  logic [JobW-1:0] look, op_job_q, chosen;
  logic [2:0]      others_q;       // turns of others since `chosen` began to wait for its own

  // the flags of the reaper are cleared for Jobs cycles after reset
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;
  assign ready = start_q == '1;
  for (genvar i = 0; i < JobW; i++) begin : gen_chosen
    f_anyconst1 u_bit (.y(chosen[i]));
  end

  assign load_valid = want_load && ready && !loaded_q[load];
  assign kill_valid = want_kill && ready && loaded_q[kill] && !killed_q[kill];
  assign ask_valid  = want_ask && built_q[ask] && wanted_q[ask] != '1;
  assign drop_valid = want_drop && !(ask_valid && ask == drop);
  assign fill_valid = want_fill && wanted_q[fill] != '0;
  assign mark_valid = want_mark && !moves && runs_q[mark] && !fill_valid;
  assign op_ready   = !fill_valid && !mark_valid;
  assign freed      = free_valid && free_ready;
  vmso_run_reap #(.Jobs(Jobs), .Asks(1)) u_dut (
    .clk, .rst_n, .kill_valid, .kill, .ask(look_at), .dying, .look, .let_go,
    .look_busy(look_busy_q), .op_valid, .op_ready, .op_done(op_done_q), .moves, .pressed,
    .free_valid, .free_ready
  );
  always_comb begin
    exist: assume (32'(load) < Jobs && 32'(kill) < Jobs && 32'(ask) < Jobs && 32'(drop) < Jobs
                   && 32'(fill) < Jobs && 32'(mark) < Jobs && 32'(look_at) < Jobs
                   && 32'(chosen) < Jobs);
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      loaded_q <= '0;
      killed_q <= '0;
      built_q  <= '0;
      runs_q   <= '0;
      wanted_q <= '0;
      tried_q  <= '0;
      op_q     <= 1'b0;
      op_done_q <= 1'b0;
    end else begin
      if (load_valid) begin
        loaded_q[load] <= 1'b1;
        built_q[load]  <= 1'b1;
      end
      if (kill_valid) killed_q[kill] <= 1'b1;
      if (drop_valid) built_q[drop] <= 1'b0;
      if (fill_valid) wanted_q[fill] <= wanted_q[fill] - 1'b1;
      if (ask_valid) begin
        runs_q[ask]   <= 1'b1;
        wanted_q[ask] <= wanted_q[ask] + 2'(!(fill_valid && fill == ask));
      end
      if (mark_valid) wanted_q[mark] <= 2'd2;
      // the row is looked at one cycle after the op was taken, and found quiet is cleared
      op_q      <= op_valid && op_ready;
      op_done_q <= op_q && wanted_q[op_job_q] == '0;
      if (op_q && wanted_q[op_job_q] == '0) runs_q[op_job_q] <= 1'b0;
      if (op_q && wanted_q[op_job_q] != '0) tried_q[op_job_q] <= 1'b1;
      if (freed) begin
        loaded_q[look] <= 1'b0;
        killed_q[look] <= 1'b0;
        tried_q[look]  <= 1'b0;
      end
    end
  end
  always_ff @(posedge clk) begin
    op_job_q    <= look;
    look_busy_q <= built_q[look];
    if (!rst_n || !killed_q[chosen] || (let_go && look == chosen)) others_q <= '0;
    else if (let_go && others_q != '1) others_q <= others_q + 1'b1;
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      free_is_dying: assert (!free_valid || killed_q[look]);
      free_is_let_go: assert (!free_valid || !built_q[look]);
      free_is_unasked: assert (!free_valid || wanted_q[look] == '0);
      unused_is_unasked: assert (loaded_q[look_at] || wanted_q[look_at] == '0);
      dying_agrees: assert (dying == killed_q[look_at]);
      nobody_left_out: assert (32'(others_q) < Jobs);
      reach_second_try: cover (freed && tried_q[look]);
      reach_all_dying: cover (killed_q == '1);
      reach_reuse: cover (load_valid && $past(freed) && $past(look) == load);
      reach_busy_retry: cover (let_go && !killed_q[chosen] && killed_q[look] && built_q[look]);
    end
  end
endmodule : prove_run_reap
