// SPDX-License-Identifier: Apache-2.0
// Records in host memory and their codes. Bit 0 of word 0 is bit 0 of the packed struct.
package vmso_rec_pkg;

  typedef enum logic [3:0] {
    KindNop = 4'd0, KindFrame = 4'd1, KindCsum = 4'd2, KindTcpSeg = 4'd3, KindUdpSeg = 4'd4,
    KindAdvise = 4'd5
  } kind_e;

  typedef enum logic [1:0] {
    L4None = 2'd0, L4Compute = 2'd1, L4SeedNoLen = 2'd2, L4SeedFull = 2'd3
  } l4_mode_e;

  typedef enum logic [1:0] {IdIncrement = 2'd0, IdFixed = 2'd1, IdWrap15 = 2'd2} id_mode_e;

  // First slot of a job, 64 bytes.
  typedef struct packed {
    // word 7
    logic [36:0] reserved7;
    logic [1:0]  flag_profile;
    logic        outer_csum;
    logic [1:0]  outer_id_mode;
    logic [1:0]  id_mode;
    logic [1:0]  l4_mode;
    logic        vlan_tpid;
    logic        vlan_insert;
    logic [15:0] vlan_tci;
    // word 6
    logic [5:0]  reserved6b;
    logic [1:0]  buffer1_space;
    logic [23:0] buffer1_bytes;
    logic [5:0]  reserved6a;
    logic [1:0]  buffer0_space;
    logic [23:0] buffer0_bytes;
    // words 5, 4
    logic [63:0] buffer1_addr;
    logic [63:0] buffer0_addr;
    // word 3
    logic [63:0] cookie;
    // word 2
    logic [63:0] template_addr;
    // word 1
    logic [15:0] csum_offset;
    logic [7:0]  outer_l4_offset;
    logic [7:0]  outer_l3_offset;
    logic [7:0]  l4_offset;
    logic [7:0]  l3_offset;
    logic [2:0]  reserved1;
    logic        l4_offset_bit8;
    logic        l3_offset_bit8;
    logic [1:0]  template_space;
    logic [8:0]  header_bytes;
    // word 0
    logic [15:0] mss;           // csum_start for KindCsum
    logic [23:0] payload_bytes;
    logic [15:0] slots;
    logic [1:0]  reserved0;
    logic        interrupt_wanted;
    logic        completion_wanted;
    logic [3:0]  kind;
  } first_slot_t;

  // One place of a further slot: 16 bytes.
  typedef struct packed {
    logic [37:0] reserved;
    logic [1:0]  space;
    logic [23:0] bytes;
    logic [63:0] addr;
  } buffer_t;

  // Further slot of a job, 64 bytes; place 0 is in the low bits.
  typedef struct packed {
    buffer_t [3:0] place;
  } further_slot_t;

  // Completion, 32 bytes.
  typedef struct packed {
    // word 3
    logic        phase;
    logic [25:0] reserved3;
    logic [1:0]  access;
    logic [2:0]  level;
    logic [15:0] consumer_index;
    logic [15:0] queue;
    // word 2
    logic [63:0] va;
    // word 1
    logic [7:0]  cause;
    logic [7:0]  status;
    logic [23:0] segments;
    logic [23:0] payload_bytes;
    // word 0
    logic [63:0] cookie;
  } completion_t;

  // Completion status.
  typedef enum logic [7:0] {
    StatusOk = 8'h00,
    StatusKind = 8'h10, StatusReservedSet = 8'h11, StatusSlotCount = 8'h12,
    StatusChainBeyond = 8'h13, StatusSumMismatch = 8'h14, StatusSpace = 8'h15,
    StatusSlotChanged = 8'h16, StatusDoorbell = 8'h17, StatusAddrWrap = 8'h18,
    StatusNotBuilt = 8'h19, StatusNeedsGather = 8'h1a,
    StatusHdrZero = 8'h20, StatusHdrLong = 8'h21, StatusOffsetOrder = 8'h22,
    StatusOffsetOdd = 8'h23, StatusBadTemplate = 8'h24, StatusCsumField = 8'h25,
    StatusOption = 8'h26,
    StatusMssZero = 8'h30, StatusFrameTooLong = 8'h31, StatusFrameShort = 8'h32,
    StatusFault = 8'h40, StatusBus = 8'h41, StatusTimeout = 8'h42, StatusParity = 8'h43,
    StatusAborted = 8'h50
  } status_e;

  // Cause of a fault.
  typedef enum logic [7:0] {
    CauseNone = 8'h00, CauseCtxOff = 8'h01, CauseCtxConfig = 8'h02, CauseVaRange = 8'h08,
    CauseNotPresent = 8'h10, CauseAccessFlag = 8'h11, CauseNoUser = 8'h12, CauseNoRead = 8'h13,
    CauseReserved = 8'h20, CauseBadLevel = 8'h21, CauseAddrWidth = 8'h22, CauseMisaligned = 8'h23,
    CauseTableWindow = 8'h30, CauseDataWindow = 8'h31,
    CauseTableSlvErr = 8'h40, CauseTableDecErr = 8'h41, CauseDataSlvErr = 8'h42,
    CauseDataDecErr = 8'h43, CauseBusTimeout = 8'h4f
  } cause_e;

  typedef enum logic [1:0] {
    AccessPayload = 2'd0, AccessTemplate = 2'd1, AccessSlot = 2'd2
  } access_e;

  // Address format of a context.
  typedef enum logic [3:0] {
    FormatOff = 4'd0, FormatIdentity = 4'd1, FormatX86_32 = 4'd2, FormatX86_64L4 = 4'd3,
    FormatX86_64L5 = 4'd4, FormatSv39 = 4'd5, FormatSv48 = 4'd6, FormatSv57 = 4'd7,
    FormatAArch64 = 4'd8
  } format_e;

  // State of a queue, register 30.
  typedef enum logic [2:0] {
    QueueOff = 3'd0, QueueRun = 3'd1, QueueFlush = 3'd2, QueueParked = 3'd3, QueueStopped = 3'd4,
    QueueError = 3'd5
  } queue_state_e;

  // Command to a queue, register 34.
  typedef enum logic [2:0] {
    CmdNone = 3'd0, CmdEnable = 3'd1, CmdStop = 3'd2, CmdReset = 3'd3, CmdRetry = 3'd4,
    CmdAbort = 3'd5, CmdAckFault = 3'd6
  } queue_cmd_e;

  localparam logic [2:0] LevelNone = 3'd7;  // a fault that no table level caused

endpackage : vmso_rec_pkg
