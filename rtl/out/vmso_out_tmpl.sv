// SPDX-License-Identifier: Apache-2.0
// The template store: two banks (even and odd rows) of header bytes, a second copy for the parser,
// and for each template how far it has landed.
//
// write       tmpl_bank_en[b] enables the bytes of one row in bank b; both banks share the beat's
//             rotated data. tmpl_bank_row[b] is row / 2 of the row that bank b takes
// landing     tmpl_done counts bytes, in the cycle of their write or later; with header_bytes the
//             template is complete, well or failed (then with the lowest failed address)
// sum         of look_tmpl's bytes that count for a checksum, when it is complete
// parse_queue complete, good templates of a segmentation kind; never blocks (each stands there once)
// look        look_done and look_fail answer look_tmpl in the same cycle: complete and, if it has to
//             be, parsed; from job_load on until then it is 0. drop_done: the same of drop_tmpl
// row         header row for the stream, window rows for the parser: one cycle after the address
// job_load    while nothing of the template is on its way: neither landing nor parsing
// reset       a template counts as not done until job_load and landing say so; no job_load and no landing
//             before `ready`
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
  output logic                          ready,
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
  input  logic [15:0]                   tmpl_done_sum,
  // head
  input  template_t                     look_tmpl,
  output logic                          look_done,
  output tmpl_fail_t                    look_fail,
  output logic [15:0]                   look_sum,
  input  template_t                     drop_tmpl,
  output logic                          drop_done,
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
    logic [9:0]  left;  // bytes still to land
    logic [15:0] sum;
    tmpl_fail_t  fail;
  } progress_t;
  // Only a segmentation kind is done with its parsing; others are when they are complete.
  typedef struct packed {
    logic        done;
    logic [15:0] sum;
    tmpl_fail_t  fail;
  } outcome_t;
  // By template, from its load on.
  typedef struct packed {
    logic [8:0] bytes;  // that are read
    logic       parse;  // segmentation kind: the template is parsed and checked
    tmpl_info_t info;
  } load_info_t;
  load_info_t load_info, done_info;
  progress_t  was, now;
  outcome_t   outcome, look;
  logic       load, begun, begun_ready, look_begun, look_parsed, parsed_ready;
  logic       drop_begun, drop_landed, drop_parsed;
  logic       complete, failed, worse, queue_push, queue_in_ready;
  logic [vmso_math_pkg::count_width(Templates)-1:0] queue_count;

  assign load = job_load_valid && job_load.header_bytes != '0;
  assign load_info = '{
    bytes: job_load.header_bytes, parse: job_load.header.segments,
    info: '{
      udp: job_load.header.udp, compute: job_load.header.l4_mode == L4Compute,
      tunnel: job_load.head == HeadTunnel,
      outer_has_l4: job_load.header.outer_has_l4, outer_csum: job_load.header.outer_csum,
      tag: job_load.tag, end_at: header_end(job_load.header_bytes, job_load.tag),
      l3: job_load.header.l3, l4: job_load.header.l4, outer_l3: job_load.header.outer_l3,
      outer_l4: job_load.header.outer_l4
    }
  };
  vmso_lutram #(.Depth(Templates), .Bits($bits(load_info_t))) u_info (
    .clk,
    .write_en(load), .write_addr(job_load.tmpl[TmplW-1:0]), .write_data(load_info),
    .read_addr(tmpl_done_tmpl[TmplW-1:0]), .read_data(done_info)
  );
  vmso_lutram #(.Depth(Templates), .Bits($bits(progress_t))) u_progress (
    .clk,
    .write_en(tmpl_done_valid), .write_addr(tmpl_done_tmpl[TmplW-1:0]), .write_data(now),
    .read_addr(tmpl_done_tmpl[TmplW-1:0]), .read_data(was)
  );
  vmso_lutram #(.Depth(Templates), .Bits($bits(outcome_t))) u_outcome (
    .clk,
    .write_en(tmpl_done_valid), .write_addr(tmpl_done_tmpl[TmplW-1:0]), .write_data(outcome),
    .read_addr(look_tmpl[TmplW-1:0]), .read_data(look)
  );
  vmso_lutram #(.Depth(Templates), .Bits(1)) u_landed (
    .clk,
    .write_en(tmpl_done_valid), .write_addr(tmpl_done_tmpl[TmplW-1:0]), .write_data(outcome.done),
    .read_addr(drop_tmpl[TmplW-1:0]), .read_data(drop_landed)
  );
  // something has landed since the load: until then the entries above are those of another template
  vmso_flags #(.Num(Templates), .Asks(3)) u_begun (
    .clk, .rst_n, .ready(begun_ready),
    .put_valid(tmpl_done_valid), .put(tmpl_done_tmpl[TmplW-1:0]),
    .drop_valid(load), .drop(job_load.tmpl[TmplW-1:0]),
    .ask({drop_tmpl[TmplW-1:0], look_tmpl[TmplW-1:0], tmpl_done_tmpl[TmplW-1:0]}),
    .is_in({drop_begun, look_begun, begun})
  );
  vmso_flags #(.Num(Templates), .Asks(2)) u_parsed (
    .clk, .rst_n, .ready(parsed_ready),
    .put_valid(parsed_valid), .put(parsed_tmpl[TmplW-1:0]),
    .drop_valid(load), .drop(job_load.tmpl[TmplW-1:0]),
    .ask({drop_tmpl[TmplW-1:0], look_tmpl[TmplW-1:0]}), .is_in({drop_parsed, look_parsed})
  );
  assign ready     = begun_ready && parsed_ready;
  assign look_done = (look_begun && look.done) || look_parsed;
  assign look_fail = look.fail;
  assign look_sum  = look.sum;
  assign drop_done = (drop_begun && drop_landed) || drop_parsed;

  // The way from a landing to the parser's queue is long: both entries are compared as they are read,
  // and which of them counts is the last choice.
  assign complete   = tmpl_done_valid
                      && (begun ? was.left == tmpl_done_bytes[9:0]
                                : 10'(done_info.bytes) == tmpl_done_bytes[9:0]);
  assign failed     = tmpl_done_fail || (begun && was.fail.failed);
  assign worse      = tmpl_done_fail
                      && (!begun || !was.fail.failed || tmpl_done_va < was.fail.va);
  assign queue_push = complete && done_info.parse && !failed;
  assign outcome    = '{done: complete && !queue_push, sum: now.sum, fail: now.fail};
  always_comb begin
    now.left = (begun ? was.left : 10'(done_info.bytes)) - tmpl_done_bytes[9:0];
    now.sum  = begun ? fold20(20'(was.sum) + 20'(tmpl_done_sum)) : tmpl_done_sum;
    now.fail = was.fail;  // what did not fail has no status, cause or address
    if (worse) begin
      now.fail = '{
        failed: 1'b1, status: tmpl_done_status, cause: tmpl_done_cause, va: tmpl_done_va
      };
    end
    now.fail.failed = failed;
  end

  vmso_fifo #(.Bits($bits(parse_job_t)), .Depth(Templates)) u_parse_queue (
    .clk, .rst_n,
    .in_valid(queue_push), .in_ready(queue_in_ready), .in({tmpl_done_tmpl, done_info.info}),
    .out_valid(queue_valid), .out_ready(queue_ready), .out(queue), .count(queue_count)
  );

  logic unused_bits;  // the rest of the job; index bits beyond this configuration
  assign unused_bits = ^{job_load, tmpl_write_tmpl, tmpl_bank_row, tmpl_done_bytes, look_tmpl,
                         drop_tmpl,
                         row_tmpl, row_index, window_tmpl, parsed_tmpl, queue_in_ready,
                         queue_count};
`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(LandsInsideTheHeader, tmpl_done_valid, 32'(tmpl_done_bytes)
                                 <= (begun ? 32'(was.left) : 32'(done_info.bytes)))
  `VMSO_INTG_IF(TemplateFits, job_load_valid,
                32'(header_end(job_load.header_bytes, job_load.tag)) <= Cfg.template_bytes)
  `VMSO_INTG(QuietBeforeReady, ready || !(load || tmpl_done_valid))
  `VMSO_INTG_IF(LoadMeetsNoLanding, load && tmpl_done_valid, job_load.tmpl != tmpl_done_tmpl)
  `VMSO_INTG_IF(LoadMeetsNoParsing, load && parsed_valid, job_load.tmpl != parsed_tmpl)
  `VMSO_IMPL_IF(ParseQueueHasRoom, queue_push, queue_in_ready)
`endif
endmodule : vmso_out_tmpl
