// SPDX-License-Identifier: Apache-2.0
// What the read port lets out, whatever it is asked for: a page that lies in no window never reaches
// AR, a burst never leaves its 4 KiB page, and an offer stands.
//
// Nothing is assumed of the requesters, not even what they owe: this is the last check before memory.
// So the assertions inside the RTL are off. `outside` is a page that lies in no window, chosen by the
// solver; free_window.sv stands in for the windows, which prove_axi_window proves by themselves.
// Requests, bursts, responses, timeouts and time are free; the sizes are two ids a class.
module prove_axi_ar
  import vmso_pkg::*;
#(
  parameter vmso_config_pkg::config_t Cfg = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 2,
    store_bytes: 32768, gather_rows: 0, store_limit: 736, first_slots: 128, jobs: 32, runs_per_job: 32,
    walk_slots: 2, tlb_lines: 128, formats: 32'h1ff, template_bytes: 256,
    max_frame: 9216
  }
) (
  input logic            clk,
  input logic [31:0]     read_timeout,
  input logic [15:0]     read_window,
  input logic            read_colour,
  input logic            hold_reads,
  input logic [3:0]      req_valid,
  input read_req_t [3:0] req,
  input logic            arready,
  input logic            rvalid,
  input logic [9:0]      rid,
  input logic            rlast
);
  logic [1:0]      start_q = '0;
  logic            rst_n;
  always_ff @(posedge clk) if (start_q != '1) start_q <= start_q + 1'b1;
  assign rst_n = start_q != '0;

  ppn_t            outside;
  windows_t        windows;
  f_anyconst1 u_outside [$bits(ppn_t)-1:0] (.y(outside));
  always_comb begin
    windows         = '0;
    windows[0].base = outside;
  end

  logic [9:0]      arid;
  logic [63:0]     araddr;
  logic [7:0]      arlen;
  logic [2:0]      arsize;
  logic [1:0]      arburst;
  logic            arvalid;

  vmso_axi_read #(.Cfg(Cfg), .SlotIds(2), .TemplateIds(2)) u_dut (
    .clk, .rst_n, .windows, .read_timeout, .read_window, .read_colour, .hold_reads, .colour_busy(),
    .reads_idle(), .req_valid, .req_ready(), .req, .req_id(), .read_rsp_valid(), .read_rsp(),
    .read_data(), .count_read_beats(), .count_window_stall(), .sticky_timeout(), .sticky_window(),
    .quarantined_count(), .link_dead(),
    .m_axi_arid(arid), .m_axi_araddr(araddr), .m_axi_arlen(arlen), .m_axi_arsize(arsize),
    .m_axi_arburst(arburst), .m_axi_arcache(), .m_axi_arprot(), .m_axi_arvalid(arvalid),
    .m_axi_arready(arready), .m_axi_rid(rid), .m_axi_rdata('0),
    .m_axi_rresp('0), .m_axi_rlast(rlast), .m_axi_rvalid(rvalid), .m_axi_rready()
  );

  logic [63:0] last_byte;
  assign last_byte = araddr + {52'd0, arlen, 4'hf};

  logic        ar_stood_q;
  logic [81:0] ar_q;
  always_ff @(posedge clk) begin
    ar_stood_q <= rst_n && arvalid && !arready;
    ar_q       <= {arid, araddr, arlen};
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      ar_stands: assert (!ar_stood_q || (arvalid && {arid, araddr, arlen} == ar_q));
      ar_in_page: assert (!arvalid || araddr[63:12] == last_byte[63:12]);
      ar_is_incr: assert (!arvalid || (arsize == 3'd4 && arburst == 2'b01 && araddr[3:0] == '0));
      ar_in_window: assert (!arvalid || (araddr[63:56] == '0 && araddr[55:12] != outside));

      reach_page_end: cover (arvalid && araddr[11:4] == 8'h01 && arlen == 8'hfe);
      reach_next_page: cover (arvalid && araddr[55:12] == outside + 1'b1);
      reach_wait: cover (ar_stood_q && arvalid && arready);
    end
  end
endmodule : prove_axi_ar
