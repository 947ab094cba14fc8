// SPDX-License-Identifier: Apache-2.0
// The commands of the queues, at most one pending for each, and whose turn it is with the controller.
//
// command     valid only, at most every second cycle. Taken if none is pending for its queue; RESET always,
//             also in the place of another one. Else refused: the queue shows it until its next command
// status      of status_queue, combinational: pending from the cycle after the command until `done`
// ctl         of ctl_queue, pending in the same cycle, the command one cycle later; taken: one of it is taken
//             in this cycle, which shows neither yet
// done        valid only, not in a cycle with command: ctl_queue's command was carried out; ignored: there
//             was nothing to do for it
// attention   valid/ready: something that is no command has happened to this queue
// again       valid/ready: ctl_queue wants another visit, with the commands if one is pending
// visit       valid/ready: queues with a command and others take turns, each list first come first served,
//             so neither failures nor commands of one queue keep those of another waiting
// reset       ready when walks have emptied all sets
`include "vmso_assert.svh"
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
  localparam int unsigned Num = 1 << QueueW;
  logic              pending_ready, refused_ready, commands_ready, others_ready;
  logic              is_pending, take, refuse;
  logic [QueueW-1:0] queue;

  assign ready  = pending_ready && refused_ready && commands_ready && others_ready;
  assign queue  = command.queue[QueueW-1:0];
  assign take   = command_valid && (!is_pending || command.cmd == CmdReset);
  assign refuse = command_valid && !take;
  assign ctl_taken = take && queue == ctl_queue;
  vmso_flags #(.Num(Num), .Asks(3)) u_pending (
    .clk, .rst_n, .ready(pending_ready), .put_valid(take), .put(queue),
    .drop_valid(done_valid), .drop(ctl_queue),
    .ask({queue, status_queue, ctl_queue}), .is_in({is_pending, status_pending, ctl_pending})
  );
  vmso_flags #(.Num(Num)) u_refused (
    .clk, .rst_n, .ready(refused_ready), .put_valid(refuse || (done_valid && ignored)),
    .put(refuse ? queue : ctl_queue), .drop_valid(take), .drop(queue), .ask(status_queue),
    .is_in(status_refused)
  );
  logic [2:0] cmd;
  vmso_ram_1w1r #(.Depth(Num), .LaneBits(4)) u_command (
    .clk, .write_en(take), .write_addr(queue), .write_data({command.notify, command.cmd}),
    .read_en(1'b1), .read_addr(ctl_queue), .read_data({ctl_notify, cmd})
  );
  assign ctl_cmd        = queue_cmd_e'(cmd);
  assign sticky_ignored = refuse || (done_valid && ignored);

  // -- whose turn: commands, others ------------------------------------------------------------------
  logic              commands_valid, others_valid, commands_turn_q, use_commands;
  logic [QueueW-1:0] commands_first, others_first;
  assign again_ready     = ctl_pending ? !take : !attention_valid;
  assign attention_ready = others_ready;
  vmso_ring_list #(.Num(Num)) u_commands (
    .clk, .rst_n, .ready(commands_ready), .push_valid(take || (again_valid && ctl_pending)),
    .push(take ? queue : ctl_queue),
    .pop_valid(commands_valid), .pop_ready(visit_ready && use_commands), .pop(commands_first)
  );
  vmso_ring_list #(.Num(Num)) u_others (
    .clk, .rst_n, .ready(others_ready),
    .push_valid(attention_valid || (again_valid && !ctl_pending)),
    .push(attention_valid ? attention : ctl_queue),
    .pop_valid(others_valid), .pop_ready(visit_ready && !use_commands), .pop(others_first)
  );
  assign use_commands = commands_valid && (commands_turn_q || !others_valid);
  assign visit_valid  = commands_valid || others_valid;
  assign visit        = use_commands ? commands_first : others_first;
  always_ff @(posedge clk) begin
    if (!rst_n) commands_turn_q <= 1'b0;
    else if (visit_valid && visit_ready) commands_turn_q <= !use_commands;
  end

  logic unused_bits;
  assign unused_bits = ^command.queue;

`ifdef VMSO_CHECKS
  `VMSO_INTG_IF(DoneAlone, done_valid, !command_valid)
  `VMSO_INTG_IF(CommandAfterReady, command_valid, ready)
`endif
endmodule : vmso_ring_commands
