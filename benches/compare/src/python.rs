use crate::contestant::Contestant;
use crate::data::Folder;
use crate::work::Work;
use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

/// The rivals that are used from Python: a child process that answers a line with a line, and ends with us.
#[derive(Clone)]
pub struct Python(Rc<RefCell<Process>>);

struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Python {
    pub fn start(python: &Path) -> Result<Self, String> {
        let mut command = Command::new(python);
        command.args(["-m", "rivals"]).current_dir(SCRIPTS).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{}: {error}; README.md says how to set it up", python.display()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take().unwrap());
        Ok(Python(Rc::new(RefCell::new(Process { child, input, output: BufReader::new(output) }))))
    }

    pub fn versions(&self) -> io::Result<String> {
        self.ask("versions")
    }

    /// Brings the data into its memory: those who offer the work.
    pub fn load(&self, work: Work, folder: &Folder) -> io::Result<Vec<Contestant>> {
        let path = match work {
            Work::Words(file) | Work::Stations(file) => file,
            _ => folder.path(),
        };
        let names = self.ask(&format!("load {} {} {}", work.verb(), work.records(), path.display()))?;
        Ok(names.split_whitespace().filter_map(|name| self.contestant(name)).collect())
    }

    /// Gives the memory of the data back.
    pub fn drop(&self) -> io::Result<()> {
        self.ask("drop").map(drop)
    }

    fn contestant(&self, name: &str) -> Option<Contestant> {
        let rival = *crate::rivals::NAMES.iter().find(|known| **known == name)?;
        let python = self.clone();
        let run = move || {
            let answer = python.ask(&format!("run {rival}")).unwrap_or_else(|error| panic!("{rival}: {error}"));
            let (time, checksum) = answer.split_once(' ').unwrap();
            (Duration::from_nanos(time.parse().unwrap()), checksum.parse().unwrap())
        };
        Some(Contestant { rival, form: "", run: Box::new(run) })
    }

    fn ask(&self, line: &str) -> io::Result<String> {
        let process = &mut *self.0.borrow_mut();
        if let Some(input) = &mut process.input {
            writeln!(input, "{line}")?;
        }
        let mut answer = String::new();
        process.output.read_line(&mut answer)?;
        match answer.trim_end() {
            "" => Err(io::Error::other("Python has ended: what it wrote says why")),
            failed if failed.starts_with("failed: ") => Err(io::Error::other(failed.to_owned())),
            answer => Ok(answer.to_owned()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.input = None;
        let _ = self.child.wait();
    }
}
