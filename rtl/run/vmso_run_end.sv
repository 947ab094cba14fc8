// SPDX-License-Identifier: Apache-2.0
// What does a completion say about a run that could not be read? Combinational.
module vmso_run_end
  import vmso_pkg::*;
  import vmso_rec_pkg::*;
  import vmso_run_pkg::*;
(
  input  bad_e        bad,      // not BadNot: an error run, cause and level do not count
  input  logic        tmpl,
  input  cause_e      cause,
  input  logic [2:0]  level,
  input  logic [63:0] va,
  input  logic [1:0]  space,
  output run_end_t    run_end
);
  always_comb begin
    run_end = '{status: StatusFault, cause: CauseNone, level: LevelNone, access: AccessPayload,
                va: va, space: space};
    if (bad == BadNot) begin
      run_end.cause  = cause;
      run_end.level  = level;
      run_end.access = tmpl ? AccessTemplate : AccessPayload;
      if (cause == CauseBusTimeout) run_end.status = StatusTimeout;
      else if (cause[7:4] == 4'h4) run_end.status = StatusBus;
    end else begin
      if (bad inside {BadSlvErr, BadDecErr, BadWindow, BadTimeout}) run_end.access = AccessSlot;
      unique case (bad)
        BadReserved: run_end.status = StatusReservedSet;
        BadSpace:    run_end.status = StatusSpace;
        BadWrap:     run_end.status = StatusAddrWrap;
        BadSum:      run_end.status = StatusSumMismatch;
        BadSlvErr: begin
          run_end.status = StatusBus;
          run_end.cause  = CauseDataSlvErr;
        end
        BadDecErr: begin
          run_end.status = StatusBus;
          run_end.cause  = CauseDataDecErr;
        end
        BadWindow: run_end.cause = CauseDataWindow;
        default: begin
          run_end.status = StatusTimeout;
          run_end.cause  = CauseBusTimeout;
        end
      endcase
    end
  end
endmodule : vmso_run_end
