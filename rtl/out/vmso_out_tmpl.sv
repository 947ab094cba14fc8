// SPDX-License-Identifier: Apache-2.0
// The template store: two banks (even and odd rows) of header bytes, a second copy for the parser,
// and for each template how far it has landed.
//
// write       tmpl_bank_en[b] enables the bytes of one row in bank b; both banks share the beat's
//             rotated data. tmpl_bank_row[b] is row / 2 of the row that bank b takes
// landing     tmpl_done counts bytes, in the cycle of their write or later; with header_bytes the
//             template is complete, well or failed (then with the lowest failed address)
// parse_queue complete, good templates of a segmentation kind; never blocks (each stands there once)
// look        look_done and look_fail answer look_tmpl in the same cycle: complete and, if it has to
//             be, parsed; from job_load on until then it is 0
// row         header row for the stream, window rows for the parser: one cycle after the address
// reset       a template counts as not done until job_load and landing say so
`include "vmso_assert.svh"
module vmso_out_tmpl
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_out_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg),
  localparam int unsigned Templates = vmso_config_pkg::templates(Cfg),
  localparam int unsigned TmplW = vmso_math_pkg::index_width(Templates),
  localparam int unsigned HalfW = $clog2((vmso_config_pkg::template_rows(Cfg) + 1) / 2)
) (
  input  logic                          clk,
  input  logic                          rst_n,
  input  logic                          job_load_valid,
  input  job_load_t                     job_load,
  // landing
  input  logic                          tmpl_write_valid,
  input  template_t                     tmpl_write_tmpl,
  input  logic [1:0][BusBytes-1:0]      tmpl_bank_en,
  input  logic [1:0][3:0]               tmpl_bank_row,
  input  logic [Cfg.data_bits-1:0]      tmpl_write_data,
  input  logic                          tmpl_done_valid,
  input  template_t                     tmpl_done_tmpl,
  input  pos_t                          tmpl_done_bytes,
  input  logic                          tmpl_done_fail,
  input  status_e                       tmpl_done_status,
  input  cause_e                        tmpl_done_cause,
  input  logic [63:0]                   tmpl_done_va,
  // head
  input  template_t                     look_tmpl,
  output logic                          look_done,
  output tmpl_fail_t                    look_fail,
  // stream: a row of a template
  input  logic                          row_en,
  input  template_t                     row_tmpl,
  input  logic [4:0]                    row_index,
  output logic [1:0][Cfg.data_bits-1:0] row_data,     // both banks; the bank read holds the row
  // parser
  output logic                          queue_valid,
  input  logic                          queue_ready,
  output parse_job_t                    queue,
  input  logic                          window_en,
  input  template_t                     window_tmpl,
  input  logic [1:0][HalfW-1:0]         window_row,   // row of each bank
  output logic [1:0][Cfg.data_bits-1:0] window_data,
  input  logic                          parsed_valid,
  input  template_t                     parsed_tmpl
);
  localparam int unsigned Depth = Templates * 2**HalfW;

  // -- the rows ------------------------------------------------------------------------------------
  for (genvar bank = 0; bank < 2; bank++) begin : gen_bank
    logic [BusBytes-1:0]    write_en;
    logic [TmplW+HalfW-1:0] write_addr;
    assign write_en   = tmpl_write_valid ? tmpl_bank_en[bank] : '0;
    assign write_addr = {tmpl_write_tmpl[TmplW-1:0], tmpl_bank_row[bank][HalfW-1:0]};
    vmso_ram_1w1r #(.Depth(Depth), .Lanes(BusBytes)) u_rows (
      .clk, .write_en, .write_addr, .write_data(tmpl_write_data),
      .read_en(row_en && row_index[0] == 1'(bank)),
      .read_addr({row_tmpl[TmplW-1:0], row_index[HalfW:1]}), .read_data(row_data[bank])
    );
    vmso_ram_1w1r #(.Depth(Depth), .Lanes(BusBytes)) u_copy (
      .clk, .write_en, .write_addr, .write_data(tmpl_write_data),
      .read_en(window_en), .read_addr({window_tmpl[TmplW-1:0], window_row[bank]}),
      .read_data(window_data[bank])
    );
  end

  // -- how far it has landed -----------------------------------------------------------------------
  typedef struct packed {
    logic [9:0] landed;
    tmpl_fail_t fail;
  } progress_t;
  tmpl_info_t           load_info, done_info;
  progress_t            was, now;
  logic                 fresh, complete, queue_push, queue_in_ready;
  logic [Templates-1:0] fresh_q, done_q;
  logic [vmso_math_pkg::count_width(Templates)-1:0] queue_count;

  assign load_info = '{
    parse: job_load.kind == KindTcpSeg, compute: job_load.l4_mode == L4Compute,
    header_bytes: job_load.header_bytes, l3: job_load.l3_offset, l4: job_load.l4_offset
  };
  vmso_lutram #(.Depth(Templates), .Bits($bits(tmpl_info_t))) u_info (
    .clk,
    .write_en(job_load_valid && job_load.header_bytes != '0),
    .write_addr(job_load.tmpl[TmplW-1:0]), .write_data(load_info),
    .read_addr(tmpl_done_tmpl[TmplW-1:0]), .read_data(done_info)
  );
  vmso_lutram #(.Depth(Templates), .Bits($bits(progress_t))) u_progress (
    .clk,
    .write_en(tmpl_done_valid), .write_addr(tmpl_done_tmpl[TmplW-1:0]), .write_data(now),
    .read_addr(tmpl_done_tmpl[TmplW-1:0]), .read_data(was)
  );
  vmso_lutram #(.Depth(Templates), .Bits($bits(tmpl_fail_t))) u_fail (
    .clk,
    .write_en(tmpl_done_valid), .write_addr(tmpl_done_tmpl[TmplW-1:0]), .write_data(now.fail),
    .read_addr(look_tmpl[TmplW-1:0]), .read_data(look_fail)
  );
  assign fresh = fresh_q[tmpl_done_tmpl[TmplW-1:0]];

  always_comb begin
    now = was;
    if (fresh) now = '0;
    if (tmpl_done_fail && (!now.fail.failed || tmpl_done_va < now.fail.va)) begin
      now.fail = '{
        failed: 1'b1, status: tmpl_done_status, cause: tmpl_done_cause, va: tmpl_done_va
      };
    end
    now.landed = now.landed + tmpl_done_bytes[9:0];
  end
  assign complete   = tmpl_done_valid && now.landed == 10'(done_info.header_bytes);
  assign queue_push = complete && done_info.parse && !now.fail.failed;

  vmso_fifo #(.Bits($bits(parse_job_t)), .Depth(Templates)) u_parse_queue (
    .clk, .rst_n,
    .in_valid(queue_push), .in_ready(queue_in_ready), .in({tmpl_done_tmpl, done_info}),
    .out_valid(queue_valid), .out_ready(queue_ready), .out(queue), .count(queue_count)
  );

  assign look_done = done_q[look_tmpl[TmplW-1:0]];
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      fresh_q <= '0;
      done_q  <= '0;
    end else begin
      if (tmpl_done_valid) fresh_q[tmpl_done_tmpl[TmplW-1:0]] <= 1'b0;
      if (complete && !queue_push) done_q[tmpl_done_tmpl[TmplW-1:0]] <= 1'b1;
      if (parsed_valid) done_q[parsed_tmpl[TmplW-1:0]] <= 1'b1;
      if (job_load_valid && job_load.header_bytes != '0) begin
        fresh_q[job_load.tmpl[TmplW-1:0]] <= 1'b1;
        done_q[job_load.tmpl[TmplW-1:0]]  <= 1'b0;
      end
    end
  end

  logic unused_bits;  // the rest of the job; index bits beyond this configuration
  assign unused_bits = ^{job_load, tmpl_write_tmpl, tmpl_bank_row, tmpl_done_bytes, look_tmpl,
                         row_tmpl, row_index, window_tmpl, parsed_tmpl, queue_in_ready,
                         queue_count};
`ifdef VMSO_CHECKS
  `VMSO_INTG(LandsInsideTheHeader,
             !tmpl_done_valid || 32'(now.landed) <= 32'(done_info.header_bytes))
  `VMSO_INTG(TemplateFits, !job_load_valid || 32'(job_load.header_bytes) <= Cfg.template_bytes)
  `VMSO_IMPL(ParseQueueHasRoom, !queue_push || queue_in_ready)
`endif
endmodule : vmso_out_tmpl
