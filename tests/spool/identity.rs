//! A spool that was made anew in the folder of another one.

use super::{Folder, Totals, held, place, send};
use microbatch::prelude::*;
use microbatch::{Spool, SpoolError, SpoolSource};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// It has more records than the place that was saved, so that those before it would be skipped.
#[test]
fn a_spool_that_was_made_anew_is_refused() {
    let folder = Folder::new();
    let (spool, state) = (folder.path().join("spool"), folder.path().join("state"));
    let total = AtomicU64::new(0);
    let run = |source: SpoolSource<u64>| {
        let checkpoint = Checkpoint::at(&state).unwrap().every(Duration::ZERO);
        Pipeline::stream(source).checkpoint(checkpoint).key_by(|n| n % 3).integrator(Sum).run_exactly_once(Totals(&total, 0)).map(drop)
    };
    run(send(Spool::at(&spool), 10)).unwrap();
    let before = place(&spool, 10);
    std::fs::remove_dir_all(&spool).unwrap();
    let error = run(send(Spool::at(&spool), 30)).unwrap_err();
    let RunError::Source { cause } = &error else { panic!("{error}") };
    assert!(cause.downcast_ref::<SpoolError>().is_some_and(SpoolError::is_other), "{error}");
    let said = error.to_string();
    let parts = ["made anew, and the stream goes on with record 10 of spool", "bring back the folder that was read, or start anew"];
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    // Both are named, by numbers that are not the same.
    let named: Vec<_> = said.split("spool ").filter_map(|rest| rest.get(..16)).filter(|id| u64::from_str_radix(id, 16).is_ok()).collect();
    assert!(named.len() == 2 && named[0] != named[1], "{said}: {named:?}");
    assert!(held(&spool, Some(before)).unwrap_err().contains("made anew"));
    // Nothing of it was changed, and another checkpoint reads it all.
    assert_eq!(held(&spool, None).unwrap().len(), 30);
}

/// A segment of another spool among those of this one.
#[test]
fn segments_of_two_spools_are_damage() {
    let (one, other) = (Folder::new(), Folder::new());
    for folder in [&one, &other] {
        drop(send(Spool::at(folder.path()).segment(150), 40));
    }
    let (segments, others) = (super::segments(one.path()), super::segments(other.path()));
    assert_eq!(segments[1].file_name(), others[1].file_name());
    std::fs::copy(&others[1], &segments[1]).unwrap();
    let error = held(one.path(), None).unwrap_err();
    assert!(error.contains("it is damaged: it is of spool "), "{error}");
}
