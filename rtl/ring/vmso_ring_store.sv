// SPDX-License-Identifier: Apache-2.0
// Where slot reads land, and the stream of first slots that leaves from there.
//
// reads       `issue` says what read id stands for, in the cycle of its handshake. Beats are placed by
//             id, in whatever order the ids return
// blocks      taken in order (take), filled in any order, given back in order (give); batch k of the
//             fetch order lies in block k modulo Blocks
// slot        stream of the slots of the batches in order, one per 512 / data_bits cycles; `last` is the
//             last slot of its batch. A slot leaves as soon as its own beats are here
// drop        level: the slots of the oldest batch not given back are not wanted; the rest of them is replaced by
//             one void entry with `last`, which comes when nothing of the burst is outstanding
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
  // blocks
  input  logic                     take,
  input  logic [3:0]               take_count,  // slots of the batch
  output block_t                   take_block,
  output logic [6:0]               blocks_free,
  input  logic                     give,
  output logic                     ends_valid,
  output queue_t                   ends_queue,
  // first slots
  output logic                     slot_valid,
  input  logic                     slot_ready,
  output logic [511:0]             slot,
  output read_resp_e               slot_resp,   // of the worst beat
  output logic                     slot_void,
  output logic                     slot_last,
  input  logic                     drop,
  // further slots
  output logic                     chain_row_en,
  output logic [8:0]               chain_place, // {job, place}
  output logic [1:0]               chain_row,
  output logic                     chain_done_valid,
  output read_resp_e               chain_done_resp
);
  localparam int unsigned BeatW = $clog2(BatchSlots * Rows + 1);
  localparam int unsigned AddrW = $clog2(Cfg.first_slots * Rows);
  localparam int unsigned RowW  = vmso_math_pkg::index_width(Rows);

  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues);

  typedef struct packed {
    logic [QueueW-1:0] queue;
    logic       chain;
    logic [8:0] place;   // chain: {job, place}; else block
  } target_t;
  typedef struct packed {
    logic [BeatW-1:0] landed;  // beats here
    logic             done;    // nothing more comes
    read_resp_e       resp;    // of the beats that never came
  } block_state_t;

  // -- landing ---------------------------------------------------------------------------------------
  logic             clearing, hit, beat_we;
  logic [5:0]       clear_at, id;
  target_t          target, target_new;
  logic [BeatW-1:0] beat, beat_next;
  logic [AddrW-1:0] write_addr;
  block_state_t     state_new, state_read;
  logic [Blocks-1:0] fresh_q;
  logic [BlockW-1:0] land_block;

  assign ready      = !clearing;
  assign id         = read_rsp.id[5:0];
  assign hit        = read_rsp_valid && read_rsp.cls == ReadSlot && !clearing;
  assign target_new = '{queue: issue.queue[QueueW-1:0], chain: issue.chain,
                        place: issue.chain ? {issue.job, issue.place} : 9'(issue.block)};
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
  assign write_addr = AddrW'({land_block, beat[BeatW-2:0]});
  assign state_new  = '{landed: beat_next, done: read_rsp.last, resp: read_rsp.resp};

  assign ends_valid = hit && read_rsp.last;
  assign ends_queue = queue_t'(target.queue);

  assign chain_row_en     = hit && target.chain && read_rsp.has_data;
  assign chain_place      = target.place;
  assign chain_row        = beat[1:0];
  assign chain_done_valid = hit && target.chain && read_rsp.last;
  assign chain_done_resp  = read_rsp.has_data ? RespOkay : read_rsp.resp;

  vmso_clear_walk #(.Num(SlotIds)) u_walk (.clk, .rst_n, .clearing, .index(clear_at));

  // -- blocks ----------------------------------------------------------------------------------------
  logic [BlockW:0]   take_q, give_q, at_q;  // batch numbers: next to be taken, given back, read
  logic [3:0]        count;
  assign take_block  = block_t'(take_q[BlockW-1:0]);
  assign blocks_free = 7'(Blocks) - 7'((BlockW + 1)'(take_q - give_q));
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      take_q <= '0;
      give_q <= '0;
    end else begin
      if (take) take_q <= take_q + 1'b1;
      if (give) give_q <= give_q + 1'b1;
    end
  end
  // fresh: nothing of the batch has come, the block's state is an older batch's
  always_ff @(posedge clk) begin
    if (hit && !target.chain) fresh_q[land_block] <= 1'b0;
    if (take) fresh_q[take_q[BlockW-1:0]] <= 1'b1;
  end
  vmso_lutram #(.Depth(Blocks), .Bits(4)) u_count (
    .clk, .write_en(take), .write_addr(take_q[BlockW-1:0]), .write_data(take_count),
    .read_addr(at_q[BlockW-1:0]), .read_data(count)
  );
  vmso_lutram #(.Depth(Blocks), .Bits($bits(block_state_t))) u_block_state (
    .clk, .write_en(hit && !target.chain), .write_addr(land_block), .write_data(state_new),
    .read_addr(at_q[BlockW-1:0]), .read_data(state_read)
  );

  // -- read a row: next row of the next slot of the oldest batch -----------------------------------
  logic [2:0]       slot_q;
  logic [RowW-1:0]  row_q;
  logic [BeatW-1:0] here, row_number;
  logic             all_done, missing, row_there, skip, row_go, last_row, last_slot;
  logic             read_valid_q, read_missing_q, read_void_q, read_last_row_q, read_last_q;
  read_resp_e       read_missing_resp_q;
  logic [RowW-1:0]  read_row_q;
  logic             read_moves;
  logic [RowBits-1:0] row;

  assign here       = fresh_q[at_q[BlockW-1:0]] ? '0 : state_read.landed;
  assign all_done   = !fresh_q[at_q[BlockW-1:0]] && state_read.done;
  assign row_number = BeatW'(slot_q) * BeatW'(Rows) + BeatW'(row_q);
  assign missing    = row_number >= here;
  assign skip       = drop && at_q == give_q;
  assign row_there  = at_q != take_q && (skip ? all_done : !missing || all_done);
  assign row_go     = row_there && (!read_valid_q || read_moves);
  assign last_row   = skip || row_q == RowW'(Rows - 1);
  assign last_slot  = skip || 4'(slot_q) == count - 4'd1;

  vmso_ram_1w1r #(.Depth(Cfg.first_slots * Rows), .LaneBits(RowBits)) u_rows (
    .clk, .write_en(hit && !target.chain && read_rsp.has_data), .write_addr,
    .write_data({read_rsp.resp, read_data}),
    .read_en(row_go), .read_addr(AddrW'({at_q[BlockW-1:0], row_number[BeatW-2:0]})),
    .read_data(row)
  );
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      at_q         <= '0;
      slot_q       <= '0;
      row_q        <= '0;
      read_valid_q <= 1'b0;
    end else begin
      read_valid_q <= row_go || (read_valid_q && !read_moves);
      if (row_go) begin
        row_q <= last_row ? '0 : row_q + 1'b1;
        if (last_row) slot_q <= last_slot ? '0 : slot_q + 1'b1;
        if (last_row && last_slot) at_q <= at_q + 1'b1;
      end
    end
  end
  always_ff @(posedge clk) begin
    if (row_go) begin
      read_missing_q      <= missing;
      read_missing_resp_q <= state_read.resp;
      read_void_q         <= skip;
      read_last_row_q     <= last_row;
      read_last_q         <= last_slot;
      read_row_q          <= row_q;
    end
  end

  // -- put the slot together -------------------------------------------------------------------------
  logic         full_q, void_q, last_q;
  logic [511:0] slot_data_q;
  read_resp_e   resp_q, row_resp;

  assign read_moves = read_valid_q && (!full_q || slot_ready);
  assign row_resp   = read_missing_q ? read_missing_resp_q
                                     : read_resp_e'(row[RowBits-1 -: 3]);
  always_ff @(posedge clk) begin
    if (!rst_n) full_q <= 1'b0;
    else if (read_moves) full_q <= read_last_row_q;
    else if (slot_ready) full_q <= 1'b0;
  end
  always_ff @(posedge clk) begin
    if (read_moves) begin
      for (int unsigned r = 0; r < Rows; r++) begin
        if (RowW'(r) == read_row_q) begin
          slot_data_q[r*Cfg.data_bits +: Cfg.data_bits] <= row[Cfg.data_bits-1:0];
        end
      end
      void_q <= read_void_q;
      last_q <= read_last_q;
      if (read_row_q == '0 || read_void_q || resp_q == RespOkay) resp_q <= row_resp;
    end
  end
  assign slot_valid = full_q;
  assign slot       = slot_data_q;
  assign slot_resp  = resp_q;
  assign slot_void  = void_q;
  assign slot_last  = last_q;

  logic unused_bits;
  assign unused_bits = ^{read_rsp.id[7:6], issue_id[7:6], issue.addr, issue.len, issue.queue};

`ifdef VMSO_CHECKS
  `VMSO_IMPL(BlockIsFree, !take || blocks_free != '0)
  `VMSO_IMPL(GiveWhatIsTaken, !give || take_q != give_q)
  `VMSO_INTG(SlotIdInRange, !issue_valid || 32'(issue_id) < SlotIds)
`endif
endmodule : vmso_ring_store
