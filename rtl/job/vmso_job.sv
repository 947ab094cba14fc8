// SPDX-License-Identifier: Apache-2.0
// Turns first slots into loaded jobs: checks them, gives each a job entry and, if it has a header, or
// something is to be written into its frames, a template entry, and broadcasts it.
//
// slot        valid/ready; ready: a job entry and a template entry are free, at most every second cycle.
//             Ready does not depend on valid. slot_job stands with ready: the entry that the slot gets
// job_load    valid only, three cycles after the slot, in the order of the slots. A job with a status
//             other than OK is refused: no header bytes, nothing is to be read for it
// job_free    valid only: the entry can be used again; tmpl_free the same for a template
// job_home    free job entries
// ctl_arriving  of ctl_queue, in the same cycle: a slot of it was taken, and is not yet behind job_load
`include "vmso_assert.svh"
module vmso_job
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default
) (
  input  logic                 clk,
  input  logic                 rst_n,
  input  logic                 slot_valid,
  output logic                 slot_ready,
  output job_t                 slot_job,
  input  vmso_ring_pkg::slot_t slot,
  output logic [7:0]           job_home,
  output logic                 job_load_valid,
  output job_load_t            job_load,
  input  queue_t               ctl_queue,
  output logic                 ctl_arriving,
  input  logic                 job_free_valid,
  input  job_t                 job_free,
  input  logic                 tmpl_free_valid,
  input  template_t            tmpl_free
);
  localparam int unsigned Templates = vmso_config_pkg::templates(Cfg);
  localparam int unsigned JobW  = vmso_math_pkg::index_width(Cfg.jobs);
  localparam int unsigned TmplW = vmso_math_pkg::index_width(Templates);

  // -- entries -----------------------------------------------------------------------------------------
  logic             take, recent_q, job_valid, tmpl_valid, tmpl_take, tmpl_room;
  logic [JobW-1:0]  job;
  logic [TmplW-1:0] tmpl;
  logic [JobW:0]    home;
  logic [TmplW:0]   tmpl_home;

  vmso_id_pool #(.Num(Cfg.jobs)) u_jobs (
    .clk, .rst_n, .take_valid(job_valid), .take_ready(take), .take_id(job),
    .give_valid(job_free_valid), .give_id(job_free[JobW-1:0]), .home
  );
  vmso_id_pool #(.Num(Templates)) u_templates (
    .clk, .rst_n, .take_valid(tmpl_valid), .take_ready(tmpl_take), .take_id(tmpl),
    .give_valid(tmpl_free_valid), .give_id(tmpl_free[TmplW-1:0]), .home(tmpl_home)
  );
  // two slots that were accepted before may still draw a template
  assign tmpl_room  = tmpl_home > (TmplW + 1)'(2);
  assign slot_ready = job_valid && tmpl_room && !recent_q;
  assign take       = slot_valid && slot_ready;
  assign slot_job   = job_t'(job);
  assign job_home   = 8'(home);

  // -- accept ------------------------------------------------------------------------------------------
  logic                 slot_valid_q, test_valid_q;
  vmso_ring_pkg::slot_t slot_q, test_q;
  logic [JobW-1:0]      job_q, test_job_q;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      recent_q       <= 1'b0;
      slot_valid_q   <= 1'b0;
      test_valid_q   <= 1'b0;
      job_load_valid <= 1'b0;
    end else begin
      recent_q       <= take;
      slot_valid_q   <= take;
      test_valid_q   <= slot_valid_q;
      job_load_valid <= test_valid_q;
    end
  end
  always_ff @(posedge clk) begin
    if (take) begin
      slot_q <= slot;
      job_q  <= job;
    end
    if (slot_valid_q) begin
      test_q     <= slot_q;
      test_job_q <= job_q;
    end
  end

  assign ctl_arriving = (slot_valid_q && slot_q.queue == ctl_queue)
                        || (test_valid_q && test_q.queue == ctl_queue)
                        || (job_load_valid && job_load.queue == ctl_queue);

  // -- test, then choose the status --------------------------------------------------------------------
  status_e     status;
  first_slot_t s;
  logic        good;
  fold_t       fold, fold_q;
  assign s         = test_q.data;
  assign fold      = slot_valid_q ? fold_of(slot_q.data) : '0;
  always_ff @(posedge clk) if (slot_valid_q) fold_q <= fold;
  vmso_job_check #(.Cfg(Cfg)) u_check (.clk, .valid(slot_valid_q), .slot(slot_q), .fold, .status);
  assign good      = status == StatusOk && s.kind != KindNop;

  // -- what is done to its headers -----------------------------------------------------------------------
  logic       segments, tunnel, csum;
  logic [2:0] shift;  // of positions behind the tag
  head_e      head;
  assign segments = s.kind inside {KindTcpSeg, KindUdpSeg};
  assign tunnel   = segments && s.outer_l3_offset != '0;
  assign csum     = s.kind == KindCsum;
  assign shift    = {s.vlan_insert, 2'b00};
  assign head     = s.kind == KindAdvise ? HeadAsIs : tunnel ? HeadTunnel
                    : segments || csum || s.vlan_insert ? HeadFields : HeadAsIs;
  assign tmpl_take = test_valid_q && good && has_template(s.header_bytes, head);
  function automatic header_t what_is_written();
    header_t header;
    header = '{
      segments: segments, udp: s.kind == KindUdpSeg, l4_mode: l4_mode_e'(s.l4_mode),
      id_mode: id_mode_e'(s.id_mode), flag_profile: s.flag_profile,
      l3: {s.l3_offset_bit8, s.l3_offset} + 9'(shift),
      l4: {s.l4_offset_bit8, s.l4_offset} + 9'(shift),
      outer_has_l4: s.outer_l4_offset != '0,
      outer_l3: {1'b0, s.outer_l3_offset} + 9'(shift),
      outer_l4: {1'b0, s.outer_l4_offset} + 9'(shift),
      outer_id_mode: id_mode_e'(s.outer_id_mode), outer_csum: s.outer_csum,
      tag: s.vlan_insert, tag_word: {s.vlan_tpid ? TagService : TagCustomer, s.vlan_tci},
      csum: csum, csum_udp: s.csum_offset == UdpCsumOffset, csum_odd: s.mss[0],
      csum_pos: pos_t'(s.mss + s.csum_offset) + pos_t'(shift)
    };
    return header;
  endfunction
  function automatic job_load_t what_is_loaded();
    job_load_t load;
    load                   = '0;
    load.job               = job_t'(test_job_q);
    load.queue             = test_q.queue;
    load.kind              = kind_e'(s.kind);
    load.status            = status;
    load.slot              = test_q.slot;
    load.slots             = s.slots;
    load.cookie            = s.cookie;
    load.completion_wanted = s.completion_wanted || s.interrupt_wanted;
    load.interrupt_wanted  = s.interrupt_wanted;
    load.payload_bytes     = s.kind == KindNop ? '0 : s.payload_bytes;
    load.mss               = s.mss;
    load.tmpl              = template_t'(tmpl);
    load.header            = what_is_written();
    load.csum              = csum;
    load.csum_from         = s.mss[13:0];
    load.contexts          = test_q.contexts;
    load.skip_bytes        = test_q.skip_bytes;
    load.skip_segments     = test_q.skip_segments;
    load.fold              = fold_q;
    load.template_ref.addr = s.template_addr;
    load.template_ref.ctx  = test_q.contexts.id[s.template_space];
    load.template_ref.space = s.template_space;
    load.buffer0.addr      = s.buffer0_addr;
    load.buffer0.ctx       = test_q.contexts.id[s.buffer0_space];
    load.buffer0.space     = s.buffer0_space;
    load.buffer1.addr      = s.buffer1_addr;
    load.buffer1.ctx       = test_q.contexts.id[s.buffer1_space];
    load.buffer1.space     = s.buffer1_space;
    if (s.kind inside {KindFrame, KindCsum}) begin
      load.mss = s.payload_bytes[23:16] != '0 ? '1 : s.payload_bytes[15:0];
    end
    // so that nothing is left of a job that has shrunk below what was sent of it
    if (load.payload_bytes < test_q.skip_bytes) load.payload_bytes = test_q.skip_bytes;
    if (good) begin
      load.header_bytes       = s.header_bytes;
      load.head               = head;
      load.tag                = s.vlan_insert && head != HeadAsIs;
      load.template_ref.bytes = bytes_t'(s.header_bytes);
      load.buffer0.bytes      = s.buffer0_bytes;
      load.buffer1.bytes      = s.buffer1_bytes;
    end
    return load;
  endfunction
  always_ff @(posedge clk) if (test_valid_q) job_load <= what_is_loaded();

  logic unused_bits;
  assign unused_bits = ^{job_free, tmpl_free, s, test_q};

`ifdef VMSO_CHECKS
  `VMSO_IMPL_IF(TemplateIsThere, tmpl_take, tmpl_valid)
`endif
endmodule : vmso_job
