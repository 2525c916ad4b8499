use std::hint::black_box;
use std::time::{Duration, Instant};

/// One way to do a work.
pub struct Contestant {
    /// Whose way it is: a column of the table.
    pub rival: &'static str,
    /// Which of several of that rival's ways; empty where there is one.
    pub form: &'static str,
    /// Does the work: how long it took, and the checksum of the answer.
    pub run: Box<dyn FnMut() -> (Duration, u64)>,
}

impl Contestant {
    /// Out of what computes the answer, and what makes a checksum of it after the clock has stopped.
    pub fn new<R: 'static>(
        rival: &'static str,
        form: &'static str,
        run: impl Fn() -> R + 'static,
        checksum: impl Fn(R) -> u64 + 'static,
    ) -> Self {
        Contestant::given(rival, form, || (), move |()| run(), checksum)
    }

    /// The same for a rival that uses its input up: `prepare` makes it before the clock starts.
    pub fn given<P: 'static, R: 'static>(
        rival: &'static str,
        form: &'static str,
        prepare: impl Fn() -> P + 'static,
        run: impl Fn(P) -> R + 'static,
        checksum: impl Fn(R) -> u64 + 'static,
    ) -> Self {
        let run = move || {
            let input = prepare();
            let began = Instant::now();
            let result = black_box(run(input));
            let elapsed = began.elapsed();
            (elapsed, checksum(result))
        };
        Contestant { rival, form, run: Box::new(run) }
    }
}
