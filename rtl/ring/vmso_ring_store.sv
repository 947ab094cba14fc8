// SPDX-License-Identifier: Apache-2.0
// Where slot reads land, and the stream of slots that leaves from there.
//
// reads       `issue` says what read id stands for, in the cycle of its handshake. Beats are placed by
//             id, in whatever order the ids return
// landed      valid only: nothing more comes of the read of this block's batch
// pick        valid/ready: the batch whose slots are read next, from a slot on; all of them have landed
// slot        stream of the slots of the batches picked, one per cycle; `last` is the last slot
//             of its batch
// drop        level: the slots of the batch in drop_block are not wanted. If it is being read, one void entry
//             with `last` comes in place of the rest
// ends        valid only: nothing more comes of a read of this queue
// chain       rows of further slots are handed on to the chain store: chain_row_*, chain_done
// reset       a walk clears the beat counters; `ready` is low meanwhile
`include "vmso_assert.svh"
module vmso_ring_store
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned Rows   = 512 / Cfg.data_bits,  // beats of a slot
  localparam int unsigned Blocks = Cfg.first_slots / BatchSlots,
  localparam int unsigned BlockW = $clog2(Blocks),
  localparam int unsigned RowBits = Cfg.data_bits + 3
) (
  input  logic                     clk,
  input  logic                     rst_n,
  output logic                     ready,
  // reads
  input  logic                     issue_valid,
  input  read_id_t                 issue_id,
  input  slot_read_t               issue,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  // batches
  output logic                     landed_valid,
  output logic [BlockW-1:0]        landed,
  input  logic                     pick_valid,
  output logic                     pick_ready,
  input  visit_t                   pick,
  output logic                     ends_valid,
  output queue_t                   ends_queue,
  // first slots
  output logic                     slot_valid,
  input  logic                     slot_ready,
  output logic [511:0]             slot,
  output read_resp_e               slot_resp,   // of the first beat in error
  output logic                     slot_void,
  output logic                     slot_last,
  input  logic                     drop,
  input  block_t                   drop_block,
  // further slots
  output logic                     chain_row_en,
  output logic [6+$bits(chain_place_t):0] chain_place, // {job, place}
  output logic [1:0]               chain_row,
  output logic                     chain_done_valid,
  output read_resp_e               chain_done_resp
);
  localparam int unsigned PlaceW = 7 + $bits(chain_place_t);
  localparam int unsigned BeatW = $clog2(BatchSlots * Rows + 1);
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);

  typedef struct packed {
    logic [QueueW-1:0] queue;
    logic       chain;
    logic [PlaceW-1:0] place;  // chain: {job, place}; else block
  } target_t;
  typedef struct packed {
    logic [BeatW-1:0] landed;  // beats here
    read_resp_e       resp;    // of the beats that never came
  } block_state_t;

  // place of a batch's beat
  function automatic logic [2:0] slot_of(logic [BeatW-1:0] n);
    return 3'(n / BeatW'(Rows));
  endfunction
  function automatic logic [1:0] row_of(logic [BeatW-1:0] n);
    return 2'(n % BeatW'(Rows));
  endfunction

  // -- landing ---------------------------------------------------------------------------------------
  logic             clearing, hit, beat_we;
  logic [5:0]       clear_at, id;
  target_t          target, target_new;
  logic [BeatW-1:0] beat, beat_next;
  block_state_t     state_new, state_read;
  logic [BlockW-1:0] land_block;

  assign ready      = !clearing;
  assign id         = read_rsp.id[5:0];
  assign hit        = read_rsp_valid && read_rsp.cls == ReadSlot && !clearing;
  assign target_new = '{queue: issue.queue[QueueW-1:0], chain: issue.chain,
                        place: issue.chain ? {issue.job, issue.place} : PlaceW'(issue.block)};
  vmso_lutram #(.Depth(SlotIds), .Bits($bits(target_t))) u_target (
    .clk, .write_en(issue_valid), .write_addr(issue_id[5:0]), .write_data(target_new),
    .read_addr(id), .read_data(target)
  );
  assign beat_next = beat + BeatW'(read_rsp.has_data);
  assign beat_we   = clearing || hit;
  vmso_lutram #(.Depth(SlotIds), .Bits(BeatW)) u_beat (
    .clk, .write_en(beat_we), .write_addr(clearing ? clear_at : id),
    .write_data(clearing || read_rsp.last ? '0 : beat_next), .read_addr(id), .read_data(beat)
  );
  assign land_block = target.place[BlockW-1:0];
  assign state_new  = '{landed: beat_next, resp: read_rsp.resp};
  assign landed_valid = hit && !target.chain && read_rsp.last;
  assign landed       = land_block;

  assign ends_valid = hit && read_rsp.last;
  assign ends_queue = queue_t'(target.queue);

  assign chain_row_en     = hit && target.chain && read_rsp.has_data;
  assign chain_place      = target.place;
  assign chain_row        = beat[1:0];
  assign chain_done_valid = hit && target.chain && read_rsp.last;
  assign chain_done_resp  = read_rsp.has_data ? RespOkay : read_rsp.resp;

  vmso_clear_walk #(.Num(SlotIds)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));

  // -- read: the next slot of the batch picked last, all its beats in one cycle ------------------------
  typedef logic [Rows-1:0][RowBits-1:0] rows_t;
  logic              reading_q, skip, go, last, moves, valid_q, void_q, last_q;
  logic [BlockW-1:0] block_q;
  logic [3:0]        count_q;
  logic [2:0]        slot_q;
  logic [Rows-1:0]   missing, missing_q;
  read_resp_e        missing_resp_q;
  rows_t             rows;

  vmso_lutram #(.Depth(Blocks), .Bits($bits(block_state_t))) u_block_state (
    .clk, .write_en(hit && !target.chain), .write_addr(land_block), .write_data(state_new),
    .read_addr(block_q), .read_data(state_read)
  );
  always_comb begin
    for (int unsigned r = 0; r < Rows; r++) begin
      missing[r] = BeatW'(slot_q) * BeatW'(Rows) + BeatW'(r) >= state_read.landed;
    end
  end
  assign skip       = drop && drop_block[BlockW-1:0] == block_q;
  assign go         = reading_q && (!valid_q || moves);
  assign last       = skip || 4'(slot_q) == count_q - 4'd1;
  assign pick_ready = !reading_q || (go && last);

  logic [Rows-1:0] lane;
  assign lane = hit && !target.chain && read_rsp.has_data ? Rows'(1'b1) << row_of(beat) : '0;
  vmso_ram_1w1r #(.Depth(Cfg.first_slots), .Lanes(Rows), .LaneBits(RowBits)) u_slots (
    .clk, .write_en(lane), .write_addr({land_block, slot_of(beat)}),
    .write_data({Rows{read_rsp.resp, read_data}}),
    .read_en(go), .read_addr({block_q, slot_q}), .read_data(rows)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      reading_q <= 1'b0;
      valid_q   <= 1'b0;
    end else begin
      valid_q <= go || (valid_q && !moves);
      if (pick_ready) reading_q <= pick_valid;
    end
  end
  always_ff @(posedge clk) begin
    if (pick_ready) begin
      block_q <= pick.block[BlockW-1:0];
      count_q <= pick.batch.count;
      slot_q  <= pick.index;
    end else if (go) begin
      slot_q <= slot_q + 1'b1;
    end
    if (go) begin
      missing_q      <= missing;
      missing_resp_q <= state_read.resp;
      void_q         <= skip;
      last_q         <= last;
    end
  end

  // -- the slot ----------------------------------------------------------------------------------------
  logic       full_q;
  read_resp_e resp;
  assign moves = valid_q && (!full_q || slot_ready);
  always_comb begin
    resp = RespOkay;
    for (int unsigned r = 0; r < Rows; r++) begin
      if (resp == RespOkay) begin
        resp = missing_q[r] ? missing_resp_q : read_resp_e'(rows[r][RowBits-1 -: 3]);
      end
    end
  end
  always_ff @(posedge clk) begin
    if (!rst_n) full_q <= 1'b0;
    else full_q <= moves || (full_q && !slot_ready);
  end
  always_ff @(posedge clk) begin
    if (moves) begin
      for (int unsigned r = 0; r < Rows; r++) begin
        slot[r*Cfg.data_bits +: Cfg.data_bits] <= rows[r][Cfg.data_bits-1:0];
      end
      slot_void <= void_q;
      slot_last <= last_q;
      slot_resp <= resp;
    end
  end
  assign slot_valid = full_q;

  logic unused_bits;
  assign unused_bits = ^{read_rsp.id[7:6], issue_id[7:6], issue.addr, issue.len, issue.queue, pick,
                         drop_block};

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(SlotIdInRange, issue_valid, 32'(issue_id) < SlotIds)
`endif
endmodule : vmso_ring_store
