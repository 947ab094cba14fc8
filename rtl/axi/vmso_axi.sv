// SPDX-License-Identifier: Apache-2.0
// Host memory as the rooms see it: reads by class with ids and a broadcast of beats, writes of 32-byte
// records, both behind the RAM windows. Wiring of vmso_axi_read, vmso_axi_write and the rules.
//
// <class>_req     valid/ready, ready independent of valid; <class>_req_id is the id that the request
//                 gets, valid in the handshake cycle and stable until then. 2^n walk ids, 64 slot ids,
//                 32 template ids, frame_slots payload ids
// read_rsp        valid-only, with read_data; see vmso_axi_read for windows, timeouts and colours.
//                 The id of a read is lent again in the cycle after its last response at the earliest
// quarantined_count, link_dead: reads that memory has not answered in time; see vmso_axi_read
// write           valid/ready; write_done in order; see vmso_axi_write
// reset           a soft reset does not reach this room: hold_reads, then reads_idle
module vmso_axi
  import vmso_pkg::*;
#(
  parameter  vmso_config_pkg::config_t Cfg = vmso_config_pkg::Default,
  parameter  logic [3:0]  ArCache = 4'b0011,  // AxCACHE and AxPROT of all reads, of all writes
  parameter  logic [2:0]  ArProt = 3'b000,
  parameter  logic [3:0]  AwCache = 4'b0011,
  parameter  logic [2:0]  AwProt = 3'b000,
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  windows_t                 windows,
  input  logic [31:0]              read_timeout,
  input  logic [15:0]              read_window,
  input  logic                     read_colour,
  input  logic                     hold_reads,
  output logic [1:0]               colour_busy,
  output logic                     reads_idle,
  input  logic                     walk_req_valid,
  output logic                     walk_req_ready,
  input  read_req_t                walk_req,
  output read_id_t                 walk_req_id,
  input  logic                     slot_req_valid,
  output logic                     slot_req_ready,
  input  read_req_t                slot_req,
  output read_id_t                 slot_req_id,
  input  logic                     tmpl_req_valid,
  output logic                     tmpl_req_ready,
  input  read_req_t                tmpl_req,
  output read_id_t                 tmpl_req_id,
  input  logic                     payload_req_valid,
  output logic                     payload_req_ready,
  input  read_req_t                payload_req,
  output read_id_t                 payload_req_id,
  output logic                     read_rsp_valid,
  output read_rsp_t                read_rsp,
  output logic [Cfg.data_bits-1:0] read_data,
  input  logic                     write_valid,
  output logic                     write_ready,
  input  write_req_t               write,
  output logic                     write_done_valid,
  output logic                     write_done_ok,
  output logic                     count_read_beats,
  output logic                     count_window_stall,
  output logic                     sticky_timeout,
  output logic                     sticky_window,
  output logic [3:0][8:0]          quarantined_count,
  output logic                     link_dead,
  output logic [9:0]               m_axi_arid,
  output logic [63:0]              m_axi_araddr,
  output logic [7:0]               m_axi_arlen,
  output logic [2:0]               m_axi_arsize,
  output logic [1:0]               m_axi_arburst,
  output logic [3:0]               m_axi_arcache,
  output logic [2:0]               m_axi_arprot,
  output logic                     m_axi_arvalid,
  input  logic                     m_axi_arready,
  input  logic [9:0]               m_axi_rid,
  input  logic [Cfg.data_bits-1:0] m_axi_rdata,
  input  logic [1:0]               m_axi_rresp,
  input  logic                     m_axi_rlast,
  input  logic                     m_axi_rvalid,
  output logic                     m_axi_rready,
  output logic [9:0]               m_axi_awid,
  output logic [63:0]              m_axi_awaddr,
  output logic [7:0]               m_axi_awlen,
  output logic [2:0]               m_axi_awsize,
  output logic [1:0]               m_axi_awburst,
  output logic [3:0]               m_axi_awcache,
  output logic [2:0]               m_axi_awprot,
  output logic                     m_axi_awvalid,
  input  logic                     m_axi_awready,
  output logic [Cfg.data_bits-1:0] m_axi_wdata,
  output logic [BusBytes-1:0]      m_axi_wstrb,
  output logic                     m_axi_wlast,
  output logic                     m_axi_wvalid,
  input  logic                     m_axi_wready,
  input  logic [9:0]               m_axi_bid,
  input  logic [1:0]               m_axi_bresp,
  input  logic                     m_axi_bvalid,
  output logic                     m_axi_bready
);

  vmso_axi_read #(.Cfg(Cfg), .ArCache(ArCache), .ArProt(ArProt)) u_read (
    .clk, .rst_n, .windows, .read_timeout, .read_window, .read_colour, .hold_reads, .colour_busy,
    .reads_idle,
    .req_valid({payload_req_valid, tmpl_req_valid, slot_req_valid, walk_req_valid}),
    .req_ready({payload_req_ready, tmpl_req_ready, slot_req_ready, walk_req_ready}),
    .req({payload_req, tmpl_req, slot_req, walk_req}),
    .req_id({payload_req_id, tmpl_req_id, slot_req_id, walk_req_id}),
    .read_rsp_valid, .read_rsp, .read_data, .count_read_beats, .count_window_stall,
    .sticky_timeout, .sticky_window, .quarantined_count, .link_dead, .m_axi_arid, .m_axi_araddr,
    .m_axi_arlen, .m_axi_arsize, .m_axi_arburst, .m_axi_arcache, .m_axi_arprot, .m_axi_arvalid,
    .m_axi_arready, .m_axi_rid, .m_axi_rdata, .m_axi_rresp, .m_axi_rlast, .m_axi_rvalid,
    .m_axi_rready
  );
  vmso_axi_write #(.Cfg(Cfg), .AwCache(AwCache), .AwProt(AwProt)) u_write (
    .clk, .rst_n, .windows, .write_valid, .write_ready, .write, .write_done_valid, .write_done_ok,
    .m_axi_awid, .m_axi_awaddr, .m_axi_awlen, .m_axi_awsize, .m_axi_awburst, .m_axi_awcache,
    .m_axi_awprot, .m_axi_awvalid, .m_axi_awready, .m_axi_wdata, .m_axi_wstrb, .m_axi_wlast,
    .m_axi_wvalid, .m_axi_wready, .m_axi_bresp, .m_axi_bvalid, .m_axi_bready
  );
  vmso_axi_rules #(
    .DataBits(Cfg.data_bits), .MaxWrites(vmso_config_pkg::writes_in_flight(Cfg))
  ) u_rules (
    .clk, .rst_n, .arid(m_axi_arid), .araddr(m_axi_araddr), .arlen(m_axi_arlen),
    .arvalid(m_axi_arvalid), .arready(m_axi_arready), .rid(m_axi_rid), .rdata(m_axi_rdata),
    .rresp(m_axi_rresp), .rlast(m_axi_rlast), .rvalid(m_axi_rvalid), .rready(m_axi_rready),
    .awaddr(m_axi_awaddr), .awlen(m_axi_awlen), .awvalid(m_axi_awvalid), .awready(m_axi_awready),
    .wdata(m_axi_wdata), .wstrb(m_axi_wstrb), .wlast(m_axi_wlast), .wvalid(m_axi_wvalid),
    .wready(m_axi_wready), .bid(m_axi_bid), .bresp(m_axi_bresp), .bvalid(m_axi_bvalid),
    .bready(m_axi_bready)
  );
endmodule : vmso_axi
