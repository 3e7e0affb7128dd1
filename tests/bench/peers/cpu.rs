// SPDX-License-Identifier: MIT
//! The clock of the drivers in Rust.

#[repr(C)]
struct Timespec {
    sec: i64,
    nsec: i64,
}
extern "C" {
    fn clock_gettime(clock: i32, at: *mut Timespec) -> i32;
}

/// CLOCK_PROCESS_CPUTIME_ID in seconds; std has wall clocks only.
pub fn cpu() -> f64 {
    let mut at = Timespec { sec: 0, nsec: 0 };
    unsafe { clock_gettime(2, &mut at) };
    at.sec as f64 + at.nsec as f64 / 1e9
}
