// SPDX-License-Identifier: Apache-2.0
// Accounts and weights of the queues.
//
// write       valid only
// turn        account and quantum of turn_queue, one cycle after the address; what is written in
//             that cycle does not show yet
// query, ctl  likewise for ring and for the queue controller
// quantum     weight * quantum_beats; weight 0 counts as 1
// in_debt     by more than a largest frame, see deep_debt
// reset       at init everything becomes 0
module vmso_seg_accounts
  import vmso_pkg::*;
  import vmso_seg_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Cfg.queues)
) (
  input  logic              clk,
  input  logic              init_valid,
  input  logic [QueueW-1:0] init_queue,
  input  logic              weight_valid,
  input  logic [QueueW-1:0] weight_queue,
  input  logic [7:0]        weight,
  input  logic              write_valid,
  input  logic [QueueW-1:0] write_queue,
  input  account_t          write,
  input  logic [QueueW-1:0] turn_queue,
  output account_t          turn_account,
  output balance_t          turn_quantum,
  input  logic [QueueW-1:0] query_queue,
  output logic [25:0]       query_issued_bytes,
  output logic              query_in_debt,
  input  logic [QueueW-1:0] ctl_queue,
  output order_count_t      ctl_issued
);
  localparam int unsigned Depth    = 1 << QueueW;
  localparam int unsigned Quantum  = vmso_config_pkg::quantum_beats(Cfg);
  localparam int unsigned DeepBits = $clog2(Cfg.max_frame / vmso_config_pkg::bus_bytes(Cfg));

  logic              we;
  logic [QueueW-1:0] addr;
  account_t          data;
  logic [7:0]        turn_weight, counted;

  assign we   = init_valid || write_valid;
  assign addr = init_valid ? init_queue : write_queue;
  assign data = init_valid ? '0 : write;
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits($bits(account_t))) u_turn (
    .clk, .write_en(we), .write_addr(addr), .write_data(data),
    .read_en(1'b1), .read_addr(turn_queue), .read_data(turn_account)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(27)) u_query (
    .clk, .write_en(we), .write_addr(addr),
    .write_data({deep_debt(data.balance, DeepBits), data.issued_bytes}),
    .read_en(1'b1), .read_addr(query_queue), .read_data({query_in_debt, query_issued_bytes})
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(16)) u_ctl (
    .clk, .write_en(we), .write_addr(addr), .write_data(data.orders),
    .read_en(1'b1), .read_addr(ctl_queue), .read_data(ctl_issued)
  );
  vmso_ram_1w1r #(.Depth(Depth), .LaneBits(8)) u_weight (
    .clk, .write_en(init_valid || weight_valid),
    .write_addr(init_valid ? init_queue : weight_queue), .write_data(init_valid ? '0 : weight),
    .read_en(1'b1), .read_addr(turn_queue), .read_data(turn_weight)
  );
  assign counted      = turn_weight == '0 ? 8'd1 : turn_weight;
  assign turn_quantum = balance_t'(24'(counted) * 24'(Quantum));
endmodule : vmso_seg_accounts
