//! The same work in microbatch and in what one would use instead: how to run it is in README.md.

mod answer;
mod contestant;
mod data;
mod machine;
mod options;
mod python;
mod rivals;
mod rounds;
mod table;
mod text;
mod top;
mod work;

use contestant::Contestant;
use data::Folder;
use options::Options;
use python::Python;
use rounds::Entry;
use std::error::Error;
use table::Row;
use work::{PLANS, Plan};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::of(std::env::args().skip(1))?;
    let folder = Folder::new()?;
    let python = if options.wants_python() { Some(Python::start(&options.python)?) } else { None };
    let mut rows = Vec::new();
    for plan in PLANS.iter().filter(|plan| options.wants(plan.name)) {
        eprintln!("{}", plan.name);
        rows.push(Row { name: plan.name, entries: compete(plan, &options, &folder, python.as_ref())? });
        folder.clear()?;
    }
    println!("{}", machine::described(&options, python.as_ref())?);
    println!("{}\n{}", table::by_rival(&rows), table::in_full(&rows));
    Ok(())
}

/// Makes the data of a row, and lets all who offer it do it in turn.
fn compete(plan: &Plan, options: &Options, folder: &Folder, python: Option<&Python>) -> Result<Vec<Entry>, Box<dyn Error>> {
    let work = plan.make(options.scale, folder);
    let mut contestants = rivals::of(work);
    if let Some(python) = python {
        folder.write_columns(work)?;
        contestants.extend(python.load(work, folder)?);
    }
    contestants.retain(|contestant: &Contestant| options.allows(contestant.rival));
    let entries = rounds::alternate(contestants, options.rounds, options.patience);
    if let Some(python) = python {
        python.drop()?;
    }
    Ok(entries)
}
