// SPDX-License-Identifier: Apache-2.0
// Tells of each response where its bytes go: record of its id, number of its beat, then arithmetic.
//
// record      written at the request's handshake, long before its first response
// rsp         valid-only; template and payload are taken, other classes ignored. Any order of ids
// stage 1     one cycle after rsp: first_lane..last_lane hold bytes of the burst on the bus; `good`:
//             they arrived. For a burst that ended without data `effect` stands for all that is left
// effect      stage 2 and its copies in stages 3 and 4; valid-only, in the order of responses
// ends        in stage 1: nothing more comes of a read of this queue
// throughput  one record and one response per cycle
// reset       beat numbers are cleared by a walk over the ids; `clearing` meanwhile
module vmso_read_land
  import vmso_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  int unsigned TemplateIds = 32,  // as many as the read port has
  localparam int unsigned LaneW = $clog2(vmso_config_pkg::bus_bytes(Cfg))
) (
  input  logic             clk,
  input  logic             rst_n,
  output logic             clearing,
  input  logic             record_valid,
  input  logic             record_is_template,
  input  read_id_t         record_id,
  input  landing_t         record,
  input  logic             read_rsp_valid,
  input  read_rsp_t        read_rsp,
  output logic             good,         // stage 1
  output logic [LaneW-1:0] first_lane,
  output logic [LaneW-1:0] last_lane,
  output logic [5:0]       rot,
  output logic             ends_valid,
  output queue_t           ends_queue,
  output logic             effect3_valid,
  output effect_t          effect3,
  output logic             effect4_valid,
  output effect_t          effect4
);
  localparam int unsigned RowW = $clog2(vmso_config_pkg::store_rows(Cfg));
  localparam int unsigned Ids = Cfg.frame_slots + TemplateIds;
  localparam int unsigned IdW = vmso_math_pkg::index_width(Ids);
  localparam logic [IdW-1:0] LastId = IdW'(Ids - 1);

  // -- arrive: address the record, count the beat ----------------------------------------------------
  logic           clear_done_q, take, is_template;
  logic [IdW-1:0] clear_q, id, record_at;
  logic [7:0]     beat;
  landing_t       record1;

  assign clearing    = !clear_done_q;
  assign is_template = read_rsp.cls == ReadTemplate;
  assign take        = read_rsp_valid && (is_template || read_rsp.cls == ReadPayload);
  // payload ids first, then those of templates
  assign id          = IdW'(read_rsp.id) + (is_template ? IdW'(Cfg.frame_slots) : '0);
  assign record_at   = IdW'(record_id) + (record_is_template ? IdW'(Cfg.frame_slots) : '0);
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clear_q      <= '0;
      clear_done_q <= 1'b0;
    end else if (clearing) begin
      clear_q      <= clear_q + 1'b1;
      clear_done_q <= clear_q == LastId;
    end
  end

  vmso_ram_1w1r #(.Depth(Ids), .LaneBits($bits(landing_t))) u_records (
    .clk, .write_en(record_valid), .write_addr(record_at), .write_data(record),
    .read_en(1'b1), .read_addr(id), .read_data(record1)
  );
  vmso_lutram #(.Depth(Ids), .Bits(8)) u_beats (
    .clk, .write_en(clearing || take), .write_addr(clearing ? clear_q : id),
    .write_data(clearing || read_rsp.last ? '0 : beat + 1'b1), .read_addr(id), .read_data(beat)
  );

  // -- stage 1: the place of the beat ----------------------------------------------------------------
  logic        valid1_q, template1_q, first1_q, has_data1_q, last1_q;
  logic [7:0]  beat1_q;
  read_resp_e  resp1_q;
  logic [14:0] into;  // bytes from lane 0 of the first beat to the first byte of this one
  effect_t     effect1;
  always_ff @(posedge clk) begin
    if (!rst_n) valid1_q <= 1'b0;
    else valid1_q <= take;
  end
  always_ff @(posedge clk) begin
    template1_q <= is_template;
    first1_q    <= beat == '0;
    beat1_q     <= beat;
    has_data1_q <= read_rsp.has_data;
    last1_q     <= read_rsp.last;
    resp1_q     <= read_rsp.resp;
  end

  assign good       = valid1_q && has_data1_q && resp1_q == RespOkay;
  assign first_lane = first1_q ? record1.offset[LaneW-1:0] : '0;
  assign last_lane  = last1_q ? record1.tail[LaneW-1:0] : '1;
  assign rot        = 6'(record1.aligned[LaneW-1:0]);
  assign ends_valid = valid1_q && last1_q;
  assign ends_queue = record1.queue;
  // the ring's end may lie between
  logic [$bits(row_t):0] row_sum;
  row_t                  row1;
  assign row_sum = {1'b0, record1.row} + ($bits(row_t) + 1)'(beat1_q);
  assign row1    = row_sum[RowW] && !template1_q
                   ? row_t'(row_sum[RowW-1:0]) + row_t'(Cfg.gather_rows)
                   : row_sum[$bits(row_t)-1:0];
  assign into       = first1_q ? 15'(record1.offset) : 15'(beat1_q) << LaneW;

  always_comb begin
    effect1 = '{
      is_template: template1_q,
      dest:  record1.dest,
      row:   row1,
      rot:   rot,
      pos:   pos_t'(record1.aligned + into),
      bytes: '0,
      fail:  resp1_q != RespOkay,
      resp:  resp1_q,
      va:    {record1.page, 12'd0},
      space: record1.space,
      sums:  record1.sums
    };
    effect1.va[11:0] = {(12-LaneW)'(record1.line) + (12-LaneW)'(beat1_q), first_lane};
    if (has_data1_q) begin
      effect1.bytes = pos_t'(last_lane) + 1'b1 - pos_t'(first_lane);
    end else begin
      effect1.bytes = pos_t'(record1.bytes) + pos_t'(record1.offset) - pos_t'(into);
    end
  end

  // -- stages 2 to 4: wait for the data --------------------------------------------------------------
  logic    valid2_q, valid3_q, valid4_q;
  effect_t effect2_q, effect3_q, effect4_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      valid2_q <= 1'b0;
      valid3_q <= 1'b0;
      valid4_q <= 1'b0;
    end else begin
      valid2_q <= valid1_q;
      valid3_q <= valid2_q;
      valid4_q <= valid3_q;
    end
  end
  always_ff @(posedge clk) begin
    effect2_q <= effect1;
    effect3_q <= effect2_q;
    effect4_q <= effect3_q;
  end
  assign effect3_valid = valid3_q;
  assign effect3       = effect3_q;
  assign effect4_valid = valid4_q;
  assign effect4       = effect4_q;

  logic unused_id;
  assign unused_id = ^{read_rsp.id, record_id};
endmodule : vmso_read_land
