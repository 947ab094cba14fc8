// SPDX-License-Identifier: Apache-2.0
// Walk cache against one watched {context, page} of the solver's choice: of each level, was an entry that
// covers the page inserted last for it, and not swept since? Looks, inserts and sweeps are free, but for
// what the fence promises: all indices in a pass, or the one of a page; nothing that a pass matches is
// inserted while it lasts.
module prove_xlat_pwc
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 32, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 4, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 16, formats: 32'h1ff, template_bytes: 256, max_frame: 9216
  }
) (
  input logic       clk,
  input logic       want_insert,
  input logic [4:0] insert_ctx,
  input page_t      insert_page,
  input logic [1:0] insert_at,    // level - 1
  input logic       insert_leaf,
  input ppn_t       insert_ppn,
  input logic       want_pass,
  input logic       want_step,
  input logic [4:0] pass_ctx,
  input sweep_t     pass          // but ctx
);
  localparam int unsigned Most = 16;
  logic [4:0] start_q = '0;  // reset, then the valid bits are cleared
  logic       rst_n, ready;
  logic [4:0] watch_ctx;
  page_t      watch;
  f_anyconst1 u_ctx [4:0] (.y(watch_ctx));
  f_anyconst1 u_page [44:0] (.y(watch));
  always_ff @(posedge clk) if (start_q != 5'd17) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;
  assign ready = start_q == 5'd17;

  logic       active_q, step, last, insert_valid, look_hit, look_leaf, meant;
  logic [3:0] index_q;
  logic [2:0] insert_level, look_level;
  ppn_t       look_ppn;
  sweep_t     pass_q, pass_d;
  assign step         = active_q && want_step;
  assign last         = step && (pass_q.by_page || index_q == '1);
  assign insert_level = 3'(insert_at) + 1'b1;
  assign insert_valid = want_insert && ready
                        && !(active_q && (pass_q.all || pass_q.ctx[4:0] == insert_ctx));
  always_comb begin
    pass_d     = pass;
    pass_d.ctx = context_t'(pass_ctx);
    if (pass.by_page) begin
      pass_d.all  = 1'b0;
      pass_d.mask = page_t'(7);
    end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) active_q <= 1'b0;
    else if (!active_q) active_q <= want_pass && ready;
    else if (last) active_q <= 1'b0;
    if (!rst_n || !active_q) begin
      pass_q  <= pass_d;
      index_q <= '0;
    end else if (step) begin
      index_q <= index_q + 1'b1;
    end
  end

  vmso_xlat_pwc #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .look_ctx(context_t'(watch_ctx)), .look_page(watch), .look_hit, .look_leaf,
    .look_level, .look_ppn, .insert_valid, .insert_ctx(context_t'(insert_ctx)), .insert_page,
    .insert_level, .insert_leaf, .insert_ppn, .sweep_valid(step), .sweep(pass_q),
    .sweep_index(index_q)
  );

  // -- the reference: of each level what was inserted last for the watched page ---------------------
  logic [4:1] live_q, leaf_q, covered, meets, agree;
  ppn_t [4:1] ppn_q;
  assign meant = pass_q.all || pass_q.ctx == context_t'(watch_ctx);
  for (genvar level = 1; level < 5; level++) begin : gen_level
    localparam int unsigned Shift  = 9 * level;
    localparam int unsigned IndexW = level == 1 ? 4 : level == 2 ? 4 : 3;
    typedef struct packed {
      logic [4:0]        ctx;
      logic [44-Shift:0] key;
      logic              leaf;
      ppn_t              ppn;
    } entry_t;
    logic [IndexW-1:0] at;
    entry_t            entry;
    logic              valid;
    assign covered[level] = insert_valid && insert_level == 3'(level) && insert_ctx == watch_ctx
                            && insert_page[44:Shift] == watch[44:Shift];
    // does the pass mean an entry of this level that covers the watched page?
    assign meets[level]   = meant && ((watch[44:Shift] ^ pass_q.page[44:Shift])
                                      & ~pass_q.mask[44:Shift]) == '0;
    always_ff @(posedge clk) begin
      if (!rst_n) live_q[level] <= 1'b0;
      else if (covered[level]) live_q[level] <= 1'b1;
      else if (last && meets[level] && (leaf_q[level] || !pass_q.leaf_only)) live_q[level] <= 1'b0;
      if (covered[level]) begin
        ppn_q[level]  <= insert_ppn;
        leaf_q[level] <= insert_leaf;
      end
    end
    // for the step of the induction: the entry where the watched page would be, which the RAMs keep
    assign at    = watch[Shift +: IndexW] ^ IndexW'(watch_ctx);
    assign entry = u_dut.gen_level[level].u_entries.kept;
    assign valid = u_dut.gen_level[level].u_valid.u_put.kept
                   ^ u_dut.gen_level[level].u_valid.u_drop.kept;
    always_comb begin
      at_word: assume (u_dut.gen_level[level].u_entries.word == at
                       && u_dut.gen_level[level].u_valid.u_put.word == at
                       && u_dut.gen_level[level].u_valid.u_drop.word == at);
    end
    always_comb begin
      agree[level] = 1'b1;
      if (valid && entry.ctx == watch_ctx && entry.key == watch[44:Shift]) begin
        agree[level] = live_q[level] && entry.leaf == leaf_q[level] && entry.ppn == ppn_q[level];
        // a pass over all is behind it
        if (active_q && !pass_q.by_page && meets[level] && (entry.leaf || !pass_q.leaf_only)
            && index_q > 4'(at)) agree[level] = 1'b0;
      end
      if (!ready) begin
        agree[level] = !live_q[level]
                       && u_dut.gen_level[level].u_valid.clearing == (32'(start_q) <= 2**IndexW)
                       && (!u_dut.gen_level[level].u_valid.clearing
                           || 32'(u_dut.gen_level[level].u_valid.clear_at) == 32'(start_q) - 1)
                       && (!valid || 32'(at) + 1 >= 32'(start_q));
      end else if (u_dut.gen_level[level].u_valid.clearing) begin
        agree[level] = 1'b0;
      end
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      hits_what_lives: assert (!look_hit || step || !ready || live_q[look_level]);
      page_of_last_insert: assert (!look_hit || step || (look_ppn == ppn_q[look_level]
                                   && look_leaf == leaf_q[look_level]));
      level_exists: assert (!look_hit || step || (look_level != '0 && look_level <= 3'd4));
      agrees: assert (agree == '1);
      quiet_at_first: assert (ready || (!active_q && live_q == '0 && (step || !look_hit)));
      pages_agree: assert (!pass_q.by_page || (!pass_q.all && pass_q.mask == page_t'(7)
                                               && (!active_q || index_q == '0)));
      started: assert (start_q <= 5'd17);
      reach_hit: cover (look_hit && look_leaf && look_level == 3'd1 && live_q == '1);
      reach_other_context: cover (look_hit && u_dut.gen_level[1].insert_here && insert_ctx != watch_ctx
                                  && insert_page == watch);
      reach_leaf_only: cover (last && live_q == 4'b0011 && leaf_q[2:1] == 2'b01 && meets[1]
                              && pass_q.leaf_only && pass_q.by_page);
      reach_killed_by_block: cover (last && live_q[1] && meets[1] && !pass_q.by_page && !pass_q.all
                                    && pass_q.mask == page_t'(1023));
    end
  end
endmodule : prove_xlat_pwc
