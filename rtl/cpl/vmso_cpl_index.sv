// SPDX-License-Identifier: Apache-2.0
// The indices of all queues. What ends of jobs write (produced, ended) lies apart from what
// consumer doorbells write, so neither of the two ever waits for the other's port.
//
// produced_we, ended_we  of write_queue; one may be written without the other
// consumer_we            of consumer_write_queue
// end_, bell_, ..        reads: registered, one cycle after the queue; what is written in the cycle
//                        of the queue is not seen. `end_en` low holds the last end's answer
// reset                  none: the owner clears all queues
module vmso_cpl_index
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              produced_we,
  input  logic              ended_we,
  input  logic [QueueW-1:0] write_queue,
  input  slot_idx_t         produced,
  input  logic [15:0]       ended,
  input  logic              consumer_we,
  input  logic [QueueW-1:0] consumer_write_queue,
  input  slot_idx_t         consumer,
  input  logic              end_en,
  input  logic [QueueW-1:0] end_queue,
  output slot_idx_t         end_produced,
  output logic [15:0]       end_ended,
  input  logic [QueueW-1:0] bell_queue,
  output slot_idx_t         bell_produced,
  output slot_idx_t         bell_consumer,
  input  logic [QueueW-1:0] query_queue,
  output logic [15:0]       query_ended,
  output slot_idx_t         query_produced,
  output slot_idx_t         query_consumer,
  input  logic [QueueW-1:0] status_queue,
  output slot_idx_t         status_produced,
  output slot_idx_t         status_consumer
);
  localparam int unsigned Depth = 1 << QueueW;

  vmso_ram_1w1r #(.Depth(Depth), .Lanes(2), .LaneBits(16)) u_end (
    .clk, .write_en({produced_we, ended_we}), .write_addr(write_queue),
    .write_data({produced, ended}),
    .read_en(end_en), .read_addr(end_queue), .read_data({end_produced, end_ended})
  );
  vmso_ram_1w1r #(.Depth(Depth), .Lanes(2), .LaneBits(16)) u_query (
    .clk, .write_en({produced_we, ended_we}), .write_addr(write_queue),
    .write_data({produced, ended}),
    .read_en(1'b1), .read_addr(query_queue), .read_data({query_produced, query_ended})
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_bell (
    .clk, .write_en(produced_we), .write_addr(write_queue), .write_data(produced),
    .read_en(1'b1), .read_addr(bell_queue), .read_data(bell_produced)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_status (
    .clk, .write_en(produced_we), .write_addr(write_queue), .write_data(produced),
    .read_en(1'b1), .read_addr(status_queue), .read_data(status_produced)
  );

  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_consumer_bell (
    .clk, .write_en(consumer_we), .write_addr(consumer_write_queue), .write_data(consumer),
    .read_en(1'b1), .read_addr(bell_queue), .read_data(bell_consumer)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_consumer_query (
    .clk, .write_en(consumer_we), .write_addr(consumer_write_queue), .write_data(consumer),
    .read_en(1'b1), .read_addr(query_queue), .read_data(query_consumer)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_consumer_status (
    .clk, .write_en(consumer_we), .write_addr(consumer_write_queue), .write_data(consumer),
    .read_en(1'b1), .read_addr(status_queue), .read_data(status_consumer)
  );
endmodule : vmso_cpl_index
