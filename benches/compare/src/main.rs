//! The same work in microbatch and in what one would use instead: how to run it is in README.md.

mod answer;
mod contestant;
mod data;
mod machine;
mod nexmark;
mod options;
mod python;
#[path = "../../streams/ready.rs"]
mod ready;
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
    let plans: Vec<&Plan> = PLANS.iter().filter(|plan| options.wants(plan.name)).collect();
    let wants_python = options.wants_python() && !plans.is_empty();
    let python = if wants_python { Some(Python::start(&options.python)?) } else { None };
    let mut bounded = Vec::new();
    for plan in plans {
        eprintln!("{}", plan.name);
        bounded.push(Row { name: plan.name, entries: compete(plan, &options, &folder, python.as_ref())? });
        folder.clear()?;
    }
    let streams = compete_in_streams(&options);
    println!("{}", machine::described(&options, python.as_ref())?);
    for rows in [bounded, streams].iter().filter(|rows| !rows.is_empty()) {
        println!("{}\n{}", table::by_rival(rows), table::in_full(rows));
    }
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

/// Lets all who offer it do the queries of Nexmark, over the same events.
fn compete_in_streams(options: &Options) -> Vec<Row> {
    let wanted: Vec<_> = nexmark::ROWS.iter().filter(|row| options.wants(row.name)).collect();
    let events = if wanted.is_empty() { &[] } else { nexmark::make(options.scale) };
    let compete = |row: &nexmark::Row| {
        eprintln!("{}", row.name);
        let mut contestants = row.contestants(events);
        contestants.retain(|contestant| options.allows(contestant.rival));
        Row { name: row.name, entries: rounds::alternate(contestants, options.rounds, options.patience) }
    };
    wanted.into_iter().map(compete).collect()
}
