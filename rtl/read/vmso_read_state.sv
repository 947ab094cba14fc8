// SPDX-License-Identifier: Apache-2.0
// What has become of each frame slot: landed bytes, their sum, and the lowest byte that failed.
//
// frame_open  valid-only: the slot starts anew; never while bytes of its last frame are to come
// fail        valid-only, one cycle before the `land` of the same response; the lowest position wins
// land        valid-only, one per cycle, also of the same frame: read-modify-write in one cycle
// frame_state answers state_frame: sum, landed and poison in the same cycle; status, cause and va one
//             cycle after the address. All of them are at least as new as `landed`
// reset       a walk over the slots; no frame_open, fail or land before `ready`
`include "vmso_assert.svh"
module vmso_read_state
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic         clk,
  input  logic         rst_n,
  output logic         ready,
  input  logic         frame_open_valid,
  input  frame_t       frame_open,
  input  logic         fail_valid,
  input  frame_t       fail_frame,
  input  pos_t         fail_pos,
  input  status_e      fail_status,
  input  cause_e       fail_cause,
  input  logic [63:0]  fail_va,
  input  logic [1:0]   fail_space,
  input  logic         land_valid,
  input  frame_t       land_frame,
  input  pos_t         land_bytes,
  input  logic [15:0]  land_sum,
  input  frame_t       state_frame,
  output frame_state_t frame_state
);
  localparam int unsigned Slots = vmso_config_pkg::landing_frames(Cfg);
  localparam int unsigned FrameW = vmso_math_pkg::index_width(Slots);
  typedef struct packed {
    logic [15:0] sum;
    pos_t        landed;
  } progress_t;
  typedef struct packed {
    status_e     status;
    cause_e      cause;
    logic [63:0] va;
    logic [1:0]  space;
  } failure_t;

  logic [FrameW-1:0] open_at, fail_at, land_at, state_at;
  assign open_at  = frame_open[FrameW-1:0];
  assign fail_at  = fail_frame[FrameW-1:0];
  assign land_at  = land_frame[FrameW-1:0];
  assign state_at = state_frame[FrameW-1:0];

  // -- landed bytes and their sum ------------------------------------------------------------------
  progress_t   was, now, seen;
  logic        land_fresh, state_fresh, fresh_ready;
  logic [16:0] sum, sum_carry;

  // nothing has landed: the entry's contents do not count
  vmso_flags #(.Num(Slots), .Asks(2)) u_fresh (
    .clk, .rst_n, .ready(fresh_ready), .put_valid(frame_open_valid), .put(open_at),
    .drop_valid(land_valid), .drop(land_at),
    .ask({state_at, land_at}), .is_in({state_fresh, land_fresh})
  );

  vmso_lutram #(.Depth(Slots), .Bits($bits(progress_t))) u_progress (
    .clk, .write_en(land_valid), .write_addr(land_at), .write_data(now),
    .read_addr(land_at), .read_data(was)
  );
  vmso_lutram #(.Depth(Slots), .Bits($bits(progress_t))) u_progress_seen (
    .clk, .write_en(land_valid), .write_addr(land_at), .write_data(now),
    .read_addr(state_at), .read_data(seen)
  );
  // end-around carry: both candidates at once, as the carry comes late
  assign sum       = 17'(was.sum) + 17'(land_sum);
  assign sum_carry = 17'(was.sum) + 17'(land_sum) + 1'b1;
  always_comb begin
    now.sum    = sum[16] ? sum_carry[15:0] : sum[15:0];
    now.landed = was.landed + land_bytes;
    if (land_fresh) now = '{sum: land_sum, landed: land_bytes};
  end

  // -- the lowest failed byte ----------------------------------------------------------------------
  pos_t     lowest;
  logic     fail_clean, state_clean, clean_ready, worse;
  failure_t failure;

  // nothing has failed since the slot was opened
  vmso_flags #(.Num(Slots), .Asks(2)) u_clean (
    .clk, .rst_n, .ready(clean_ready), .put_valid(frame_open_valid), .put(open_at),
    .drop_valid(fail_valid), .drop(fail_at),
    .ask({state_at, fail_at}), .is_in({state_clean, fail_clean})
  );
  assign worse = fail_valid && (fail_clean || fail_pos < lowest);
  vmso_lutram #(.Depth(Slots), .Bits($bits(pos_t))) u_lowest (
    .clk, .write_en(worse), .write_addr(fail_at), .write_data(fail_pos),
    .read_addr(fail_at), .read_data(lowest)
  );
  vmso_ram_1w1r #(.Depth(Slots), .LaneBits($bits(failure_t))) u_failure (
    .clk, .write_en(worse), .write_addr(fail_at),
    .write_data({fail_status, fail_cause, fail_va, fail_space}),
    .read_en(1'b1), .read_addr(state_at), .read_data(failure)
  );

  assign ready       = fresh_ready && clean_ready;
  assign frame_state = '{
    poison: !state_clean,
    status: failure.status,
    cause:  failure.cause,
    va:     failure.va,
    space:  failure.space,
    sum:    state_fresh ? '0 : seen.sum,
    landed: state_fresh ? '0 : seen.landed
  };

  logic unused_bits;
  assign unused_bits = ^{frame_open, fail_frame, land_frame, state_frame, sum_carry[16]};
`ifdef VMSO_CHECKS
  `VMSO_INTG(QuietBeforeReady, ready || !(frame_open_valid || fail_valid || land_valid))
  `VMSO_INTG_IF(OpenMeetsNoLanding, frame_open_valid && land_valid, open_at != land_at)
  `VMSO_IMPL_IF(LandedFits, land_valid, land_fresh || now.landed > was.landed)
`endif
endmodule : vmso_read_state
