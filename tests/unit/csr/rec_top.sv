// SPDX-License-Identifier: Apache-2.0
// Every field of the records and of the RAM-backed registers on a port of its own, so that a test
// can hold the C header against the packages.
module rec_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
(
  input  logic [511:0] first_slot_bits,
  input  logic [511:0] further_slot_bits,
  input  logic [255:0] completion_bits,
  input  logic [255:0] fault_record_bits,
  input  logic [63:0]  queue_bits,
  input  logic [31:0]  context_bits,
  // first slot
  output logic [3:0]   s_kind,
  output logic         s_completion_wanted,
  output logic         s_interrupt_wanted,
  output logic [1:0]   s_reserved0,
  output logic [15:0]  s_slots,
  output logic [23:0]  s_payload_bytes,
  output logic [15:0]  s_mss,
  output logic [8:0]   s_header_bytes,
  output logic [1:0]   s_template_space,
  output logic         s_l3_offset_bit8,
  output logic         s_l4_offset_bit8,
  output logic [2:0]   s_reserved1,
  output logic [7:0]   s_l3_offset,
  output logic [7:0]   s_l4_offset,
  output logic [7:0]   s_outer_l3_offset,
  output logic [7:0]   s_outer_l4_offset,
  output logic [15:0]  s_csum_offset,
  output logic [63:0]  s_template_addr,
  output logic [63:0]  s_cookie,
  output logic [63:0]  s_buffer0_addr,
  output logic [63:0]  s_buffer1_addr,
  output logic [23:0]  s_buffer0_bytes,
  output logic [1:0]   s_buffer0_space,
  output logic [5:0]   s_reserved6a,
  output logic [23:0]  s_buffer1_bytes,
  output logic [1:0]   s_buffer1_space,
  output logic [5:0]   s_reserved6b,
  output logic [15:0]  s_vlan_tci,
  output logic         s_vlan_insert,
  output logic         s_vlan_tpid,
  output logic [1:0]   s_l4_mode,
  output logic [1:0]   s_id_mode,
  output logic [1:0]   s_outer_id_mode,
  output logic         s_outer_csum,
  output logic [1:0]   s_flag_profile,
  output logic [36:0]  s_reserved7,
  // further slot
  output logic [3:0][63:0] b_addr,
  output logic [3:0][23:0] b_bytes,
  output logic [3:0][1:0]  b_space,
  output logic [3:0][37:0] b_reserved,
  // completion
  output logic [63:0]  c_cookie,
  output logic [23:0]  c_payload_bytes,
  output logic [23:0]  c_segments,
  output logic [7:0]   c_status,
  output logic [7:0]   c_cause,
  output logic [63:0]  c_va,
  output logic [15:0]  c_queue,
  output logic [15:0]  c_consumer_index,
  output logic [2:0]   c_level,
  output logic [1:0]   c_access,
  output logic [25:0]  c_reserved3,
  output logic         c_phase,
  // fault record
  output logic [63:0]  f_cookie,
  output logic [63:0]  f_va,
  output logic [15:0]  f_queue,
  output logic [15:0]  f_ctx,
  output logic [7:0]   f_cause,
  output logic [2:0]   f_level,
  output logic [1:0]   f_access,
  output logic [1:0]   f_space,
  output logic         f_reserved2,
  output logic [15:0]  f_record_number,
  output logic [23:0]  f_segment,
  output logic [23:0]  f_payload_bytes,
  output logic [14:0]  f_slot,
  output logic         f_phase,
  // queue registers, as the engine reads them (vmso_pkg)
  output logic [3:0]   q_log2_slots,
  output logic         q_park,
  output logic [4:0]   q_vector,
  output logic [3:0]   q_log2_entries,
  output logic [11:0]  q_id0,
  output logic [11:0]  q_id1,
  output logic [11:0]  q_id2,
  output logic [11:0]  q_id3,
  output logic [3:0]   q_valid,
  output logic [7:0]   q_weight,
  output logic [23:0]  q_rate_bytes,
  output logic [15:0]  q_rate_frames,
  // context format
  output logic [3:0]   x_format,
  output logic [5:0]   x_pa_bits,
  output logic         x_af_ignore,
  output logic         x_priv,
  output logic         x_gb,
  output logic         x_xd,
  output logic         x_pse,
  output logic         x_rsw,
  output logic         x_napot,
  output logic         x_pbmt,
  output logic         x_hpd,
  // codes
  output logic [7:0]   status_aborted,
  output logic [7:0]   cause_bus_timeout,
  output logic [3:0]   format_aarch64,
  output logic [3:0]   kind_tcp_seg,
  output logic [2:0]   queue_error,
  output logic [2:0]   cmd_ack_fault,
  output logic [2:0]   level_none,
  output logic [1:0]   fence_range,
  output logic [31:0]  num_counters,
  output logic [4:0]   counter_window_stall,
  output logic [4:0]   counter_table_reads,
  output logic [3:0]   sticky_parity,
  output logic [3:0]   sticky_command_ignored,
  output logic [3:0]   sticky_link_dead
);
  first_slot_t       s;
  further_slot_t     further;
  completion_t       c;
  fault_record_t     f;
  ring_shape_t       ring_shape;
  completion_shape_t completion_shape;
  queue_contexts_t   contexts;
  queue_weight_t     weight;
  queue_rate_t       rate;
  context_format_t   x;
  logic              unused;

  assign s                = first_slot_bits;
  assign further          = further_slot_bits;
  assign c                = completion_bits;
  assign f                = fault_record_bits;
  assign ring_shape       = queue_bits;
  assign completion_shape = queue_bits;
  assign contexts         = queue_bits;
  assign weight           = queue_bits;
  assign rate             = queue_bits;
  assign x                = context_bits;
  assign unused           = ^{ring_shape, completion_shape, contexts, weight, rate, x};

  assign s_kind = s.kind;
  assign s_completion_wanted = s.completion_wanted;
  assign s_interrupt_wanted = s.interrupt_wanted;
  assign s_reserved0 = s.reserved0;
  assign s_slots = s.slots;
  assign s_payload_bytes = s.payload_bytes;
  assign s_mss = s.mss;
  assign s_header_bytes = s.header_bytes;
  assign s_template_space = s.template_space;
  assign s_l3_offset_bit8 = s.l3_offset_bit8;
  assign s_l4_offset_bit8 = s.l4_offset_bit8;
  assign s_reserved1 = s.reserved1;
  assign s_l3_offset = s.l3_offset;
  assign s_l4_offset = s.l4_offset;
  assign s_outer_l3_offset = s.outer_l3_offset;
  assign s_outer_l4_offset = s.outer_l4_offset;
  assign s_csum_offset = s.csum_offset;
  assign s_template_addr = s.template_addr;
  assign s_cookie = s.cookie;
  assign s_buffer0_addr = s.buffer0_addr;
  assign s_buffer1_addr = s.buffer1_addr;
  assign s_buffer0_bytes = s.buffer0_bytes;
  assign s_buffer0_space = s.buffer0_space;
  assign s_reserved6a = s.reserved6a;
  assign s_buffer1_bytes = s.buffer1_bytes;
  assign s_buffer1_space = s.buffer1_space;
  assign s_reserved6b = s.reserved6b;
  assign s_vlan_tci = s.vlan_tci;
  assign s_vlan_insert = s.vlan_insert;
  assign s_vlan_tpid = s.vlan_tpid;
  assign s_l4_mode = s.l4_mode;
  assign s_id_mode = s.id_mode;
  assign s_outer_id_mode = s.outer_id_mode;
  assign s_outer_csum = s.outer_csum;
  assign s_flag_profile = s.flag_profile;
  assign s_reserved7 = s.reserved7;
  always_comb begin
    for (int unsigned i = 0; i < 4; i++) begin
      b_addr[i]     = further.place[i].addr;
      b_bytes[i]    = further.place[i].bytes;
      b_space[i]    = further.place[i].space;
      b_reserved[i] = further.place[i].reserved;
    end
  end
  assign c_cookie = c.cookie;
  assign c_payload_bytes = c.payload_bytes;
  assign c_segments = c.segments;
  assign c_status = c.status;
  assign c_cause = c.cause;
  assign c_va = c.va;
  assign c_queue = c.queue;
  assign c_consumer_index = c.consumer_index;
  assign c_level = c.level;
  assign c_access = c.access;
  assign c_reserved3 = c.reserved3;
  assign c_phase = c.phase;
  assign f_cookie = f.cookie;
  assign f_va = f.va;
  assign f_queue = f.queue;
  assign f_ctx = f.ctx;
  assign f_cause = f.cause;
  assign f_level = f.level;
  assign f_access = f.access;
  assign f_space = f.space;
  assign f_reserved2 = f.reserved2;
  assign f_record_number = f.record_number;
  assign f_segment = f.segment;
  assign f_payload_bytes = f.payload_bytes;
  assign f_slot = f.slot;
  assign f_phase = f.phase;
  assign q_log2_slots = ring_shape.log2_slots;
  assign q_park = ring_shape.park;
  assign q_vector = ring_shape.vector;
  assign q_log2_entries = completion_shape.log2_entries;
  assign q_id0 = contexts.id[0];
  assign q_id1 = contexts.id[1];
  assign q_id2 = contexts.id[2];
  assign q_id3 = contexts.id[3];
  assign q_valid = contexts.valid;
  assign q_weight = weight.weight;
  assign q_rate_bytes = rate.bytes;
  assign q_rate_frames = rate.frames;
  assign x_format = x.format;
  assign x_pa_bits = x.pa_bits;
  assign x_af_ignore = x.af_ignore;
  assign x_priv = x.priv;
  assign x_gb = x.gb;
  assign x_xd = x.xd;
  assign x_pse = x.pse;
  assign x_rsw = x.rsw;
  assign x_napot = x.napot;
  assign x_pbmt = x.pbmt;
  assign x_hpd = x.hpd;
  assign status_aborted = StatusAborted;
  assign cause_bus_timeout = CauseBusTimeout;
  assign format_aarch64 = FormatAArch64;
  assign kind_tcp_seg = KindTcpSeg;
  assign queue_error = QueueError;
  assign cmd_ack_fault = CmdAckFault;
  assign level_none = LevelNone;
  assign fence_range = FenceRange;
  assign num_counters = NumCounters;
  assign counter_window_stall = CountWindowStall;
  assign counter_table_reads = CountTableReads;
  assign sticky_parity = StickyParity;
  assign sticky_command_ignored = StickyCommandIgnored;
  assign sticky_link_dead = StickyLinkDead;
endmodule : rec_top
