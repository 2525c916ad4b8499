//! What follows the last whole frame, whatever bytes these are.

use super::{Folder, held, segments, send};
use microbatch::Spool;
use std::io::Write;
use std::time::{Duration, Instant};

/// Where each byte looked as if a long frame began there, all that follows was summed up for each: hours.
#[test]
fn megabytes_that_look_like_frames_are_cut_off_in_no_time() {
    // Lengths of up to a megabyte or two at many places, numbers that are later ones, and counts.
    let patterns: [&[u8]; 4] = [&[0, 0, 16, 0], &[0, 0, 8, 0, 1, 0, 0, 0], &[255, 255, 31, 0, 1], &[0]];
    for pattern in patterns {
        let folder = Folder::new();
        drop(send(Spool::at(folder.path()), 20));
        let last = segments(folder.path()).pop().unwrap();
        let whole = std::fs::metadata(&last).unwrap().len();
        let mut file = std::fs::File::options().append(true).open(&last).unwrap();
        file.write_all(&pattern.repeat((4 << 20) / pattern.len())).unwrap();
        let began = Instant::now();
        assert_eq!(held(folder.path(), None).unwrap().len(), 20);
        assert!(began.elapsed() < Duration::from_secs(30), "{pattern:?}: {:?}", began.elapsed());
        assert_eq!(std::fs::metadata(&last).unwrap().len(), whole);
    }
}

/// A record may hold the bytes of a spool's segment: where it is torn, these are not taken for what was written after it.
#[test]
fn a_torn_record_that_holds_a_segment_is_cut_off() {
    let (folder, other) = (Folder::new(), Folder::new());
    drop(send(Spool::at(other.path()), 40));
    let segment = std::fs::read(&segments(other.path())[0]).unwrap();
    let spool = || Spool::at(folder.path()).open::<Vec<u8>>().unwrap();
    spool().0.send(&vec![7]).unwrap();
    let last = segments(folder.path()).pop().unwrap();
    let (whole, mark) = (std::fs::metadata(&last).unwrap().len(), std::fs::read(folder.path().join("mark")).unwrap());
    spool().0.send(&segment).unwrap();
    let longer = std::fs::metadata(&last).unwrap().len();
    std::fs::File::options().write(true).open(&last).unwrap().set_len(longer - 1).unwrap();
    std::fs::write(folder.path().join("mark"), mark).unwrap();
    assert_eq!(spool().0.sent(), 1);
    assert_eq!(std::fs::metadata(&last).unwrap().len(), whole);
}
