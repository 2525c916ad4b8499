//! The floors of the crate: a module names only modules of floors below its own. And what else is to be absent from the sources.

#[path = "architecture/tokens.rs"]
mod tokens;

use std::path::{Path, PathBuf};
use tokens::{Token, modules, tokens};

/// From the ground up.
const FLOORS: [&[&str]; 7] = [
    &["data", "error"],
    &["stage"],
    &["saved"],
    &["keyed"],
    &["partition", "schedule", "process", "integrate", "observe", "window", "trigger", "watermark", "sink", "store"],
    &["engine", "source"],
    &["pipeline"],
];

/// What sees all floors.
const ROOF: [&str; 3] = ["lib", "prelude", "guide"];

/// The longest a source may be.
const LINES: usize = 400;

/// Crates that a floor without dependencies must not name, as in `Cargo.toml`.
fn dependencies() -> Vec<String> {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.replace('-', "_")).collect()
}

/// One file of `src/`.
struct Source {
    /// From `src/` on, with slashes.
    path: String,
    text: String,
    tokens: Vec<Token>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Source { path: path.into(), text: text.into(), tokens: tokens(text) }
    }

    /// The module at the root of the crate that it belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// How many `super` lead to the root of the crate.
    fn depth(&self) -> usize {
        let folders = self.path.matches('/').count();
        if self.path.ends_with("/mod.rs") { folders } else { folders + 1 }
    }

    fn says(&self, words: &[&str]) -> bool {
        self.tokens.windows(words.len()).any(|window| window.iter().zip(words).all(|(token, word)| token == word))
    }
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let parts: Vec<_> = path.strip_prefix(&src).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
                sources.push(Source::new(&parts.join("/"), &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// What is wrong with what a source names.
fn misplaced(source: &Source) -> Vec<String> {
    let mine = source.module();
    if ROOF.contains(&mine) {
        return Vec::new();
    }
    let Some(own) = floor(mine) else { return vec![format!("{}: the module {mine} is on no floor", source.path)] };
    let mut wrong = Vec::new();
    for named in modules(&source.tokens, source.depth()) {
        let below = floor(&named).is_some_and(|floor| floor < own);
        if named != mine && !below {
            wrong.push(format!("{}: {mine} names {named}, which is not below it", source.path));
        }
    }
    wrong
}

/// Crates other than `std` that a source of the floors without dependencies names.
fn foreign(source: &Source, dependencies: &[String]) -> Vec<String> {
    let bare = ["data", "stage"].contains(&source.module());
    let named = dependencies.iter().filter(|name| bare && source.says(&[name, "::"]));
    named.map(|name| format!("{}: names {name}, where only std is to be named", source.path)).collect()
}

/// What has to do with threads, outside of the engine.
fn threads(source: &Source) -> Vec<String> {
    let allowed: &[(&str, &str)] = &[
        ("integrate", "rayon"),            // Combining runs inside the pool that the engine gives it.
        ("error", "rayon"),                // The error of a pool that could not be built.
        ("source", "crossbeam_channel"),   // A channel is a source.
        ("pipeline", "crossbeam_channel"), // An iterator gets what the driver sends.
    ];
    // To declare a verb `spawn` is to start nothing.
    let calls = source.says(&["::", "spawn"]) || source.says(&[".", "spawn"]);
    let words = ["rayon", "ThreadPoolBuilder", "ThreadPool", "pool", "JoinHandle", "crossbeam_channel"];
    let said = words.into_iter().filter(|word| source.says(&[word]) && !allowed.contains(&(source.module(), word)));
    let said = said.chain(calls.then_some("spawn"));
    let outside = source.module() != "engine" && !ROOF.contains(&source.module());
    said.filter(|_| outside).map(|word| format!("{}: {word} belongs into engine/", source.path)).collect()
}

/// What no source may say.
fn forbidden(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for words in [&["unsafe"][..], &["allow", "("], &["todo", "!"], &["dbg", "!"], &["println", "!"], &["static", "mut"]] {
        if source.says(words) {
            wrong.push(format!("{}: says {}", source.path, words.concat()));
        }
    }
    wrong
}

fn too_long(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    if lines > LINES { vec![format!("{}: {lines} lines, more than {LINES}", source.path)] } else { Vec::new() }
}

/// No source is wrong.
fn check(wrong: impl Fn(&Source) -> Vec<String>) {
    let sources = sources();
    assert!(sources.len() > 50, "found only {} sources", sources.len());
    let wrong: Vec<String> = sources.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_module_names_only_floors_below_its_own() {
    check(misplaced);
}

#[test]
fn data_and_stage_depend_on_std_alone() {
    let dependencies = dependencies();
    assert!(dependencies.iter().any(|name| name == "crossbeam_channel") && dependencies.len() > 4, "{dependencies:?}");
    check(|source| foreign(source, &dependencies));
}

#[test]
fn only_the_engine_starts_work_on_a_thread() {
    check(threads);
}

#[test]
fn nothing_is_unsafe_and_nothing_is_allowed_that_the_lints_forbid() {
    check(forbidden);
    let root = sources().into_iter().find(|source| source.path == "lib.rs").unwrap();
    assert!(root.says(&["forbid", "(", "unsafe_code", ")"]));
}

#[test]
fn no_source_is_longer_than_400_lines() {
    check(too_long);
}

/// What the floors say to a made-up source.
fn check_made_up(path: &str, text: &str, wrong: &[&str]) {
    let source = Source::new(path, text);
    let dependencies = ["rayon".to_string(), "ahash".to_string()];
    let said = [misplaced(&source), foreign(&source, &dependencies), threads(&source), forbidden(&source), too_long(&source)].concat();
    assert_eq!(said.len(), wrong.len(), "{text}: {said:?}");
    assert!(said.iter().zip(wrong).all(|(said, part)| said.contains(part)), "{text}: {said:?}");
}

#[test]
fn what_names_a_floor_above_is_found() {
    check_made_up("stage/x.rs", "use crate::data::Task;", &[]);
    check_made_up("stage/x.rs", "use crate::engine::Engine;", &["stage names engine"]);
    check_made_up("stage/x.rs", "use crate::{data::{Task, engine::X}, keyed::{Key, Table}, Engine};", &["names keyed", "names Engine"]);
    check_made_up("schedule/x.rs", "fn f() -> crate::partition::Chunks { todo() }", &["schedule names partition"]);
    check_made_up("source/x.rs", "use crate::partition::Chunks;", &[]);
    check_made_up("partition/x.rs", "use crate::source::Lines;", &["partition names source"]);
    check_made_up("data/mod.rs", "use super::error::X; use super::hash::Y;", &["data names error", "data names hash"]);
    check_made_up("data/x.rs", "use super::error::X; use super::super::error::Y;", &["data names error"]);
    check_made_up("source/csv/x.rs", "use super::super::engine::X; use super::super::super::engine::Y;", &["source names engine"]);
    check_made_up("cluster/x.rs", "", &["cluster is on no floor"]);
    check_made_up("prelude.rs", "pub use crate::engine::Engine;", &[]);
}

#[test]
fn what_is_no_code_is_not_read() {
    check_made_up("stage/x.rs", "/// [`Engine`](crate::engine::Engine)\n/* crate::engine::X unsafe */", &[]);
    check_made_up("stage/x.rs", "const A: &str = \"crate::engine::X \\\" unsafe\"; const B: char = '\"'; fn f<'a>(_: &'a ()) {}", &[]);
    check_made_up("stage/x.rs", "const A: char = '\\''; use crate::engine::X;", &["names engine"]);
    check_made_up("stage/x.rs", "#[cfg(test)]\nmod tests { use crate::prelude::*; }", &[]);
    check_made_up("stage/x.rs", "pub(crate) fn f() {} macro_rules! m { () => { $crate::engine::X } }", &["names engine"]);
}

#[test]
fn other_crates_and_threads_are_found() {
    check_made_up("data/x.rs", "use ahash::RandomState; use std::fmt;", &["names ahash"]);
    check_made_up("keyed/x.rs", "use ahash::RandomState;", &[]);
    check_made_up("integrate/x.rs", "use rayon::iter::ParallelIterator;", &[]);
    check_made_up("integrate/x.rs", "fn f() { std::thread::spawn(|| ()); }", &["spawn belongs into engine/"]);
    check_made_up("pipeline/x.rs", "use rayon::ThreadPoolBuilder;", &["rayon belongs", "ThreadPoolBuilder belongs"]);
    check_made_up("pipeline/x.rs", "pub fn spawn(self) { scope.spawn(|| ()) }", &["spawn belongs into engine/"]);
    check_made_up("pipeline/x.rs", "pub fn spawn(self) {}", &[]);
    check_made_up("pipeline/x.rs", "fn f(e: &E) { e.pool.install(|| ()) }", &["pool belongs into engine/"]);
    check_made_up("engine/x.rs", "use rayon::ThreadPool; fn f() { spawn() }", &[]);
}

#[test]
fn what_is_forbidden_is_found() {
    check_made_up("engine/x.rs", "fn f() { unsafe { g() } }", &["says unsafe"]);
    check_made_up("engine/x.rs", "#![forbid(unsafe_code)]", &[]);
    check_made_up("engine/x.rs", "#[allow(dead_code)] fn f() { todo!() }", &["says allow(", "says todo!"]);
    check_made_up("engine/x.rs", &"\n".repeat(401), &["401 lines"]);
    check_made_up("engine/x.rs", &"\n".repeat(400), &[]);
}
