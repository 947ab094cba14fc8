// SPDX-License-Identifier: Apache-2.0
// From a piece to what each response of its burst does, for one watched read id of one class, chosen by
// the solver, while all others do what they like: exactly the burst's own lanes are taken, each goes to
// its position in the frame, and the bytes of all responses together are those of the piece.
//
// So it does not matter in which order bursts are answered. What sums and counts the effects is proved by
// read_sum and read_state. Positions count bytes of a frame; lane 0 of the first beat may be before 0.
module prove_read_land
  import vmso_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 4,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  }
) (
  input logic       clk,
  input logic       piece_valid,
  input piece_t     piece,
  input logic       tmpl_req_ready,
  input logic       payload_req_ready,
  input logic       tmpl_req_id,
  input logic [1:0] payload_req_id,
  input logic       rsp_valid,
  input read_rsp_t  rsp
);
  logic [1:0] start_q = '0;
  logic       rst_n;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  logic       watch_tmpl;
  logic [1:0] watch_id;
  logic [2:0] index;  // of the watched id in the RAMs
  f_anyconst1 u_watch_tmpl (.y(watch_tmpl));
  f_anyconst1 u_watch_id [1:0] (.y(watch_id));
  assign index = watch_tmpl ? 3'd4 + 3'(watch_id[0]) : 3'(watch_id);

  logic       clearing, piece_ready, record_valid, record_is_template, good, valid3, valid4;
  read_id_t   record_id;
  landing_t   record;
  logic [3:0] first_lane, last_lane;
  logic [5:0] rot;
  effect_t    effect3, effect4;
  read_req_t  tmpl_req, payload_req, request;
  vmso_read_issue #(.Cfg(Cfg)) u_issue (
    .clk, .rst_n, .hold(clearing), .piece_valid, .piece_ready, .piece, .tmpl_req_valid(),
    .tmpl_req_ready, .tmpl_req, .tmpl_req_id(read_id_t'(tmpl_req_id)), .payload_req_valid(),
    .payload_req_ready, .payload_req, .payload_req_id(read_id_t'(payload_req_id)),
    .record_valid, .record_is_template, .record_id, .record
  );
  vmso_read_land #(.Cfg(Cfg), .TemplateIds(2)) u_land (
    .clk, .rst_n, .clearing, .record_valid, .record_is_template, .record_id, .record,
    .read_rsp_valid(rsp_valid), .read_rsp(rsp), .good, .first_lane, .last_lane, .rot,
    .effect3_valid(valid3), .effect3, .effect4_valid(valid4), .effect4
  );

  // -- the watched burst ---------------------------------------------------------------------------------
  typedef logic signed [15:0] place_t;
  logic       take, answer, out_q;
  logic [7:0] beat_q;      // the next one
  place_t     lane0_q;     // position of its lane 0
  place_t     first_q, stop_q;  // positions of the piece's first byte, and behind its last
  piece_t     piece_q;
  landing_t   record_q;
  assign take    = record_valid && record_is_template == watch_tmpl && record_id[1:0] == watch_id;
  assign answer  = rsp_valid && rsp.cls == (watch_tmpl ? ReadTemplate : ReadPayload)
                   && rsp.id[1:0] == watch_id;
  assign request = watch_tmpl ? tmpl_req : payload_req;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      out_q <= 1'b0;
    end else if (take) begin
      out_q    <= 1'b1;
      beat_q   <= '0;
      piece_q  <= piece;
      record_q <= record;
      first_q  <= place_t'(piece.pos);
      stop_q   <= place_t'(piece.pos) + place_t'(piece.bytes);
      lane0_q  <= place_t'(piece.pos) - place_t'(piece.addr[3:0]);
    end else if (answer) begin
      out_q   <= !rsp.last;
      beat_q  <= beat_q + 1'b1;
      lane0_q <= lane0_q + 16'sd16;
    end
  end

  // -- what a response of it does: stage 1, and as the effect at stage 3 --------------------------------
  typedef struct packed {
    logic       valid;
    logic       has_data;
    logic       last;
    read_resp_e resp;
    logic [15:0] lane0, first, from, upto;  // places; from, upto: the bytes that it accounts for
    piece_t     piece;
  } seen_t;
  seen_t       seen1_d, seen1_q, seen2_q, seen3_q;
  logic [15:0] own;      // lanes that hold bytes of the piece
  logic [13:0] told_q;   // bytes of the piece's effects so far
  always_comb begin
    seen1_d = '{
      valid: answer && rst_n, has_data: rsp.has_data, last: rsp.last, resp: rsp.resp,
      lane0: lane0_q, first: first_q, from: lane0_q > first_q ? lane0_q : first_q,
      upto: rsp.has_data && lane0_q + 16'sd16 < stop_q ? lane0_q + 16'sd16 : stop_q, piece: piece_q
    };
    for (int unsigned i = 0; i < 16; i++) begin
      own[i] = $signed(seen1_q.lane0) + place_t'(i) >= $signed(seen1_q.from)
               && $signed(seen1_q.lane0) + place_t'(i) < $signed(seen1_q.upto);
    end
  end
  always_ff @(posedge clk) begin
    seen1_q <= seen1_d;
    seen2_q <= rst_n ? seen1_q : '0;
    seen3_q <= rst_n ? seen2_q : '0;
    if (seen3_q.valid) told_q <= (seen3_q.from == seen3_q.first ? '0 : told_q) + effect3.bytes;
  end

  always_comb begin
    piece_is_legal: assume (piece.bytes != '0 && 32'(piece.addr[11:0]) + 32'(piece.bytes) <= 4096
                            && piece.addr[11:0] == piece.va[11:0]
                            && 32'(piece.pos) + 32'(piece.bytes) < 2**14);
    id_is_free: assume (!take || !out_q);
    answers_a_read: assume (!answer || (out_q && rst_n));
    last_is_last: assume (!answer || !rsp.has_data || rsp.last == (lane0_q + 16'sd16 >= stop_q));
    no_data_ends: assume (!answer || rsp.has_data || (rsp.last && rsp.resp != RespOkay));
    ids_exist: assume (rsp.id < (rsp.cls == ReadTemplate ? 8'd2 : 8'd4) && (!watch_tmpl || !watch_id[1]));
    no_answer_before: assume (!rsp_valid || (rst_n && !clearing));
  end
  logic [7:0] last_beat;
  logic       cleared;
  place_t     base;  // position of lane 0 of the first beat
  assign last_beat = 8'((13'(piece_q.addr[3:0]) + piece_q.bytes - 13'd1) >> 4);
  assign base      = first_q - place_t'(piece_q.addr[3:0]);
  assign cleared   = !clearing || index < u_land.clear_q;
  // responses that have not been told yet follow each other without a gap, [3] before [2] before [1]
  // before the next answer, [0]
  seen_t [3:0] line;
  logic [3:1]  follows;
  logic        due;
  logic [15:0] due_from, due_first;  // of the response that is told next
  always_comb begin
    line = {seen3_q, seen2_q, seen1_q, seen1_d};
    line[0].valid = out_q;
    line[0].last  = 1'b0;
    line[0].piece = piece_q;
    due       = out_q;
    due_from  = line[0].from;
    due_first = line[0].first;
    for (int unsigned k = 1; k < 4; k++) begin
      follows[k] = !line[k].valid
          || (line[k].first == 16'(line[k].piece.pos) && line[k].from >= line[k].first
              && line[k].from < line[k].upto
              && line[k].last == (line[k].upto == line[k].first + 16'(line[k].piece.bytes))
              && line[k].upto <= line[k].first + 16'(line[k].piece.bytes)
              && line[k].piece.bytes <= 13'd4096
              && (line[k].last ? !due || due_from == due_first
                               : due && due_from == line[k].upto && due_first == line[k].first));
      if (line[k].valid) begin
        due       = 1'b1;
        due_from  = line[k].from;
        due_first = line[k].first;
      end
    end
  end
  // the effect, in stage 3 for the neighbours, in 1 and 2 for the step of the induction
  logic [3:1]    comes, in_place, has_bytes, tells_fail, valid;
  effect_t [3:1] effect;
  assign valid  = {valid3, u_land.valid2_q, u_land.valid1_q};
  assign effect = {effect3, u_land.effect2_q, u_land.effect1};
  // rows are those of a store of 2048, modulo that
  function automatic logic [10:0] place_of(row_t row);
    return row[10:0];
  endfunction
  for (genvar k = 1; k < 4; k++) begin : gen_stage
    assign comes[k] = !line[k].valid || (valid[k] && effect[k].is_template == watch_tmpl
        && effect[k].dest == (watch_tmpl ? line[k].piece.fetch.tmpl : line[k].piece.fetch.frame));
    assign in_place[k] = !line[k].valid || (effect[k].pos == pos_t'(line[k].from)
        && effect[k].rot == 6'(line[k].lane0[3:0])
        && place_of(effect[k].row) == place_of(watch_tmpl ? '0 : line[k].piece.fetch.row)
                                      + line[k].lane0[14:4]);
    assign has_bytes[k] = !line[k].valid || effect[k].bytes == pos_t'(line[k].upto - line[k].from);
    assign tells_fail[k] = !line[k].valid || (effect[k].fail == (line[k].resp != RespOkay)
        && effect[k].resp == line[k].resp
        && effect[k].va == line[k].piece.va + {48'd0, line[k].from - line[k].first});
  end

  // Each assertion is also a bit. STEP, set for the induction alone, assumes that all bits held in the
  // cycle before: that is what induction over time allows, and it lets each be decided by itself. The
  // solver sees a clocked assertion one cycle late, hence held_q2.
  logic [14:0] holds;
  logic        held_q = 1'b1, held_q2 = 1'b1;
  always_ff @(posedge clk) begin
    held_q  <= !rst_n || holds == '1;
    held_q2 <= held_q;
  end
`ifdef STEP
  always_comb held_before: assume (held_q2);
`endif
`define HOLDS(index, name, expr) \
  assign holds[index] = (expr); \
  always_ff @(posedge clk) if (rst_n) name: assert (holds[index]);

  // for the step of the induction: what the RAMs and the copies of the piece hold
  `HOLDS(0, beat_kept,
         !cleared || u_land.u_beats.mem[index] == (out_q ? beat_q : 8'd0))
  `HOLDS(1, record_kept,
         !out_q || (!clearing && u_land.u_records.mem[index] == record_q))
  `HOLDS(2, piece_kept,
         !out_q || (first_q == place_t'(piece_q.pos)
           && stop_q == first_q + place_t'(piece_q.bytes)
           && lane0_q == base + (place_t'(beat_q) <<< 4)
           && beat_q <= last_beat && piece_q.bytes != '0 && piece_q.bytes <= 13'd4096
           && 32'(piece_q.pos) + 32'(piece_q.bytes) < 2**14
           && 32'(piece_q.addr[11:0]) + 32'(piece_q.bytes) <= 4096
           && piece_q.addr[11:0] == piece_q.va[11:0]))
  `HOLDS(3, record_agrees,
         !out_q || (record_q.offset == 6'(piece_q.addr[3:0])
           && record_q.tail == {2'd0, 4'(stop_q - lane0_q - 16'sd1)}
           && record_q.aligned == base[14:0]
           && record_q.bytes == piece_q.bytes && record_q.page == piece_q.va[63:12]
           && record_q.line == piece_q.va[11:4]
           && record_q.dest == (watch_tmpl ? piece_q.fetch.tmpl : piece_q.fetch.frame)
           && place_of(record_q.row) == place_of(watch_tmpl ? '0 : piece_q.fetch.row)
           + base[14:4]))
  `HOLDS(4, no_gap,
         follows == '1)
  `HOLDS(5, told_before,
         !due || due_from == due_first || 16'(told_q) == due_from - due_first)
  // what the neighbours see
  `HOLDS(6, request_spans,
         !take || (request.addr == piece.addr && 32'(request.len) * 16 + 16
           >= 32'(piece.addr[3:0]) + 32'(piece.bytes)
           && 32'(request.len) * 16 < 32'(piece.addr[3:0]) + 32'(piece.bytes)))
  `HOLDS(7, takes_own_lanes,
         !seen1_q.valid || !seen1_q.has_data
           || own == ((16'hffff << first_lane) & (16'hffff >> (4'd15 - last_lane))))
  `HOLDS(8, good_agrees,
         !seen1_q.valid || good == (seen1_q.has_data && seen1_q.resp == RespOkay))
  `HOLDS(9, turns_to_place,
         !seen1_q.valid || rot == 6'(seen1_q.lane0[3:0]))
  `HOLDS(10, effect_comes,
         comes == '1)
  `HOLDS(11, effect_place,
         in_place == '1)
  `HOLDS(12, effect_bytes,
         has_bytes == '1)
  `HOLDS(13, effect_fails,
         tells_fail == '1)
  `HOLDS(14, complete_at_last,
         !seen3_q.valid || seen3_q.last ==
           ((seen3_q.from == seen3_q.first ? '0 : told_q) + effect3.bytes
           == pos_t'(seen3_q.piece.bytes)))

  always_ff @(posedge clk) begin
    if (rst_n) begin
      reach_three_beats: cover (seen3_q.valid && seen3_q.last && seen3_q.has_data && told_q == 14'd20
                                && !seen1_q.valid);
      reach_before_0: cover (seen3_q.valid && seen3_q.lane0 == 16'hfffd && effect3.bytes == 14'd1
                             && seen3_q.last);
      reach_between: cover (seen1_q.valid && seen3_q.valid && !seen2_q.valid && valid3
                            && u_land.valid2_q && seen3_q.has_data && !seen3_q.last);
      reach_end_without_data: cover (seen3_q.valid && !seen3_q.has_data && effect3.bytes == 14'd40
                                     && told_q == 14'd8);
    end
  end
  logic unused;
  assign unused = ^{valid4, effect4};
endmodule : prove_read_land
