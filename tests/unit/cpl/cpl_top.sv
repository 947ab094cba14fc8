// SPDX-License-Identifier: Apache-2.0
// vmso_cpl with plain ports for its unit test.
module cpl_top
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
(
  input  logic         clk,
  input  logic         rst_n,
  output logic         cpl_ready,
  input  logic         config_valid,
  input  logic [11:0]  config_queue,
  input  logic [2:0]   config_index,
  input  logic [63:0]  config_data,
  input  logic         end_valid,
  output logic         end_ready,
  input  logic [11:0]  end_queue,
  input  logic [15:0]  end_slot,
  input  logic [63:0]  end_cookie,
  input  logic         end_write,
  input  logic         end_irq,
  input  logic [7:0]   end_status,
  input  logic [23:0]  end_bytes,
  input  logic [7:0]   end_cause,
  input  logic [63:0]  end_va,
  input  logic         ring_end_valid,
  output logic         ring_end_ready,
  input  logic [11:0]  ring_end_queue,
  input  logic         consumer_valid,
  output logic         consumer_ready,
  input  logic [11:0]  consumer_queue,
  input  logic [15:0]  consumer_value,
  output logic         consumed_valid,
  output logic [11:0]  consumed_queue,
  input  logic [55:0]  fault_base,
  input  logic [3:0]   fault_log2_records,
  input  logic [15:0]  fault_consumer,
  output fault_ring_t  fault_ring,
  input  logic         fence_status_on,
  input  logic [55:0]  fence_status,
  input  logic [15:0]  fence_done,
  input  logic         fault_valid,
  input  logic         abort_valid,
  input  logic [11:0]  fault_queue,
  input  logic         fault_read_valid,
  output logic         fault_read_ready,
  input  logic [11:0]  fault_read_queue,
  input  logic [2:0]   fault_read_word,
  output logic [31:0]  fault_read_data,
  output logic         sticky_fault,
  output logic         sticky_fault_overflow,
  input  logic         reset_valid,
  output logic         reset_ready,
  input  logic [11:0]  reset_queue,
  input  logic         notify_valid,
  input  logic [11:0]  notify_queue,
  output logic         write_valid,
  input  logic         write_ready,
  output logic [55:0]  write_addr,
  output logic [255:0] write_data,
  input  logic         done_valid,
  input  logic         done_ok,
  output logic         ended_valid,
  output logic [11:0]  ended_queue,
  output logic         failed_valid,
  output logic [11:0]  failed_queue,
  input  logic [11:0]  ctl_queue,
  output logic         ctl_idle,
  input  logic [11:0]  query_queue,
  output logic [15:0]  query_ended,
  output logic [15:0]  query_backlog,
  output logic [15:0]  status_produced,
  output logic [15:0]  status_consumer,
  output logic [31:0]  irq_set,
  output logic         sticky_consumer,
  output logic         count_completions
);
  job_end_t   out_end, ring_end;
  write_req_t write;

  always_comb begin
    out_end        = '0;
    out_end.queue  = end_queue;
    out_end.slot   = end_slot;
    out_end.slots  = 16'd1;
    out_end.cookie = end_cookie;
    out_end.write  = end_write;
    out_end.irq    = end_irq;
    out_end.status = status_e'(end_status);
    out_end.bytes  = end_bytes;
    out_end.segments = 24'(end_cookie[23:0] ^ 24'h5a5a5a);
    out_end.cause  = cause_e'(end_cause);
    out_end.level  = end_cookie[2:0];
    out_end.access = access_e'(end_cookie[4:3]);
    out_end.space  = end_cookie[6:5];
    out_end.va     = end_va;
    ring_end       = '0;
    ring_end.queue = ring_end_queue;
    ring_end.write = 1'b1;
    ring_end.irq   = 1'b1;
  end
  assign write_addr = write.addr;
  assign write_data = write.data;
  logic unused_low;
  assign unused_low = ^{fault_base[4:0], fence_status[4:0]};

  vmso_cpl #(.Cfg(vmso_config_pkg::Small)) u_cpl (
    .clk, .rst_n, .cpl_ready,
    .queue_config_valid(config_valid),
    .queue_config('{queue: config_queue, index: config_index, data: config_data}),
    .out_end_valid(end_valid), .out_end_ready(end_ready), .out_end(out_end),
    .ring_end_valid, .ring_end_ready, .ring_end,
    .consumer_valid, .consumer_ready, .consumer_queue, .consumer_value,
    .consumed_valid, .consumed_queue,
    .system_ring('{base: fault_base[55:5], log2_records: fault_log2_records,
                   consumer: fault_consumer, status_on: fence_status_on,
                   status: fence_status[55:5]}),
    .fence_done, .fault_ring, .fault_valid, .abort_valid, .fault_queue, .fault_read_valid,
    .fault_read_ready, .fault_read_queue, .fault_read_word, .fault_read_data, .sticky_fault,
    .sticky_fault_overflow, .queue_reset_valid(reset_valid), .queue_reset_ready(reset_ready),
    .queue_reset_queue(reset_queue), .notify_valid, .notify_queue,
    .write_valid, .write_ready, .write,
    .write_done_valid(done_valid), .write_done_ok(done_ok),
    .ended_valid, .ended_queue,
    .write_failed_valid(failed_valid), .write_failed_queue(failed_queue),
    .ctl_queue, .ctl_idle, .query_queue, .query_ended, .query_backlog,
    .status_queue(query_queue), .status_cpl_produced(status_produced),
    .status_cpl_consumer(status_consumer), .irq_set, .sticky_consumer, .count_completions
  );
endmodule : cpl_top
