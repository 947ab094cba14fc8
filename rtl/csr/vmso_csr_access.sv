// SPDX-License-Identifier: Apache-2.0
// Decides what a register access does, and answers it.
//
// req, rsp       one request at a time; rsp valid-only. From the AR to the R handshake a read takes
//                3 cycles in the global page, 4 for configuration, 3 + StatusLatency for queue
//                states, 5 for a fault record (or one more, now and then), 35 + StatusLatency for
//                bitmaps, up to 38 for counters. Nothing waits for
//                the engine, but a doorbell for doorbell_ready
// global_*       the generated register block: write pulse, combinational read
// status_*       of the queue that status_queue named StatusLatency cycles before; `status` also
//                while another queue is named each cycle
// command        valid-only: the engine keeps one of each queue and tells by status what it made of it
// fence_request  offered for one cycle; not taken then: refused, and the register says so
// engine_up      low: engine in reset. engine_ready: it has cleared its RAM. While one of them is
//                low or the RAM here is being cleared, what the engine would hear and what stands in
//                that RAM is ignored and reads 0
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
  output queue_command_t  command,
  output logic            fence_request_valid,
  input  logic            fence_request_ready,
  output logic            fence_request_commit,
  output context_t        fence_request_ctx,
  output context_config_t fence_request_cfg,
  input  logic [15:0]     fence_next_number,
  output logic            go_refused,         // the last write of GO started no fence
  output queue_t          status_queue,
  input  queue_status_t   status,
  input  slot_idx_t       status_producer,
  input  slot_idx_t       status_fetched,
  input  slot_idx_t       status_cpl_produced,
  input  slot_idx_t       status_cpl_consumer,
  output logic            fault_read_valid,
  input  logic            fault_read_ready,
  output queue_t          fault_read_queue,
  output logic [2:0]      fault_read_word,
  input  logic [31:0]     fault_read_data,    // one cycle later
  output logic            ignored_pulse,
  output logic            commit_refused_pulse
);
  localparam int unsigned QueueWords   = Cfg.queues * 16;
  localparam int unsigned ContextWords = Cfg.contexts * 8;
  localparam int unsigned ClearWords   = QueueWords > ContextWords ? QueueWords : ContextWords;
  localparam int unsigned QueueAddrW   = vmso_math_pkg::index_width(QueueWords);
  localparam int unsigned ContextAddrW = vmso_math_pkg::index_width(ContextWords);
  localparam int unsigned ClearW       = vmso_math_pkg::count_width(ClearWords);
  localparam logic [2:0]  ContextParts = 3'd5;                   // words that COMMIT hands over
  localparam logic [3:0]  QueueConfigEnd = 4'd12;                // words from RING_BASE to WEIGHT
  localparam logic [2:0]  RateIndex    = 3'd6;                   // RATE stands behind them
  localparam logic [5:0]  StatusWait   = 6'(StatusLatency - 1);  // StDecode asks too
  localparam logic [5:0]  ScanFirst    = 6'(StatusLatency);      // the first answer of a bitmap
  localparam logic [5:0]  ScanLast     = 6'(StatusLatency + 31);

  typedef enum logic [3:0] {
    StIdle = 4'd0, StDecode = 4'd1, StRam = 4'd2, StStatus = 4'd3, StQueue = 4'd4, StGather = 4'd5,
    StFence = 4'd6, StCounter = 4'd7, StDoorbell = 4'd8, StScan = 4'd9, StRespond = 4'd10,
    StFault = 4'd11, StFaultData = 4'd12
  } state_e;
  typedef enum logic [2:0] {
    InNothing = 3'd0, InGlobal = 3'd1, InCounter = 3'd2, InQueue = 3'd3, InContext = 3'd4,
    InDoorbell = 3'd5, InBitmap = 3'd6, InFault = 3'd7
  } region_e;
  typedef enum logic [1:0] {
    MapFault = 2'd0, MapNoReads = 2'd1, MapDrained = 2'd2, MapPending = 2'd3  // order of addresses
  } map_e;

  state_e      state_d, state_q;
  logic        write_q;
  logic [22:0] addr_q;     // word address
  logic [31:0] data_q, out_d, out_q, counter_high_q;
  logic [3:0]  strb_q;
  logic        err_d, err_q, ignored;

  // -- where the address points -------------------------------------------------------------------
  region_e     region;
  queue_t      queue_num;
  context_t    ctx_num;
  logic [3:0]  queue_word;         // of configuration: place in the RAM
  logic        queue_config_word;
  logic [2:0]  context_word;
  map_e        map;
  logic        fence_go, partial;
  logic        acts;               // a write that would do something

  assign queue_num         = addr_q[22] ? addr_q[21:10] : addr_q[16:5];
  assign ctx_num           = addr_q[15:4];
  assign queue_word        = addr_q[4] ? {RateIndex, addr_q[0]} : addr_q[3:0];
  assign queue_config_word = addr_q[4] || addr_q[3:0] < QueueConfigEnd;
  assign context_word      = addr_q[2:0];
  assign map               = map_e'(addr_q[8:7]);
  always_comb begin
    region = InNothing;
    if (addr_q[22]) begin
      if (32'(queue_num) < Cfg.queues && addr_q[9:2] == '0) region = InDoorbell;
    end else if (addr_q[21:17] == 5'h02) begin
      if (32'(queue_num) < Cfg.queues) begin
        if (addr_q[4:3] == RegQueueFaultCookie[6:5]) region = InFault;
        else if (!addr_q[4] || addr_q[4:1] == RegQueueRate[6:3]) region = InQueue;
      end
    end else if (addr_q[21:16] == 6'h06) begin
      if (32'(ctx_num) < Cfg.contexts && !addr_q[3]) region = InContext;
    end else if (addr_q[21:14] == 8'h01) begin
      if (addr_q[13:6] == '0) region = InCounter;  // 32 counters of two words
    end else if (addr_q[21:10] == '0) begin
      region = InGlobal;
    end else if (addr_q[21:9] == 13'h002) begin
      region = InBitmap;
    end
    unique case (region)
      InQueue: begin
        acts = queue_config_word
               || (queue_word == RegQueueCommand[5:2] && data_q[2:0] != CmdNone);
      end
      InContext: acts = context_word < ContextParts || context_word == RegContextCommit[4:2];
      InDoorbell: acts = !addr_q[1];
      default: acts = 1'b0;
    endcase
    if (!write_q) acts = 1'b0;
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
  logic [2:0] gather_q;   // word that is being read; its data stands in the next cycle
  logic       context_legal;

  always_ff @(posedge clk) begin
    if (!rst_n || state_q != StGather) gather_q <= '0;
    else gather_q <= gather_q + 1'b1;
  end
  vmso_csr_context #(.Formats(16'(Cfg.formats))) u_context (
    .clk, .part_valid(state_q == StGather && gather_q != '0), .part(context_ram_data),
    .legal(context_legal), .cfg(fence_request_cfg)
  );

  // -- what the access does -----------------------------------------------------------------------
  logic [5:0]  wait_q;          // cycles in StStatus, StScan
  logic [31:0] state_word, status_word;
  logic        take, open, doorbell_now, map_bit, go_set, go_refused_q;
  queue_t      scanned;         // the queue that `status` is about in StScan

  assign take                 = req_valid && req_ready;
  assign req_ready            = state_q == StIdle;
  assign global_addr          = addr_q[9:0];
  assign global_write_data    = data_q;
  assign global_write_strb    = strb_q;
  assign counter_read_valid   = state_q == StCounter;
  assign counter_read_index   = addr_q[5:1];
  assign open                 = clear_done && engine_up && engine_ready;
  assign status_queue         = region == InBitmap ? {addr_q[6:0], wait_q[4:0]} : queue_num;
  assign scanned              = {addr_q[6:0], 5'(wait_q - ScanFirst)};
  assign fault_read_valid     = state_q == StFault;
  assign fault_read_queue     = queue_num;
  assign fault_read_word      = addr_q[2:0];
  assign doorbell_now         = state_q == StDecode && region == InDoorbell && acts && !partial
                                && open;
  assign doorbell_valid       = doorbell_now || state_q == StDoorbell;
  assign doorbell             = '{queue: queue_num, consumer: addr_q[0], value: data_q[15:0]};
  assign command              = '{queue: queue_num, cmd: queue_cmd_e'(data_q[2:0]),
                                  notify: data_q[8]};
  assign fence_request_valid  = state_q == StFence;
  assign fence_request_commit = region == InContext;
  assign fence_request_ctx    = ctx_num;
  assign queue_config         = '{queue: queue_num, index: queue_word[3:1],
                                  data: {data_q, queue_ram_data}};
  assign fence_go             = region == InGlobal && global_fence_go;

  always_comb begin
    state_word  = {19'b0, status.fault, status.drained, status.no_reads, status.refused, status.pending, 5'b0,
                   status.state};
    status_word = '0;
    if (region == InDoorbell) begin
      if (addr_q[1:0] == RegDoorbellProducer[3:2]) status_word = state_word;
      if (addr_q[1:0] == RegDoorbellSeen[3:2]) status_word = {status_cpl_consumer, status_producer};
    end else begin
      if (queue_word == RegQueueState[5:2]) status_word = state_word;
      if (queue_word == RegQueueIndices[5:2]) status_word = {status_fetched, status_producer};
      if (queue_word == RegQueueCplIndices[5:2]) begin
        status_word = {status_cpl_consumer, status_cpl_produced};
      end
    end
    unique case (map)
      MapNoReads: map_bit = status.no_reads;
      MapDrained: map_bit = status.drained;
      MapPending: map_bit = status.pending;
      default: map_bit = status.fault;  // MapFault
    endcase
    if (32'(scanned) >= Cfg.queues) map_bit = 1'b0;
  end

  always_comb begin
    state_d              = state_q;
    out_d                = out_q;
    err_d                = err_q;
    ignored              = 1'b0;
    commit_refused_pulse = 1'b0;
    go_set               = 1'b0;
    global_write_en      = 1'b0;
    queue_write_en       = 1'b0;
    queue_config_valid   = 1'b0;
    command_valid        = 1'b0;
    context_write_en     = 1'b0;
    context_write_data   = data_q;
    context_ram_word     = context_word;
    ram_read             = 1'b0;
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
            if (open && global_fence_legal) begin
              state_d = StFence;
            end else begin
              ignored = 1'b1;
              go_set  = 1'b1;
            end
          end
        end else if (region == InCounter) begin
          if (!write_q && !addr_q[0]) state_d = StCounter;
          if (!write_q) out_d = counter_high_q;
        end else if (!open) begin
          ignored = acts;
        end else if (region == InContext) begin
          if (!write_q) state_d = StRam;
          else if (context_word < ContextParts) context_write_en = 1'b1;
          else if (acts) state_d = StGather;
        end else if (region == InQueue) begin
          if (!write_q) begin
            state_d = queue_config_word ? StRam : StStatus;
          end else if (queue_config_word) begin
            state_d = StStatus;
          end else if (acts) begin
            if (data_q[2:0] > CmdAckFault) ignored = 1'b1;
            else command_valid = 1'b1;
          end
        end else if (region == InDoorbell) begin
          if (!write_q) state_d = StStatus;
          else if (acts && !doorbell_ready) state_d = StDoorbell;
        end else if (region == InBitmap) begin
          if (!write_q) state_d = StScan;
        end else if (region == InFault) begin
          if (!write_q) state_d = StFault;
        end
      end
      StFault: if (fault_read_ready) state_d = StFaultData;
      StFaultData: begin
        // what a queue kept of an earlier fault, or since power-on, is nobody's business
        if (status.fault || status.state == QueueParked) out_d = fault_read_data;
        state_d = StRespond;
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
        if (status.state == QueueOff && !status.pending) begin
          queue_write_en     = 1'b1;
          queue_config_valid = queue_word[0];
        end else begin
          ignored = 1'b1;
        end
        state_d = StRespond;
      end
      StScan: begin
        if (wait_q >= ScanFirst) out_d = {map_bit, out_q[31:1]};
        if (wait_q == ScanLast) state_d = StRespond;
      end
      StGather: begin
        ram_read         = 1'b1;
        context_ram_word = gather_q;
        if (gather_q == ContextParts) state_d = StFence;
      end
      StFence: begin
        context_write_en     = fence_request_commit;
        context_write_data   = {!fence_request_ready, fence_request_ready && !context_legal, 14'b0,
                                fence_next_number};
        commit_refused_pulse = fence_request_commit && fence_request_ready && !context_legal;
        ignored              = !fence_request_ready;
        go_set               = !fence_request_commit;
        state_d              = StRespond;
      end
      StCounter: if (counter_read_done) begin
        out_d   = counter_read_value[31:0];
        state_d = StRespond;
      end
      StDoorbell: if (doorbell_ready) state_d = StRespond;
      default: state_d = StIdle;  // StRespond
    endcase
  end
  assign rsp_valid     = state_q == StRespond;
  assign rsp_data      = out_q;
  assign rsp_err       = err_q;
  assign ignored_pulse = ignored;
  assign go_refused    = go_refused_q;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      state_q      <= StIdle;
      wait_q       <= '0;
      go_refused_q <= 1'b0;
    end else begin
      state_q <= state_d;
      wait_q  <= state_q == StStatus || state_q == StScan ? wait_q + 1'b1 : '0;
      if (clear_start) go_refused_q <= 1'b0;
      else if (go_set) go_refused_q <= ignored;
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
