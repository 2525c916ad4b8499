//! What a checkpoint refuses, with a reason, and with nothing lost: files of others, places where none can be, state of another type, a second writer.

#[path = "durable/folder.rs"]
mod folder;
#[path = "durable/ledger.rs"]
mod ledger;

use folder::Folder;
use ledger::{Ledger, Log};
use microbatch::prelude::*;
use microbatch::{BoxError, RunError, StoreError};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::convert::Infallible;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::AddAssign;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, SystemTime};

type Ended = Result<StreamProgress, RunError<Infallible>>;

fn run(file: &Path, log: Log, ledger: &mut Ledger) -> Ended {
    let timed = Pipeline::stream(log).event_time(|n| Timestamp::from_millis(*n as i64 * 100)).window(Tumbling::of(Duration::from_secs(1)));
    let keyed = timed.key_by(|n| n % 3).trigger(Records::of(10)).integrator(Sum);
    keyed.checkpoint(Checkpoint::at(file).unwrap().every(Duration::ZERO)).run_exactly_once(ledger)
}

fn refusal(ended: Ended) -> (bool, bool, bool, String) {
    match ended {
        Err(RunError::Store { cause }) => {
            let store: &StoreError = cause.downcast_ref().expect("a store says what is wrong with it");
            (store.is_damaged(), store.is_locked(), store.is_other(), store.to_string())
        }
        ended => panic!("the store is at fault: {:?}", ended.map(drop)),
    }
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    const THEIRS: TableDefinition<'_, u64, u64> = TableDefinition::new("theirs");
    let folder = Folder::new();
    let file = folder.path().join("state");
    let database = Database::create(&file).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(THEIRS).unwrap().insert(1, 2).unwrap();
    write.commit().unwrap();
    drop(database);
    let (is_damaged, .., text) = refusal(run(&file, Log::to(100), &mut Ledger::default()));
    assert!(
        is_damaged && text.contains("it is the database of another program") && text.contains("start anew with another file"),
        "{text}"
    );
    let database = Database::open(&file).unwrap();
    let read = database.begin_read().unwrap();
    assert_eq!(read.open_table(THEIRS).unwrap().get(1).unwrap().unwrap().value(), 2);
    assert_eq!(read.list_tables().unwrap().count(), 1);
}

/// Read-only files and folders are no hindrance to the superuser, who may run this: a place under a file and places of the system are to everyone.
#[test]
fn a_place_where_no_file_can_be_is_named_with_the_reason() {
    let folder = Folder::new();
    let text = folder.path().join("text");
    std::fs::write(&text, "a file, not a folder").unwrap();
    for place in [text.join("state"), folder.path().join("no such folder/state"), "/proc/state".into(), "/dev/full".into()] {
        let mut ledger = Ledger::default();
        let (_, _, _, said) = refusal(run(&place, Log::to(100), &mut ledger));
        assert!(said.starts_with(&place.display().to_string()), "{said}");
        assert_eq!(ledger.epoch, 0, "{said}");
    }
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "a file, not a folder");
}

#[test]
fn a_folder_that_takes_the_place_of_the_file_is_refused() {
    let folder = Folder::new();
    let place = folder.path().join("state");
    let checkpoint = Checkpoint::at(&place).unwrap();
    std::fs::create_dir(&place).unwrap();
    let refused =
        Pipeline::stream(Log::to(100)).key_by(|n| n % 3).integrator(Sum).checkpoint(checkpoint).run_exactly_once(&mut Ledger::default());
    let (.., text) = refusal(refused);
    assert!(text.starts_with(&place.display().to_string()), "{text}");
}

/// Nothing is decided by the clock on the wall: not by the times of the file either.
#[test]
fn a_clock_that_was_set_is_of_no_consequence() {
    let (folder, mut whole) = (Folder::new(), Ledger::default());
    run(&folder.path().join("whole"), Log::to(300), &mut whole).unwrap();
    for time in [SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(4_000_000_000)] {
        let (folder, mut ledger) = (Folder::new(), Ledger::default());
        let file = folder.path().join("state");
        run(&file, Log { fails_at: Some(150), ..Log::to(300) }, &mut ledger).unwrap_err();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        run(&file, Log::to(300), &mut ledger).unwrap();
        assert!(ledger.results == whole.results, "{} results where {} are right", ledger.results.len(), whole.results.len());
    }
}

/// Takes anything.
struct Any;
impl<T: Debug> TransactionalSink<T> for Any {
    fn deliver(&mut self, _: &Epoch, _: Vec<T>) -> Result<(), BoxError> {
        Ok(())
    }
}

/// What is left of a run that was cut short is gone on with by one of another integrator, or of another key.
#[test]
fn state_of_another_type_is_refused() {
    let half = || {
        let folder = Folder::new();
        run(&folder.path().join("state"), Log { fails_at: Some(154), ..Log::to(300) }, &mut Ledger::default()).unwrap_err();
        folder
    };
    macro_rules! refused {
        ($key:expr, $integrator:expr) => {{
            let folder = half();
            let timed = Pipeline::stream(Log::to(300)).event_time(|n| Timestamp::from_millis(*n as i64 * 100));
            let keyed = timed.window(Tumbling::of(Duration::from_secs(1))).key_by($key).trigger(Records::of(10)).integrator($integrator);
            let checkpoint = Checkpoint::at(folder.path().join("state")).unwrap();
            let (is_damaged, _, is_other, text) = refusal(keyed.checkpoint(checkpoint).run_exactly_once(Any));
            assert!(is_damaged || is_other, "{text}");
        }};
    }
    refused!(|n: &u64| n % 3, Count);
    refused!(|n: &u64| n % 3, Max);
    refused!(|n: &u64| n % 3, (Sum, Count));
    refused!(|n: &u64| (n % 3).to_string(), Sum);
    refused!(|n: &u64| (n % 3) as u8, Sum);
}

/// Counts in a state of this type.
struct Visits<S>(PhantomData<S>);
impl<S: Default + Send + Sync + AddAssign + From<u8>> KeyedProcessor<u64, u64> for Visits<S> {
    type State = S;
    type Out = u64;
    fn on_record(&self, _: &u64, state: &mut S, n: u64, context: &mut Context<u64>) {
        *state += S::from(1);
        context.emit(n);
    }
}

#[test]
fn state_of_a_processor_of_another_type_is_refused() {
    let folder = Folder::new();
    fn visits<S>(folder: &Folder, log: Log) -> Ended
    where
        S: Default + Send + Sync + AddAssign + From<u8> + serde::Serialize + serde::de::DeserializeOwned,
    {
        let checkpoint = Checkpoint::at(folder.path().join("state")).unwrap().every(Duration::ZERO);
        let timed = Pipeline::stream(log).event_time(|n| Timestamp::from_millis(*n as i64 * 100)).key_by(|n| n % 3);
        let visits = timed.stateful(Visits::<S>(PhantomData)).window(Tumbling::of(Duration::from_secs(1)));
        visits.trigger(Records::of(10)).integrator(Sum).checkpoint(checkpoint).run_exactly_once(Any)
    }
    visits::<u16>(&folder, Log { fails_at: Some(154), ..Log::to(300) }).unwrap_err();
    let (_, _, is_other, text) = refusal(visits::<u32>(&folder, Log::to(300)));
    assert!(is_other, "{text}");
    println!("{text}");
    visits::<u16>(&folder, Log::to(300)).unwrap();
}

/// Of many that open it at once one has it, or none by the time that it is looked at; nobody waits, and nothing comes twice.
#[test]
fn of_many_writers_at_once_one_writes() {
    let mut whole = Ledger::default();
    run(&Folder::new().path().join("state"), Log::to(300), &mut whole).unwrap();
    for round in 0..50 {
        let folder = Folder::in_memory();
        let (file, start) = (folder.path().join("state"), Barrier::new(4));
        let ended: Vec<_> = std::thread::scope(|scope| {
            let race = || {
                let mut ledger = Ledger::default();
                start.wait();
                let ended = run(&file, Log::to(300), &mut ledger);
                (ended, ledger)
            };
            let racing: Vec<_> = (0..4).map(|_| scope.spawn(race)).collect();
            racing.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let mut writers = 0;
        for (ended, ledger) in ended {
            if ended.is_ok() {
                // One that comes when another has ended finds nothing left to do.
                assert!(ledger.results.is_empty() || ledger.results == whole.results, "round {round}: {} results", ledger.results.len());
                writers += usize::from(!ledger.results.is_empty());
            } else {
                let (_, is_locked, _, text) = refusal(ended);
                assert!(is_locked, "round {round}: {text}");
            }
        }
        assert_eq!(writers, 1, "round {round}");
    }
}

/// Other windows over the same steps were taken for the ones that had made the state: what was open left by its old windows.
#[test]
fn state_of_other_windows_is_refused() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let failed = run(&file, Log { fails_at: Some(55), ..Log::to(100) }, &mut Ledger::default());
    assert!(matches!(failed, Err(RunError::Source { .. })), "{failed:?}");
    let mut ledger = Ledger::default();
    let timed = Pipeline::stream(Log::to(100)).event_time(|n| Timestamp::from_millis(*n as i64 * 100));
    let other = timed.window(Tumbling::of(Duration::from_secs(2))).key_by(|n| n % 3).trigger(Records::of(10)).integrator(Sum);
    let (_, _, is_other, text) = refusal(other.checkpoint(Checkpoint::at(&file).unwrap()).run_exactly_once(&mut ledger));
    assert!(is_other && text.contains("Tumbling"), "{text}");
    run(&file, Log::to(100), &mut ledger).unwrap();
}

/// A checkpoint that had vanished was made anew, and the sink took its first epochs for ones that it had.
#[test]
fn a_checkpoint_that_has_vanished_is_no_fresh_start() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    run(&file, Log::to(100), &mut Ledger::default()).unwrap();
    std::fs::remove_file(&file).unwrap();
    let (is_damaged, .., text) = refusal(run(&file, Log::to(100), &mut Ledger::default()));
    assert!(is_damaged && text.contains("state.epoch"), "{text}");
    std::fs::remove_file(folder.path().join("state.epoch")).unwrap();
    run(&file, Log::to(100), &mut Ledger::default()).unwrap();
}

/// Whatever else is damaged in it has a sum; that an epoch is delivered has one of its own, or it would be lost.
#[test]
fn a_note_of_what_is_delivered_that_was_changed_is_refused() {
    const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
    let folder = Folder::new();
    for change in [1, 2, 100] {
        let file = folder.path().join(format!("state {change}"));
        let mut ledger = Ledger::default();
        run(&file, Log { fails_at: Some(50), ..Log::to(100) }, &mut ledger).unwrap_err();
        let database = Database::open(&file).unwrap();
        let write = database.begin_write().unwrap();
        let delivered = write.open_table(NUMBERS).unwrap().get("delivered").unwrap().unwrap().value();
        write.open_table(NUMBERS).unwrap().insert("delivered", delivered + change).unwrap();
        write.commit().unwrap();
        drop(database);
        let (is_damaged, .., text) = refusal(run(&file, Log::to(100), &mut ledger));
        assert!(is_damaged && text.contains("the sum of `delivered` is wrong"), "{text}");
    }
}
