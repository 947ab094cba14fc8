// SPDX-License-Identifier: Apache-2.0
#include "bus/axil_master.hpp"

namespace vmso {

void AxilMaster::start_write(uint32_t addr, uint32_t data, uint8_t strobes) {
  if (!done()) throw Error("register access while one is under way");
  state_ = State::kWrite;
  address_left_ = data_left_ = true;
  addr_ = addr;
  data_ = data;
  strobes_ = strobes;
}

void AxilMaster::start_read(uint32_t addr) {
  if (!done()) throw Error("register access while one is under way");
  state_ = State::kRead;
  address_left_ = true;
  addr_ = addr;
}

void AxilMaster::sample(const DutOutputs &out) {
  bool b_due = state_ == State::kWrite && !address_left_ && !data_left_;
  bool r_due = state_ == State::kRead && !address_left_;
  if ((out.s_axil_bvalid && !b_due) || (out.s_axil_rvalid && !r_due)) {
    if (!stray_) findings_.add("s_axil: an answer without a request");
    stray_ = true;
    return;
  }
  stray_ = false;
  if (out.s_axil_bvalid) {
    resp_ = Resp(out.s_axil_bresp);
    state_ = State::kIdle;
  } else if (out.s_axil_rvalid) {
    data_ = out.s_axil_rdata;
    resp_ = Resp(out.s_axil_rresp);
    state_ = State::kIdle;
  }
  if (address_valid_) {
    bool taken = state_ == State::kWrite ? out.s_axil_awready : out.s_axil_arready;
    if (taken) address_left_ = address_valid_ = false;
  }
  if (data_valid_ && out.s_axil_wready) data_left_ = data_valid_ = false;
  if (state_ == State::kWrite && !b_due && !address_left_ && !data_left_) {
    taken_at_ = findings_.now;
  }
}

void AxilMaster::drive(DutInputs &in) {
  address_valid_ = address_left_;
  data_valid_ = data_left_;
  bool write = state_ == State::kWrite;
  in.s_axil_awvalid = write && address_valid_;
  in.s_axil_arvalid = state_ == State::kRead && address_valid_;
  in.s_axil_wvalid = data_valid_;
  in.s_axil_awaddr = in.s_axil_araddr = addr_;
  in.s_axil_wdata = data_;
  in.s_axil_wstrb = strobes_;
  in.s_axil_bready = write;  // ready before valid: an answer is taken in its first cycle
  in.s_axil_rready = state_ == State::kRead;
}

void AxilMaster::restart(DutInputs &in) {
  state_ = State::kIdle;
  address_left_ = data_left_ = address_valid_ = data_valid_ = stray_ = false;
  in.s_axil_awvalid = in.s_axil_wvalid = in.s_axil_arvalid = 0;
  in.s_axil_bready = in.s_axil_rready = 0;
}

}  // namespace vmso
