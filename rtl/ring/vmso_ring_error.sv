// SPDX-License-Identifier: Apache-2.0
// The completion of a framing error, until cpl takes it: the controller does not wait for that.
//
// put         valid only, while `room`
// end         valid/ready
// holds       of ctl_queue, combinational: its completion waits here
// reset       control
module vmso_ring_error
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_ring_pkg::*;
#(
  parameter int unsigned QueueW = 6
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              room,
  input  logic              put_valid,
  input  logic [QueueW-1:0] put_queue,
  input  slot_idx_t         put_slot,    // where loading stopped
  input  logic              put_framing, // at that slot; else the doorbell was out of range
  input  bad_t              put_bad,
  input  ring_config_t      put_config,
  input  logic [QueueW-1:0] ctl_queue,
  output logic              holds,
  output logic              end_valid,
  input  logic              end_ready,
  output job_end_t          end_job
);
  logic              full_q, framing_q;
  logic [QueueW-1:0] queue_q;
  slot_idx_t         slot_q;
  bad_t              bad_q;
  logic [49:0]       line_q;  // of the slot: address / 64

  slot_idx_t         place;

  assign place     = put_slot & ring_mask(put_config.log2_slots);
  assign room      = !full_q;
  assign end_valid = full_q;
  assign holds     = full_q && queue_q == ctl_queue;
  always_ff @(posedge clk) begin
    if (!rst_n) full_q <= 1'b0;
    else full_q <= put_valid || (full_q && !end_ready);
  end
  always_ff @(posedge clk) begin
    if (put_valid) begin
      queue_q   <= put_queue;
      slot_q    <= put_slot;
      framing_q <= put_framing;
      bad_q     <= put_bad;
      line_q    <= put_config.base + 50'(place);
    end
  end

  always_comb begin
    end_job        = '0;
    end_job.queue  = queue_t'(queue_q);
    end_job.slot   = slot_q;
    end_job.write  = 1'b1;
    end_job.irq    = 1'b1;
    end_job.level  = LevelNone;
    end_job.cookie = framing_q ? bad_q.cookie : '0;
    end_job.status = StatusDoorbell;
    if (framing_q) begin
      unique case (bad_q.code)
        BadSlotCount: end_job.status = StatusSlotCount;
        BadChain:     end_job.status = StatusChainBeyond;
        default: begin
          end_job.access = AccessSlot;
          end_job.va     = {8'b0, line_q, 6'b0};
          unique case (bad_q.code)
            BadSlvErr: begin
              end_job.status = StatusBus;
              end_job.cause  = CauseDataSlvErr;
            end
            BadDecErr: begin
              end_job.status = StatusBus;
              end_job.cause  = CauseDataDecErr;
            end
            BadWindow: begin
              end_job.status = StatusFault;
              end_job.cause  = CauseDataWindow;
            end
            default: begin
              end_job.status = StatusTimeout;
              end_job.cause  = CauseBusTimeout;
            end
          endcase
        end
      endcase
    end
  end

  logic unused_bits;
  assign unused_bits = ^{put_config.base_ok, put_config.park, put_config.log2_entries};
endmodule : vmso_ring_error
