// SPDX-License-Identifier: Apache-2.0
// vmso_axi with plain ports for its unit test. Two of the four windows are the test's, two are empty.
module axi_top
  import vmso_pkg::*;
#(
  parameter  int unsigned Config = 1,
  localparam vmso_config_pkg::config_t Cfg = vmso_config_pkg::named(Config),
  localparam int unsigned BusBytes = vmso_config_pkg::bus_bytes(Cfg)
) (
  input  logic                     clk,
  input  logic                     rst_n,
  input  logic [43:0]              window_base [2],
  input  logic [43:0]              window_limit [2],
  input  logic [31:0]              read_timeout,
  input  logic [15:0]              read_window,
  input  logic                     read_colour,
  input  logic                     hold_reads,
  output logic [1:0]               colour_busy,
  output logic                     reads_idle,
  input  logic                     req_valid [4],
  output logic                     req_ready [4],
  input  logic [55:0]              req_addr [4],
  input  logic [7:0]               req_len [4],
  output logic [7:0]               req_id [4],
  output logic                     rsp_valid,
  output logic [1:0]               rsp_class,
  output logic [7:0]               rsp_id,
  output logic                     rsp_has_data,
  output logic                     rsp_last,
  output logic [2:0]               rsp_resp,
  output logic [Cfg.data_bits-1:0] read_data,
  input  logic                     write_valid,
  output logic                     write_ready,
  input  logic [55:0]              write_addr,
  input  logic [255:0]             write_data,
  output logic                     write_done_valid,
  output logic                     write_done_ok,
  output logic                     count_read_beats,
  output logic                     count_window_stall,
  output logic                     sticky_timeout,
  output logic                     sticky_window,
  output logic [8:0]               quarantined [4],
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
  windows_t        windows;
  read_req_t [3:0] req;
  read_id_t [3:0]  id;
  logic [3:0]      ready;
  read_rsp_t       read_rsp;
  write_req_t      write;
  logic [3:0][8:0] quarantined_count;

  assign windows[0] = '{limit: window_limit[0], base: window_base[0]};
  assign windows[1] = '{limit: 44'd0, base: 44'd1};
  assign windows[2] = '{limit: 44'd0, base: '1};
  assign windows[3] = '{limit: window_limit[1], base: window_base[1]};
  for (genvar c = 0; c < 4; c++) begin : gen_class
    assign req[c]       = '{addr: req_addr[c], len: req_len[c]};
    assign req_id[c]    = id[c];
    assign req_ready[c] = ready[c];
    assign quarantined[c] = quarantined_count[c];
  end
  assign rsp_class    = read_rsp.cls;
  assign rsp_id       = read_rsp.id;
  assign rsp_has_data = read_rsp.has_data;
  assign rsp_last     = read_rsp.last;
  assign rsp_resp     = read_rsp.resp;
  assign write        = '{addr: write_addr, data: write_data};

  // the widest one has other attributes than the defaults
  localparam logic [3:0] ArCache = Config == 2 ? 4'b1111 : 4'b0011;
  localparam logic [3:0] AwCache = Config == 2 ? 4'b0111 : 4'b0011;
  localparam logic [2:0] ArProt = Config == 2 ? 3'b010 : 3'b000;
  localparam logic [2:0] AwProt = Config == 2 ? 3'b001 : 3'b000;
  vmso_axi #(
    .Cfg(Cfg), .ArCache(ArCache), .ArProt(ArProt), .AwCache(AwCache), .AwProt(AwProt)
  ) u_axi (
    .clk, .rst_n, .windows, .read_timeout, .read_window, .read_colour, .hold_reads, .colour_busy,
    .reads_idle,
    .walk_req_valid(req_valid[0]), .walk_req_ready(ready[0]), .walk_req(req[0]),
    .walk_req_id(id[0]), .slot_req_valid(req_valid[1]), .slot_req_ready(ready[1]),
    .slot_req(req[1]), .slot_req_id(id[1]), .tmpl_req_valid(req_valid[2]),
    .tmpl_req_ready(ready[2]), .tmpl_req(req[2]), .tmpl_req_id(id[2]),
    .payload_req_valid(req_valid[3]), .payload_req_ready(ready[3]), .payload_req(req[3]),
    .payload_req_id(id[3]), .read_rsp_valid(rsp_valid), .read_rsp, .read_data,
    .write_valid, .write_ready, .write, .write_done_valid, .write_done_ok,
    .count_read_beats, .count_window_stall, .sticky_timeout, .sticky_window,
    .quarantined_count, .link_dead, .m_axi_arid, .m_axi_araddr, .m_axi_arlen, .m_axi_arsize, .m_axi_arburst, .m_axi_arcache,
    .m_axi_arprot, .m_axi_arvalid, .m_axi_arready, .m_axi_rid, .m_axi_rdata, .m_axi_rresp,
    .m_axi_rlast, .m_axi_rvalid, .m_axi_rready, .m_axi_awid, .m_axi_awaddr, .m_axi_awlen,
    .m_axi_awsize, .m_axi_awburst, .m_axi_awcache, .m_axi_awprot, .m_axi_awvalid, .m_axi_awready,
    .m_axi_wdata, .m_axi_wstrb, .m_axi_wlast, .m_axi_wvalid, .m_axi_wready, .m_axi_bid,
    .m_axi_bresp, .m_axi_bvalid, .m_axi_bready
  );
endmodule : axi_top
