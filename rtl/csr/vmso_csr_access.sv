// SPDX-License-Identifier: Apache-2.0
// Decides what a register access does, and answers it.
//
// req, rsp       one request at a time; rsp valid-only. From the AR to the R handshake a read takes
//                3 cycles in the global page, 4 for configuration, 7 for queue states, up to 38 for
//                counters; more only where a channel or a RAM that is being cleared waits
// global_*       the generated register block: write pulse, combinational read
// status_*       status_queue stands 4 cycles before the answer is used
// engine_up      low: engine in reset; commands, doorbells, fences and configuration are ignored
// engine_ready   engine has cleared its RAM; what it must hear waits until then
// clear_start    pulse: queue and context registers go to 0 again
// Queue and context registers stand in RAM, 16 and 8 words each; the queue RAM follows what the
// engine has been told, the context RAM is staged until COMMIT.
`include "vmso_assert.svh"
module vmso_csr_access
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic            clk,
  input  logic            rst_n,
  // bus
  input  logic            req_valid,
  output logic            req_ready,
  input  logic            req_write,
  input  logic [22:0]     req_addr,
  input  logic [31:0]     req_data,
  input  logic [3:0]      req_strb,
  output logic            rsp_valid,
  output logic [31:0]     rsp_data,
  output logic            rsp_err,
  // global page and counters
  output logic            global_write_en,
  output logic [9:0]      global_addr,
  output logic [31:0]     global_write_data,
  output logic [3:0]      global_write_strb,
  input  logic [31:0]     global_read_data,
  input  logic            global_fence_go,    // this write starts a fence
  input  logic            global_fence_legal,
  output logic            counter_read_valid,
  output logic [4:0]      counter_read_index,
  input  logic            counter_read_done,
  input  logic [63:0]     counter_read_value,
  // engine
  input  logic            engine_up,
  input  logic            engine_ready,
  input  logic            clear_start,
  output logic            clear_done,
  output logic            doorbell_valid,
  input  logic            doorbell_ready,
  output doorbell_t       doorbell,
  output logic            queue_config_valid,
  output queue_config_t   queue_config,
  output logic            command_valid,
  input  logic            command_ready,
  output queue_command_t  command,
  output logic            fence_request_valid,
  input  logic            fence_request_ready,
  output logic            fence_request_commit,
  output context_t        fence_request_ctx,
  output context_config_t fence_request_cfg,
  input  logic [15:0]     fence_next_number,
  output queue_t          status_queue,
  input  queue_state_e    status_state,
  input  slot_idx_t       status_producer,
  input  slot_idx_t       status_fetched,
  input  slot_idx_t       status_cpl_produced,
  input  slot_idx_t       status_cpl_consumer,
  output logic            ignored_pulse
);
  localparam int unsigned QueueWords   = Cfg.queues * 16;
  localparam int unsigned ContextWords = Cfg.contexts * 8;
  localparam int unsigned ClearWords   = QueueWords > ContextWords ? QueueWords : ContextWords;
  localparam int unsigned QueueAddrW   = vmso_math_pkg::index_width(QueueWords);
  localparam int unsigned ContextAddrW = vmso_math_pkg::index_width(ContextWords);
  localparam int unsigned ClearW       = vmso_math_pkg::count_width(ClearWords);
  localparam logic [1:0]  StatusWait   = 2'd3;
  localparam logic [2:0]  ContextParts = 3'd5;   // words that COMMIT hands over
  localparam logic [3:0]  QueueConfigEnd = 4'd12;

  typedef enum logic [3:0] {
    StIdle = 4'd0, StDecode = 4'd1, StRam = 4'd2, StStatus = 4'd3, StQueue = 4'd4, StGather = 4'd5,
    StFence = 4'd6, StCounter = 4'd7, StDoorbell = 4'd8, StCommand = 4'd9, StRespond = 4'd10
  } state_e;
  typedef enum logic [2:0] {
    InNothing = 3'd0, InGlobal = 3'd1, InCounter = 3'd2, InQueue = 3'd3, InContext = 3'd4,
    InDoorbell = 3'd5
  } region_e;

  state_e      state_d, state_q;
  logic        write_q;
  logic [22:0] addr_q;     // word address
  logic [31:0] data_q, out_d, out_q, counter_high_q;
  logic [3:0]  strb_q;
  logic        err_d, err_q, ignored, partial;

  // -- where the address points -------------------------------------------------------------------
  region_e     region;
  queue_t      queue_num;
  context_t    ctx_num;
  logic [3:0]  queue_word;
  logic [2:0]  context_word;
  logic        fence_go;

  assign queue_num    = addr_q[22] ? addr_q[21:10] : addr_q[16:5];
  assign ctx_num      = addr_q[15:4];
  assign queue_word   = addr_q[3:0];
  assign context_word = addr_q[2:0];
  always_comb begin
    region = InNothing;
    if (addr_q[22]) begin
      if (32'(queue_num) < Cfg.queues && addr_q[9:2] == '0) region = InDoorbell;
    end else if (addr_q[21:17] == 5'h02) begin
      if (32'(queue_num) < Cfg.queues && !addr_q[4]) region = InQueue;
    end else if (addr_q[21:16] == 6'h06) begin
      if (32'(ctx_num) < Cfg.contexts && !addr_q[3]) region = InContext;
    end else if (addr_q[21:14] == 8'h01) begin
      if (addr_q[13:6] == '0) region = InCounter;  // 32 counters of two words
    end else if (addr_q[21:10] == '0) begin
      region = InGlobal;
    end
  end
  assign partial = write_q && strb_q != '1 && (addr_q[22:10] != '0);

  // -- RAM of queue and context registers, with its clearing sweep --------------------------------
  logic [ClearW-1:0]       clear_q;
  logic                    queue_write_en, context_write_en, queue_ram_we, context_ram_we;
  logic [QueueAddrW-1:0]   queue_ram_addr;
  logic [ContextAddrW-1:0] context_ram_addr;
  logic [31:0]             queue_ram_data, context_ram_data, context_write_data;
  logic [2:0]              context_ram_word;
  logic                    ram_read;

  assign clear_done       = clear_q == ClearW'(ClearWords);
  assign queue_ram_addr   = QueueAddrW'({queue_num, queue_word[3:1], queue_word[0] && !write_q});
  assign context_ram_addr = ContextAddrW'({ctx_num, context_ram_word});
  assign queue_ram_we     = queue_write_en || (!clear_done && 32'(clear_q) < QueueWords);
  assign context_ram_we   = context_write_en || (!clear_done && 32'(clear_q) < ContextWords);
  always_ff @(posedge clk) begin
    if (!rst_n || clear_start) clear_q <= '0;
    else if (!clear_done) clear_q <= clear_q + 1'b1;
  end
  vmso_ram_1w1r #(.Depth(QueueWords), .Lanes(1), .LaneBits(32)) u_queue_ram (
    .clk,
    .write_en(queue_ram_we),
    .write_addr(clear_done ? QueueAddrW'({queue_num, queue_word}) : QueueAddrW'(clear_q)),
    .write_data(clear_done ? data_q : '0),
    .read_en(ram_read), .read_addr(queue_ram_addr), .read_data(queue_ram_data)
  );
  vmso_ram_1w1r #(.Depth(ContextWords), .Lanes(1), .LaneBits(32)) u_context_ram (
    .clk,
    .write_en(context_ram_we),
    .write_addr(clear_done ? ContextAddrW'({ctx_num, context_word}) : ContextAddrW'(clear_q)),
    .write_data(clear_done ? context_write_data : '0),
    .read_en(ram_read), .read_addr(context_ram_addr), .read_data(context_ram_data)
  );

  // -- COMMIT gathers the staged words ------------------------------------------------------------
  logic [2:0]       gather_q;     // word that is being read; its data stands in the next cycle
  logic [4:0][31:0] part_q;       // words 0..4
  context_format_t  format_word;
  logic             unused_format;

  assign format_word   = part_q[4];
  assign unused_format = ^{format_word.reserved19, part_q[0][11:0], part_q[1][31:24],
                           part_q[2][11:0], part_q[3][31:24]};
  always_comb begin
    fence_request_cfg.format    = format_e'(format_word.format);
    fence_request_cfg.pa_bits   = format_word.pa_bits;
    fence_request_cfg.af_ignore = format_word.af_ignore;
    fence_request_cfg.priv      = format_word.priv;
    fence_request_cfg.gb        = format_word.gb;
    fence_request_cfg.xd        = format_word.xd;
    fence_request_cfg.pse       = format_word.pse;
    fence_request_cfg.rsw       = format_word.rsw;
    fence_request_cfg.napot     = format_word.napot;
    fence_request_cfg.pbmt      = format_word.pbmt;
    fence_request_cfg.hpd       = format_word.hpd;
    fence_request_cfg.root      = {part_q[1][23:0], part_q[0][31:12]};
    fence_request_cfg.limit     = {part_q[3][23:0], part_q[2][31:12]};
  end
  always_ff @(posedge clk) begin
    if (!rst_n || state_q != StGather) gather_q <= '0;
    else gather_q <= gather_q + 1'b1;
    if (state_q == StGather && gather_q != '0) part_q <= {context_ram_data, part_q[4:1]};
  end

  // -- what the access does -----------------------------------------------------------------------
  logic [1:0]  wait_q;
  logic [31:0] status_word;
  logic        take, doorbell_now;

  assign take                 = req_valid && req_ready;
  assign req_ready            = state_q == StIdle;
  assign global_addr          = addr_q[9:0];
  assign global_write_data    = data_q;
  assign global_write_strb    = strb_q;
  assign counter_read_valid   = state_q == StCounter;
  assign counter_read_index   = addr_q[5:1];
  assign status_queue         = queue_num;
  assign doorbell_now         = state_q == StDecode && region == InDoorbell && write_q && !partial
                                && !addr_q[1] && clear_done && engine_up && engine_ready;
  assign doorbell_valid       = doorbell_now || state_q == StDoorbell;
  assign doorbell             = '{queue: queue_num, consumer: addr_q[0], value: data_q[15:0]};
  assign command_valid        = state_q == StCommand;
  assign command              = '{queue: queue_num, cmd: queue_cmd_e'(data_q[2:0])};
  assign fence_request_valid  = state_q == StFence;
  assign fence_request_commit = region == InContext;
  assign fence_request_ctx    = ctx_num;
  assign queue_config         = '{queue: queue_num, index: queue_word[3:1],
                                  data: {data_q, queue_ram_data}};
  assign fence_go             = region == InGlobal && global_fence_go;

  always_comb begin
    status_word = '0;
    if (region == InDoorbell) begin
      if (addr_q[1:0] == RegDoorbellProducer[3:2]) status_word = 32'(status_state);
      if (addr_q[1:0] == RegDoorbellSeen[3:2]) status_word = {status_cpl_consumer, status_producer};
    end else begin
      if (queue_word == RegQueueState[5:2]) status_word = 32'(status_state);
      if (queue_word == RegQueueIndices[5:2]) status_word = {status_fetched, status_producer};
      if (queue_word == RegQueueCplIndices[5:2]) begin
        status_word = {status_cpl_consumer, status_cpl_produced};
      end
    end
    if (!engine_up || !engine_ready) status_word = '0;
  end

  always_comb begin
    state_d            = state_q;
    out_d              = out_q;
    err_d              = err_q;
    ignored            = 1'b0;
    global_write_en    = 1'b0;
    queue_write_en     = 1'b0;
    queue_config_valid = 1'b0;
    context_write_en   = 1'b0;
    context_write_data = data_q;
    context_ram_word   = context_word;
    ram_read           = 1'b0;
    unique case (state_q)
      StIdle: begin
        out_d = '0;
        err_d = 1'b0;
        if (req_valid) state_d = StDecode;
      end
      StDecode: begin
        ram_read = 1'b1;
        state_d  = StRespond;
        if (partial) begin
          err_d = 1'b1;
        end else if (region == InGlobal) begin
          out_d           = global_read_data;
          global_write_en = write_q;
          if (write_q && fence_go) begin
            if (!engine_up || !global_fence_legal) ignored = 1'b1;
            else state_d = engine_ready ? StFence : StDecode;
          end
        end else if (region == InCounter) begin
          if (!write_q && !addr_q[0]) state_d = StCounter;
          if (!write_q) out_d = counter_high_q;
        end else if (region != InNothing && !clear_done) begin
          state_d = StDecode;
        end else if (region == InContext) begin
          if (!write_q) state_d = StRam;
          else if (!engine_up) ignored = 1'b1;
          else if (context_word < ContextParts) context_write_en = 1'b1;
          else if (context_word == RegContextCommit[4:2]) begin
            state_d = engine_ready ? StGather : StDecode;
          end
        end else if (region == InQueue) begin
          if (!write_q) state_d = queue_word < QueueConfigEnd ? StRam : StStatus;
          else if (queue_word < QueueConfigEnd) begin
            if (!engine_up) ignored = 1'b1;
            else state_d = engine_ready ? StStatus : StDecode;
          end else if (queue_word == RegQueueCommand[5:2] && data_q[2:0] != CmdNone) begin
            if (!engine_up || data_q[2:0] > CmdAckFault) ignored = 1'b1;
            else state_d = engine_ready ? StCommand : StDecode;
          end
        end else if (region == InDoorbell) begin
          if (!write_q) state_d = StStatus;
          else if (!addr_q[1]) begin
            if (!engine_up) ignored = 1'b1;
            else if (doorbell_now) state_d = doorbell_ready ? StRespond : StDoorbell;
            else state_d = StDecode;
          end
        end
      end
      StRam: begin
        out_d   = region == InQueue ? queue_ram_data : context_ram_data;
        state_d = StRespond;
      end
      StStatus: if (wait_q == StatusWait) begin
        out_d   = write_q ? '0 : status_word;
        state_d = write_q ? StQueue : StRespond;
      end
      StQueue: begin
        if (status_state == QueueOff) begin
          queue_write_en     = 1'b1;
          queue_config_valid = queue_word[0];
        end else begin
          ignored = 1'b1;
        end
        state_d = StRespond;
      end
      StGather: begin
        ram_read         = 1'b1;
        context_ram_word = gather_q;
        if (gather_q == ContextParts) state_d = StFence;
      end
      StFence: begin
        context_write_data = 32'(fence_next_number);
        if (fence_request_ready) begin
          context_write_en = fence_request_commit;
          state_d          = StRespond;
        end
      end
      StCounter: if (counter_read_done) begin
        out_d   = counter_read_value[31:0];
        state_d = StRespond;
      end
      StDoorbell: if (doorbell_ready) state_d = StRespond;
      StCommand: if (command_ready) state_d = StRespond;
      default: state_d = StIdle;  // StRespond
    endcase
  end
  assign rsp_valid     = state_q == StRespond;
  assign rsp_data      = out_q;
  assign rsp_err       = err_q;
  assign ignored_pulse = ignored;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q <= StIdle;
      wait_q  <= '0;
    end else begin
      state_q <= state_d;
      wait_q  <= state_q == StStatus ? wait_q + 1'b1 : '0;
    end
  end
  always_ff @(posedge clk) begin
    out_q <= out_d;
    err_q <= err_d;
    if (counter_read_done) counter_high_q <= counter_read_value[63:32];
    if (take) begin
      write_q <= req_write;
      addr_q  <= req_addr;
      data_q  <= req_data;
      strb_q  <= req_strb;
    end
  end
endmodule : vmso_csr_access
