# Runs constraints/vmso_vivado.tcl with tclsh: stand-ins for Vivado's commands look up a small table.
#   tclsh vivado_stub.tcl FILE
# A good design has no faults; a RAM of flip-flops, and a second clock, are seen and named.

# name -> {REF_NAME ORIG_REF_NAME}; primitives have no ORIG_REF_NAME
set good {
  e/tx                {vmso_top                       vmso_top}
  e/tx/u_a/u_ram      {vmso_ram_1w1r__parameterized3  vmso_ram_1w1r}
  e/tx/u_a/u_ram/mem0 {RAMB36E2 {}}
  e/tx/u_a/u_ram/q0   {FDRE {}}
  e/tx/u_b/u_list     {vmso_lutram__parameterized1    vmso_lutram}
  e/tx/u_b/u_list/m0  {RAM32M16 {}}
  e/tx/u_c/u_idle     {vmso_lutram                    vmso_lutram}
  e/other/u_ram       {vmso_ram_1w1r_of_others        vmso_ram_1w1r_of_others}
  e/other/u_ram/q0    {FDRE {}}
}
set clocks clk
set output {}

rename puts tcl_puts
proc puts {text} { lappend ::output $text }

# The one filter language: A == b, A =~ glob, A alone (a boolean), joined by || or &&.
proc term {name words} {
  lassign $words property op value
  if {$op eq ""} { return [expr {$property ni {IS_PRIMITIVE} || [prop ORIG_REF_NAME $name] eq ""}] }
  return [string match $value [prop $property $name]]
}
proc prop {property name} {
  if {$property eq "NAME"} { return $name }
  lassign [dict get $::design $name] ref original
  return [expr {$property eq "REF_NAME" ? $ref : $original}]
}
proc matches {name filter} {
  foreach either [split [string map {|| \u0001} $filter] \u0001] {
    set all 1
    foreach part [split [string map {&& \u0002} $either] \u0002] {
      if {![term $name $part]} { set all 0 }
    }
    if {$all} { return 1 }
  }
  return 0
}
proc get_cells {args} {
  set found {}
  foreach name [dict keys $::design] {
    if {[matches $name [lindex $args end]]} { lappend found $name }
  }
  return $found
}
proc get_property {property name} { return [prop $property $name] }
proc get_pins {args} { return pins }
proc get_clocks {args} { return $::clocks }

proc expect {what faults pattern} {
  set ::output {}
  set got [vmso_check]
  if {$got != $faults || ![string match $pattern [join $::output]]} {
    tcl_puts "$what: $got faults, expected $faults: $::output"
    exit 1
  }
}

set design $good
source [lindex $argv 0]
expect "good design" 0 ""
dict set design e/tx/u_a/u_ram/mem0 {FDRE {}}
expect "block RAM of flip-flops" 1 "*e/tx/u_a/u_ram (vmso_ram_1w1r) is not RAM*"
set design $good
dict set design e/tx/u_b/u_list/m0 {LUT6 {}}
expect "LUT RAM of LUTs" 1 "*e/tx/u_b/u_list (vmso_lutram) is not RAM*"
set design $good
set clocks {clk other}
expect "two clocks" 1 "*2 clocks, expected one*"
tcl_puts "vmso_vivado.tcl: good design passes, three broken ones are named"
