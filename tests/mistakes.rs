//! What the compiler says to the mistakes that users make: the programs of the package `tests/mistakes`, each of which opens with what
//! must be said, in lines that begin with `//~`. The rest of the compiler's words changes with every version of it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

/// The programs, by name.
fn programs() -> Vec<(String, String)> {
    let files = std::fs::read_dir(package().join("src/bin")).unwrap().map(|file| file.unwrap().path());
    let read = |file: PathBuf| (file.file_stem().unwrap().to_str().unwrap().to_string(), std::fs::read_to_string(&file).unwrap());
    let mut programs: Vec<_> = files.map(read).collect();
    programs.sort();
    programs
}

/// What a program says that the compiler must say.
fn expected(program: &str) -> Vec<&str> {
    program.lines().map_while(|line| line.strip_prefix("//~ ")).collect()
}

/// The programs that need the feature `checkpoint`.
const ON_CHECKPOINTS: [&str; 4] = ["m10", "m11", "m12", "m13"];

/// Whether the program compiles, and all that the compiler said.
fn compile(name: &str) -> (bool, String) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--locked", "--quiet", "--color", "never", "--package", "microbatch-mistakes", "--bin", name]);
    if ON_CHECKPOINTS.iter().any(|number| name.starts_with(number)) {
        cargo.args(["--features", "checkpoint"]);
    }
    cargo.arg("--target-dir").arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes"));
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Each program with whether it is to compile.
fn check(compiles: impl Fn(&str) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, program) in programs() {
        let (compiled, said) = compile(&name);
        if compiled != compiles(&name) {
            wrong.push(format!("{name} {}:\n{said}", if compiled { "compiles" } else { "does not compile" }));
        }
        wrong.extend(
            expected(&program).into_iter().filter(|text| !said.contains(text)).map(|text| format!("{name}: nobody says {text:?}:\n{said}")),
        );
    }
    wrong
}

/// Settings of streams are idle on bounded data.
const NO_MISTAKE: &str = "m22_trigger_on_bounded";

#[test]
fn every_mistake_is_answered_in_a_sentence() {
    // A pipeline that is not run is a warning.
    let wrong = check(|name| ["m21_not_run", NO_MISTAKE].contains(&name));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_mistake_says_what_is_to_be_said() {
    let programs = programs();
    assert_eq!(programs.len(), 32);
    for (name, program) in programs {
        assert_eq!(expected(&program).is_empty(), name == NO_MISTAKE, "{name}");
    }
}
