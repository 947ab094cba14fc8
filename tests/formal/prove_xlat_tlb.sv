// SPDX-License-Identifier: Apache-2.0
// TLB of 4 sets against one watched {context, page} of the solver's choice: was it written good, and not
// swept since? Lines of all others, reads, fills and sweeps are free, but for what the neighbours promise:
//   slots   a walk of the watched line has the way that a read of it was told; until it writes or ends
//           there is no other one, and a read of the write's cycle or before opens none after it
//   fence   no read with a step; all sets in a pass, or the one of a page; nothing that a pass matches is
//           written while it lasts
module prove_xlat_tlb
  import vmso_pkg::*;
  import vmso_xlat_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 4, runs_per_job: 32,
    walk_slots: 8, tlb_lines: 16, formats: 32'h1ff, template_bytes: 256, max_frame: 9216
  }
) (
  input logic       clk,
  input logic       want_read,
  input logic [2:0] read_ctx,
  input page_t      read_page,
  input logic       want_open,
  input logic       want_close,
  input logic       want_write,
  input logic [2:0] write_ctx,
  input line_t      write_line,
  input logic [1:0] any_way,
  input logic [7:0] write_good,
  input ppn_t [7:0] write_ppn,
  input logic       want_pass,
  input logic       want_step,
  input logic [2:0] pass_ctx,
  input sweep_t     pass        // but ctx
);
  localparam int unsigned Sets = 4;
  logic       start_q = 1'b0;
  logic       rst_n;
  logic [2:0] watch_ctx;
  page_t      watch;
  f_anyconst1 u_ctx [2:0] (.y(watch_ctx));
  f_anyconst1 u_page [44:0] (.y(watch));
  always_ff @(posedge clk) start_q <= 1'b1;
  assign rst_n = start_q;

  // -- the neighbours -----------------------------------------------------------------------------
  logic       walk_q, wrote_q, read_watch_q, active_q, swept_q, step, step_q, last_q;
  logic       read_en, write_valid, write_ready, write_watch, wrote, hit, matched, kills;
  logic [1:0] way_q, fill_way, write_way, index_q, index_q2;
  ppn_t       hit_ppn;
  sweep_t     pass_q, pass_d;

  // what comes with reset: one pass over everything
  assign step        = active_q && want_step;
  assign read_en     = want_read && swept_q && !step;
  assign write_watch = write_ctx == watch_ctx && write_line == watch[44:3];
  assign write_way   = write_watch ? way_q : any_way;
  assign write_valid = want_write && swept_q && (!write_watch || walk_q)
                       && !((active_q || step_q) && (pass_q.all || pass_q.ctx[2:0] == write_ctx));
  assign wrote       = write_valid && write_ready && write_watch;
  always_comb begin
    pass_d     = pass;
    pass_d.ctx = context_t'(pass_ctx);
    if (pass.by_page) begin
      pass_d.all  = 1'b0;
      pass_d.mask = page_t'(7);
    end
    if (!rst_n || !swept_q) pass_d = '{all: 1'b1, lines: 1'b1, mask: '1, default: '0};
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      walk_q       <= 1'b0;
      wrote_q      <= 1'b0;
      read_watch_q <= 1'b0;
      active_q     <= 1'b0;
      swept_q      <= 1'b0;
      step_q       <= 1'b0;
      last_q       <= 1'b0;
    end else begin
      wrote_q      <= wrote;
      read_watch_q <= read_en && read_ctx == watch_ctx && read_page == watch;
      if (wrote || want_close) walk_q <= 1'b0;
      else if (read_watch_q && !wrote_q && want_open) walk_q <= 1'b1;
      step_q <= step;
      last_q <= step && (pass_q.by_page || index_q == 2'(Sets - 1));
      if (last_q) swept_q <= 1'b1;
      if (!active_q && !step_q) active_q <= want_pass;
      else if (step && (pass_q.by_page || index_q == 2'(Sets - 1))) active_q <= 1'b0;
    end
    if (!rst_n || (!active_q && !step_q)) begin
      pass_q  <= pass_d;
      index_q <= '0;
    end else if (step) begin
      index_q <= index_q + 1'b1;
    end
    index_q2 <= index_q;
    if (!walk_q) way_q <= fill_way;
  end

  vmso_xlat_tlb #(.Cfg(Cfg)) u_dut (
    .clk, .rst_n, .read_en, .read_ctx(context_t'(read_ctx)), .read_page, .hit, .fill_way, .hit_ppn,
    .write_valid, .write_ready, .write_ctx(context_t'(write_ctx)), .write_line, .write_way,
    .write_good, .write_ppn, .sweep_read(step), .sweep(pass_q), .sweep_index(index_q),
    .sweep_write(step_q), .swept(pass_q)
  );

  // -- the reference ------------------------------------------------------------------------------
  logic live_q, live_q2, read_watch_q2, hit_q;
  ppn_t page_q, page_q2;
  // does the pass mean the watched page?
  assign matched = pass_q.lines && (pass_q.all || pass_q.ctx == context_t'(watch_ctx))
                   && ((watch[44:3] ^ pass_q.page[44:3]) & ~pass_q.mask[44:3]) == '0;
  assign kills   = last_q && matched;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      live_q        <= 1'b0;
      read_watch_q2 <= 1'b0;
    end else begin
      if (wrote) live_q <= write_good[watch[2:0]];
      else if (kills) live_q <= 1'b0;
      read_watch_q2 <= read_watch_q;
    end
    if (wrote_q) page_q <= write_ppn[watch[2:0]];
    live_q2 <= live_q;
    page_q2 <= page_q;
    hit_q   <= hit;
  end

  // -- for the step of the induction: the watched line in the RAMs, which keep its set -----------------
  typedef struct packed {
    logic [2:0] ctx;
    line_t      line;
    logic [7:0] good;
  } tag_t;
  logic [1:0]       at;
  tag_t [3:0]       tags;
  ppn_t [3:0][7:0]  data;
  logic [3:0]       here;
  logic             agree, page_agrees, passed, seen;
  always_comb begin
    at = '0;
    for (int unsigned b = 0; b < 42; b += 2) at ^= 2'(watch[44:3] >> b);
    at ^= watch_ctx[1:0] ^ 2'(watch_ctx[2]);
  end
  for (genvar w = 0; w < 4; w++) begin : gen_way
    assign tags[w] = u_dut.gen_tag[w].u_ram.kept;
    assign data[w] = u_dut.gen_data[w].u_ram.kept;
    always_comb begin
      at_word: assume (u_dut.gen_tag[w].u_ram.word == at && u_dut.gen_data[w].u_ram.word == at);
    end
    assign here[w] = tags[w].good != '0 && tags[w].ctx == watch_ctx && tags[w].line == watch[44:3];
  end
  always_comb begin
    agree       = 1'b1;
    seen        = 1'b1;
    page_agrees = 1'b1;
    for (int unsigned w = 0; w < 4; w++) begin
      if (here[w] && tags[w].good[watch[2:0]] && !live_q) agree = 1'b0;
      if (here[w] && live_q && !wrote_q && data[w][watch[2:0]] != page_q) page_agrees = 1'b0;
      if (here[w] && u_dut.tags[w] != tags[w]) seen = 1'b0;
      if (here[w] && walk_q && way_q != 2'(w)) agree = 1'b0;
    end
  end
  assign passed = (active_q || step_q) && matched && !pass_q.by_page
                  && (!active_q || index_q > at) && !(step_q && index_q2 == at);

  always_ff @(posedge clk) begin
    if (rst_n) begin
      hits_what_lives: assert (!read_watch_q || !hit || live_q2);
      page_of_last_write: assert (!read_watch_q2 || !hit_q || hit_ppn == page_q2);
      meets_page: assert (!read_watch_q || !hit || (data[u_dut.match_way][watch[2:0]] == page_q
                                                    && u_dut.set_q == at));
      stages_agree: assert (!read_watch_q || (u_dut.page_q == watch && u_dut.ctx_q == context_t'(watch_ctx)));
      writes_agree: assert (wrote_q ? u_dut.data_valid_q && u_dut.data_set_q == at
                                      && (here & ~(4'd1 << u_dut.data_way_q)) == '0
                            : !u_dut.data_valid_q || u_dut.data_set_q != at || !here[u_dut.data_way_q]);
      sees_the_line: assert (!read_watch_q || ((wrote_q || (here & ~u_dut.match) == '0)
                                            && $onehot0(u_dut.match)));
      steps_see_it: assert (!step_q || !matched || !(pass_q.by_page || index_q2 == at)
                            || (u_dut.set_q == at && seen));
      one_way: assert (!swept_q || $onehot0(here));
      agrees: assert (!swept_q || agree);
      data_agree: assert (!swept_q || page_agrees);
      gone_behind_the_pass: assert (!passed || here == '0);
      swept_first: assert (swept_q || (!walk_q && !live_q && !wrote_q && !read_watch_q
                           && (!(active_q || step_q)
                               || (pass_q.all && pass_q.lines && !pass_q.by_page && pass_q.mask == '1))));
      steps_agree: assert (!step_q || active_q || last_q);
      last_agrees: assert (!last_q || (step_q && !active_q && (pass_q.by_page || index_q2 == '1)));
      indices_agree: assert (!step_q || index_q == index_q2 + 1'b1);
      page_passes: assert (!pass_q.by_page || (!pass_q.all && pass_q.mask == page_t'(7)
                                               && (!active_q || index_q == '0)
                                               && (!step_q || index_q2 == '0)));
      reach_hit: cover (read_watch_q && hit);
      reach_both_contexts: cover (here[0] && tags[1].line == watch[44:3] && tags[1].ctx != watch_ctx
                                  && tags[1].good != '0 && read_watch_q && hit);
      reach_second_page: cover (wrote && live_q);
      reach_killed_by_page: cover (kills && live_q && pass_q.by_page && here != '0);
      reach_killed_by_block: cover (kills && live_q && !pass_q.by_page && !pass_q.all
                                    && pass_q.mask == page_t'(1023));
    end
  end
endmodule : prove_xlat_tlb
