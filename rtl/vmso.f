# The one file list: packages first, then the rooms in the order of the data.
rtl/vmso_config_pkg.sv
rtl/vmso_rec_pkg.sv
rtl/vmso_pkg.sv
rtl/common/vmso_math_pkg.sv
rtl/common/vmso_fifo.sv
rtl/common/vmso_id_pool.sv
rtl/common/vmso_lutram.sv
rtl/common/vmso_ram_1w1r.sv
rtl/common/vmso_rr_arbiter.sv
rtl/common/vmso_skid.sv
rtl/cpl/vmso_cpl.sv
