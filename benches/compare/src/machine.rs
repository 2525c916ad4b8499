//! Where and with what it was measured. Linux tells; elsewhere a question mark stands.

use crate::options::Options;
use crate::python::Python;
use std::io;
use std::process::Command;

const LOCK: &str = include_str!("../Cargo.lock");

pub fn described(options: &Options, python: Option<&Python>) -> io::Result<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").and_then(|kib| kib.split(' ').next()?.parse::<f64>().ok());
    let by_python = python.map(Python::versions).transpose()?.unwrap_or_else(|| "no Python".into());
    let allocator = if cfg!(feature = "mimalloc") { "mimalloc" } else { "the system's allocator" };
    Ok(format!(
        "{date}: {cpu}, {cores} cores, {memory:.0} GiB, Linux {kernel}, {rustc}, {allocator}; {crates}, {by_python}. \
         Medians of {rounds} rounds in turn, fewer where a contestant spent more than {patience} s; sizes times {scale}. \
         In brackets: how many times as long as microbatch.\n",
        date = output("date", "+%F"),
        cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "?".into()),
        memory = memory.unwrap_or(f64::NAN) / 1024.0 / 1024.0,
        kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_else(|_| "?".into()).trim(),
        rustc = output("rustc", "--version"),
        crates =
            ["microbatch", "rayon", "renoir", "timely", "ironbeam", "pipe-io"].map(|name| format!("{name} {}", version(name))).join(", "),
        rounds = options.rounds,
        patience = options.patience.as_secs(),
        scale = options.scale,
    ))
}

/// The first value of a name in a file of `name : value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

fn output(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().ok();
    output.and_then(|output| String::from_utf8(output.stdout).ok()).map_or_else(|| "?".into(), |text| text.trim().to_owned())
}

/// As locked.
fn version(name: &str) -> &'static str {
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")));
    entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next()).unwrap_or("?")
}
