// SPDX-License-Identifier: Apache-2.0
// Lands one beat per cycle, in any order: rotate to the final lanes, write two neighbouring rows,
// sum on arrival.
//
// stage look    the beat's landing record, its progress in the burst, its part of the frame
// stage rotate  three registered 4:1 levels; each byte ends in lane (position mod W)
// stage write   byte enables of the row and of its successor; the masked beat goes to the adder tree
// stage tree, fold   16-bit ones'-complement sum, even position = high byte
// land          after the rows are written, so a frame that counts complete is complete
// killed burst  (no data, last): its remaining bytes land as failed
// latency       7 cycles from read_rsp to land
`include "vmso_assert.svh"
module vmso_read_land
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_read_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned BusBytes = Cfg.data_bits / 8
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  logic                     note_valid,
  input  land_key_t                note_key,
  input  land_t                    note,
  input  logic                     read_rsp_valid,
  input  read_rsp_t                read_rsp,
  input  logic [Cfg.data_bits-1:0] read_data,
  output logic                     write_valid,  // to the banks of the frame or template store
  output beat_t                    write,
  output logic [Cfg.data_bits-1:0] write_data,
  output logic [BusBytes-1:0]      write_en,       // lanes of row pos / W
  output logic [BusBytes-1:0]      write_next_en,  // lanes of the row behind it
  output logic                     land_valid,
  output beat_t                    land,
  output logic [15:0]              land_sum
);
  localparam int unsigned BeatW = $clog2(BusBytes);
  localparam int unsigned Keys  = 512;

  // -- look -----------------------------------------------------------------------------------------------
  logic [Keys-1:0]  begun_q;
  land_key_t        key;
  land_t            look;
  logic             look_valid;
  logic [12:0]      done_ram, done, left, room, bytes, done_d;
  logic [BeatW-1:0] bus_off;
  beat_t            look_beat;

  assign look_valid = read_rsp_valid
                      && (read_rsp.cls == ReadPayload || read_rsp.cls == ReadTemplate);
  assign key = {read_rsp.cls == ReadTemplate, read_rsp.id};
  vmso_lutram #(.Depth(Keys), .Bits($bits(land_t))) u_note (
    .clk, .write_en(note_valid), .write_addr(note_key), .write_data(note),
    .read_addr(key), .read_data(look)
  );
  vmso_lutram #(.Depth(Keys), .Bits(13)) u_done (
    .clk, .write_en(look_valid), .write_addr(key), .write_data(done_d),
    .read_addr(key), .read_data(done_ram)
  );
  assign done    = begun_q[key] ? done_ram : '0;
  assign left    = look.bytes - done;
  assign bus_off = begun_q[key] ? '0 : look.va[BeatW-1:0];
  assign room    = 13'(BusBytes) - 13'(bus_off);
  assign bytes   = !read_rsp.has_data || left < room ? left : room;
  assign done_d  = done + bytes;
  always_comb begin
    look_beat = '{
      to_template: look.to_template, tmpl: look.tmpl, frame: look.frame, row: look.row,
      pos: look.pos + pos_t'(done), bytes: bytes, has_data: read_rsp.has_data,
      fail: read_rsp.resp != RespOkay, status: StatusOk, cause: CauseNone,
      va: look.va + 64'(done)
    };
    unique case (read_rsp.resp)
      RespSlvErr: {look_beat.status, look_beat.cause} = {StatusBus, CauseDataSlvErr};
      RespDecErr: {look_beat.status, look_beat.cause} = {StatusBus, CauseDataDecErr};
      RespWindow: {look_beat.status, look_beat.cause} = {StatusFault, CauseDataWindow};
      RespTimeout: {look_beat.status, look_beat.cause} = {StatusTimeout, CauseBusTimeout};
      default: ;
    endcase
  end
  always_ff @(posedge clk) begin
    if (note_valid) begun_q[note_key] <= 1'b0;
    if (look_valid) begun_q[key] <= 1'b1;
  end

  // -- rotate: left by (position - lane), two bits of the distance a level -----------------------------------
  logic                     look_valid_q, level1_valid_q, level2_valid_q, level3_valid_q;
  beat_t                    look_q, level1_q, level2_q, level3_q;
  logic [Cfg.data_bits-1:0] look_data_q, level1_data_q, level2_data_q, level3_data_q;
  logic [BeatW-1:0]         look_rot;
  logic [5:0]               look_rot_q, level1_rot_q, level2_rot_q;  // lanes, modulo W

  function automatic logic [Cfg.data_bits-1:0] rotate_left(logic [Cfg.data_bits-1:0] data,
                                                           logic [1:0] amount, int unsigned step);
    logic [2*Cfg.data_bits-1:0] twice;
    logic [Cfg.data_bits-1:0] result;
    twice = {data, data};
    result = data;
    for (int unsigned k = 1; k < 4; k++) begin
      if (32'(amount) == k) begin
        result = twice[Cfg.data_bits - (k * step * 8) % Cfg.data_bits +: Cfg.data_bits];
      end
    end
    return result;
  endfunction

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      look_valid_q   <= 1'b0;
      level1_valid_q <= 1'b0;
      level2_valid_q <= 1'b0;
      level3_valid_q <= 1'b0;
    end else begin
      look_valid_q   <= look_valid;
      level1_valid_q <= look_valid_q;
      level2_valid_q <= level1_valid_q;
      level3_valid_q <= level2_valid_q;
    end
  end
  assign look_rot = look_beat.pos[BeatW-1:0] - bus_off;
  always_ff @(posedge clk) begin
    look_q        <= look_beat;
    look_data_q   <= read_data;
    look_rot_q    <= 6'(look_rot);
    level1_q      <= look_q;
    level1_rot_q  <= look_rot_q;
    level1_data_q <= rotate_left(look_data_q, look_rot_q[1:0], 1);
    level2_q      <= level1_q;
    level2_rot_q  <= level1_rot_q;
    level2_data_q <= rotate_left(level1_data_q, level1_rot_q[3:2], 4);
    level3_q      <= level2_q;
    level3_data_q <= BusBytes > 16 ? rotate_left(level2_data_q, level2_rot_q[5:4], 16)
                                   : level2_data_q;
  end

  // -- write: lanes of the row and of the next one --------------------------------------------------------
  logic [BeatW-1:0] first_lane;
  assign first_lane = level3_q.pos[BeatW-1:0];
  always_comb begin
    for (int unsigned lane = 0; lane < BusBytes; lane++) begin
      write_en[lane] = lane >= 32'(first_lane) && lane < 32'(first_lane) + 32'(level3_q.bytes);
      write_next_en[lane] = lane + BusBytes < 32'(first_lane) + 32'(level3_q.bytes);
    end
    if (!level3_q.has_data) begin
      write_en      = '0;
      write_next_en = '0;
    end
  end
  assign write_valid = level3_valid_q;
  assign write       = level3_q;
  assign write_data  = level3_data_q;

  // -- tree and fold ------------------------------------------------------------------------------------------
  localparam int unsigned Halves = BusBytes / 2;
  localparam int unsigned Groups = Halves / 8;
  logic                     tree_valid_q, group_valid_q, sum_valid_q;
  beat_t                    tree_q, group_q, sum_q;
  logic [Cfg.data_bits-1:0] tree_data_q;
  logic [Groups-1:0][18:0]  group_d, group_sum_q;
  logic [20:0]              all_d;
  logic [16:0]              fold_d;
  logic [15:0]              sum_sum_q;

  always_comb begin
    for (int unsigned g = 0; g < Groups; g++) begin
      group_d[g] = '0;
      for (int unsigned h = 0; h < 8; h++) begin
        group_d[g] += 19'({tree_data_q[(g*8+h)*16 +: 8], tree_data_q[(g*8+h)*16+8 +: 8]});
      end
    end
    all_d = '0;
    for (int unsigned g = 0; g < Groups; g++) all_d += 21'(group_sum_q[g]);
    fold_d = 17'(all_d[15:0]) + 17'(all_d[20:16]);
  end
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      tree_valid_q  <= 1'b0;
      group_valid_q <= 1'b0;
      sum_valid_q   <= 1'b0;
    end else begin
      tree_valid_q  <= level3_valid_q;
      group_valid_q <= tree_valid_q;
      sum_valid_q   <= group_valid_q;
    end
  end
  always_ff @(posedge clk) begin
    tree_q <= level3_q;
    for (int unsigned lane = 0; lane < BusBytes; lane++) begin
      tree_data_q[lane*8 +: 8] <= level3_data_q[lane*8 +: 8]
                                  & {8{write_en[lane] || write_next_en[lane]}};
    end
    group_q     <= tree_q;
    group_sum_q <= group_d;
    sum_q       <= group_q;
    sum_sum_q   <= fold_d[15:0] + 16'(fold_d[16]);
  end
  assign land_valid = sum_valid_q;
  assign land       = sum_q;
  assign land_sum   = sum_sum_q;

  logic unused_rot;
  assign unused_rot = ^level2_rot_q;

`ifdef VMSO_CHECKS
  `VMSO_INTG(BurstBringsItsBytes, !look_valid || !read_rsp.last || done_d == look.bytes)
`endif
endmodule : vmso_read_land
