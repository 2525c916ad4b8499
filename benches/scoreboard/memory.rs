//! The peak memory of a contestant, on Linux alone: in a process of its own, what its one run adds to what lies there already.
//!
//! The child makes the data, sets the kernel's record of its peak (`VmHWM`) back to what it holds, runs once, and reports by how much the
//! record has risen by then. The result of the run, which is still held, is part of it; the data are not.

use crate::workloads;
use std::fs::{read_to_string, write};
use std::process::Command;

/// What the child is called with, before the names of a row and a contestant.
pub const CHILD: &str = "--peak-of";

/// Of a run of `contestant` in a child process, in bytes.
pub fn peak(scale: usize, row: &str, contestant: &str) -> u64 {
    let program = std::env::current_exe().expect("this program has a path");
    let child = Command::new(program).args([CHILD, &scale.to_string(), row, contestant]).output().expect("this program runs");
    let text = String::from_utf8_lossy(&child.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("{row}, {contestant}: {}", String::from_utf8_lossy(&child.stderr)))
}

/// The child's part: prints the figure.
pub fn report(arguments: &[String]) {
    let [scale, row, name] = arguments else { panic!("{CHILD} SCALE ROW CONTESTANT") };
    let scale = scale.parse().expect("the scale is a number");
    // Some rows are made together, under the beginning of their names.
    workloads::rows(scale, &|known| row.starts_with(known), &mut |visited, _, contestants| {
        if visited != row {
            return;
        }
        let contestant = contestants.iter().find(|contestant| contestant.name == name).expect("the row has such a contestant");
        write("/proc/self/clear_refs", "5").expect("Linux lets a process set its peak back");
        let before = kibibytes("VmRSS:");
        let result = (contestant.run)();
        println!("{}", kibibytes("VmHWM:").saturating_sub(before) * 1024);
        drop(result);
    });
}

/// A line of what the kernel says of this process.
fn kibibytes(field: &str) -> u64 {
    let status = read_to_string("/proc/self/status").expect("Linux tells a process what it holds");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("its status has the field");
    line.trim().trim_end_matches(" kB").parse().expect("a number of kibibytes")
}
