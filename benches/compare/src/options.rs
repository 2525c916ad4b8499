use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "\
compare [WORD ..] [--rounds N] [--scale X] [--patience SECONDS] [--python PATH] [--without NAME ..]

WORD        only rows whose names hold one of the words
--rounds    rounds that count, after one that does not; default 5
--scale     times the sizes of all data; default 1
--patience  a contestant that has spent this many seconds on a row takes no further rounds of it; default 12
--python    with the packages of python/requirements.txt; default .venv/bin/python beside this package's Cargo.toml
--without   leaves out a contestant; Python is not started where polars, duckdb and datafusion are left out";

const BY_PYTHON: [&str; 3] = ["polars", "duckdb", "datafusion"];

pub struct Options {
    words: Vec<String>,
    without: Vec<String>,
    pub rounds: usize,
    pub scale: f64,
    pub patience: Duration,
    pub python: PathBuf,
}

impl Options {
    pub fn of(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let python = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python").into();
        let mut options = Options { words: vec![], without: vec![], rounds: 5, scale: 1.0, patience: Duration::from_secs(12), python };
        while let Some(argument) = arguments.next() {
            if !argument.starts_with("--") {
                options.words.push(argument);
                continue;
            }
            let value = arguments.next().ok_or(USAGE)?;
            match argument.as_str() {
                "--rounds" => options.rounds = parsed(&value)?,
                "--scale" => options.scale = parsed(&value)?,
                "--patience" => options.patience = Duration::from_secs(parsed(&value)?),
                "--python" => options.python = value.into(),
                "--without" => options.without.push(value),
                _ => return Err(USAGE.into()),
            }
        }
        match options.rounds > 0 && options.scale > 0.0 {
            true => Ok(options),
            false => Err(USAGE.into()),
        }
    }

    pub fn wants(&self, row: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| row.contains(word))
    }

    /// What all ratios are by is never left out.
    pub fn allows(&self, rival: &str) -> bool {
        rival == "microbatch" || !self.without.iter().any(|name| name == rival)
    }

    pub fn wants_python(&self) -> bool {
        BY_PYTHON.iter().any(|rival| self.allows(rival))
    }
}

fn parsed<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("not a number that fits: {value}\n{USAGE}"))
}
