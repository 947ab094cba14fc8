# Checks of a synthesized vmso in Vivado: source it after synth_design (or add it as an unmanaged
# constraint file that is used in implementation only), together with vmso.sdc where vmso_top is the top.
#
# It finds cells by the name of their module, wherever the engine sits in a larger design, and sets
# nothing: one clock and no crossing need no exception. What it guards:
#   - each vmso_ram_1w1r and vmso_lutram is RAM, not flip-flops
#   - every register of the engine has one and the same clock
# vmso_check returns the number of faults and prints each as a critical warning.
#
# Tried with tclsh and stand-ins for Vivado's commands (tests/constraints); NOT with Vivado itself.

# Instances of a module. Synthesis renames parameterized copies to <module>__parameterized<N>, and
# keeps the name of the source in ORIG_REF_NAME.
proc vmso_instances {module} {
  return [get_cells -quiet -hierarchical -filter \
    "ORIG_REF_NAME == $module || REF_NAME == $module || REF_NAME =~ ${module}__parameterized*"]
}

proc vmso_fault {text} {
  puts "CRITICAL WARNING: vmso: $text"
}

# RAM instances without a RAM primitive below them.
proc vmso_check_rams {} {
  set faults 0
  foreach module {vmso_ram_1w1r vmso_lutram} {
    foreach cell [vmso_instances $module] {
      set name [get_property NAME $cell]
      set below [get_cells -quiet -hierarchical -filter "NAME =~ $name/* && IS_PRIMITIVE"]
      set rams 0
      foreach leaf $below {
        if {[regexp {^(RAMB|RAM[0-9]|URAM|SRL)} [get_property REF_NAME $leaf]]} { incr rams }
      }
      # nothing below at all: the instance was not needed, or was merged into its parent
      if {[llength $below] > 0 && $rams == 0} {
        vmso_fault "$name ($module) is not RAM"
        incr faults
      }
    }
  }
  return $faults
}

# Registers and RAMs of the engine must share one clock.
proc vmso_check_clock {} {
  set faults 0
  foreach top [vmso_instances vmso_top] {
    set name [get_property NAME $top]
    set pins [get_pins -quiet -hierarchical -filter "NAME =~ $name/* && IS_CLOCK"]
    set clocks [lsort -unique [get_clocks -quiet -of_objects $pins]]
    if {[llength $clocks] != 1} {
      vmso_fault "$name has [llength $clocks] clocks, expected one: $clocks"
      incr faults
    }
  }
  return $faults
}

proc vmso_check {} {
  return [expr {[vmso_check_rams] + [vmso_check_clock]}]
}

vmso_check
