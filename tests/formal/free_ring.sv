// SPDX-License-Identifier: Apache-2.0
// Stand in for what the controller keeps of its queues, of which a proof has one: sets, lists and memories
// have one place, and visits come when the solver likes, so also those that nobody asked for.
module vmso_flags #(
  parameter  int unsigned Num    = 64,
  parameter  int unsigned Asks   = 1,
  localparam int unsigned IndexW = vmso_math_pkg::index_width(Num)
) (
  input  logic                        clk,
  input  logic                        rst_n,
  output logic                        ready,
  input  logic                        put_valid,
  input  logic [IndexW-1:0]           put,
  input  logic                        drop_valid,
  input  logic [IndexW-1:0]           drop,
  input  logic [Asks-1:0][IndexW-1:0] ask,
  output logic [Asks-1:0]             is_in
);
  logic in_q;
  assign ready = 1'b1;
  assign is_in = {Asks{in_q}};
  always_ff @(posedge clk) in_q <= rst_n && (put_valid || (in_q && !drop_valid));
endmodule : vmso_flags

module vmso_ring_list #(
  parameter  int unsigned Num  = 64,
  localparam int unsigned NumW = vmso_math_pkg::index_width(Num)
) (
  input  logic            clk,
  input  logic            rst_n,
  output logic            ready,
  input  logic            push_valid,
  input  logic [NumW-1:0] push,
  output logic            pop_valid,
  input  logic            pop_ready,
  output logic [NumW-1:0] pop
);
  logic in_q;
  assign ready     = 1'b1;
  assign pop_valid = in_q;
  assign pop       = '0;
  always_ff @(posedge clk) in_q <= rst_n && (push_valid || (in_q && !pop_ready));
endmodule : vmso_ring_list

module vmso_ram_1w1r #(
  parameter  int unsigned Depth    = 512,
  parameter  int unsigned Lanes    = 1,
  parameter  int unsigned LaneBits = 8,
  localparam int unsigned AddrW    = vmso_math_pkg::index_width(Depth)
) (
  input  logic                      clk,
  input  logic [Lanes-1:0]          write_en,
  input  logic [AddrW-1:0]          write_addr,
  input  logic [Lanes*LaneBits-1:0] write_data,
  input  logic                      read_en,
  input  logic [AddrW-1:0]          read_addr,
  output logic [Lanes*LaneBits-1:0] read_data
);
  logic [LaneBits-1:0] word_q;
  always_ff @(posedge clk) begin
    if (write_en[0]) word_q <= write_data[LaneBits-1:0];
    if (read_en) read_data <= word_q;
  end
endmodule : vmso_ram_1w1r

module vmso_ring_commands
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter  int unsigned Queues = 64,
  localparam int unsigned QueueW = vmso_math_pkg::index_width(Queues)
) (
  input  logic              clk,
  input  logic              rst_n,
  output logic              ready,
  input  logic              command_valid,
  input  queue_command_t    command,
  input  logic [QueueW-1:0] status_queue,
  output logic              status_pending,
  output logic              status_refused,
  input  logic [QueueW-1:0] ctl_queue,
  output logic              ctl_pending,
  output logic              ctl_taken,
  output queue_cmd_e        ctl_cmd,
  output logic              ctl_notify,
  input  logic              done_valid,
  input  logic              ignored,
  input  logic              attention_valid,
  output logic              attention_ready,
  input  logic [QueueW-1:0] attention,
  input  logic              again_valid,
  output logic              again_ready,
  output logic              visit_valid,
  input  logic              visit_ready,
  output logic [QueueW-1:0] visit,
  output logic              sticky_ignored
);
  logic       pending_q;
  queue_cmd_e cmd_q, shown_q;
  assign ready          = 1'b1;
  assign ctl_pending    = pending_q;
  assign status_pending = pending_q;
  assign ctl_taken      = command_valid && (!pending_q || command.cmd == CmdReset);
  assign ctl_cmd        = shown_q;
  assign ctl_notify     = 1'b0;
  assign status_refused = 1'b0;
  assign sticky_ignored = done_valid && ignored;
  assign visit          = '0;
  always_ff @(posedge clk) begin
    pending_q <= rst_n && (ctl_taken || (pending_q && !done_valid));
    shown_q   <= cmd_q;
    if (ctl_taken) cmd_q <= command.cmd;
  end
  f_anyseq1 u_visit (.y(visit_valid));
  f_anyseq1 u_again (.y(again_ready));
  f_anyseq1 u_attention (.y(attention_ready));
endmodule : vmso_ring_commands
