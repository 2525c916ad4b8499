//! State by key with timers: an account that makes three large payments within a minute is suspected, until it has been quiet for an hour.
//!
//! `cargo run --release --example fraud`

use microbatch::prelude::*;

const HOUR: i64 = 3_600;

struct Payment {
    account: u32,
    second: i64,
    cents: u64,
}

/// The large payments of an account.
#[derive(Default)]
struct Account {
    /// Those of the last minute.
    recent: Vec<i64>,
    is_suspected: bool,
    quiet_at: i64,
}

struct Watch;

impl KeyedProcessor<u32, Payment> for Watch {
    type State = Account;
    type Out = (i64, u32, &'static str);

    fn on_record(&self, account: &u32, state: &mut Account, Payment { second, .. }: Payment, context: &mut Context<Self::Out>) {
        // Timers fire after the records of a micro-batch. What is due before this payment is said here, however the stream was cut.
        if state.is_suspected && second >= state.quiet_at {
            context.emit((state.quiet_at, *account, "quiet again"));
            state.is_suspected = false;
        }
        state.recent.retain(|before| second - before < 60);
        state.recent.push(second);
        if state.recent.len() >= 3 && !state.is_suspected {
            state.is_suspected = true;
            context.emit((second, *account, "suspected"));
        }
        state.quiet_at = second + HOUR;
        context.timer(Timestamp::from_secs(state.quiet_at));
    }

    fn on_timer(&self, account: &u32, state: &mut Account, at: Timestamp, context: &mut Context<Self::Out>) {
        if at == Timestamp::from_secs(state.quiet_at) {
            if state.is_suspected {
                context.emit((state.quiet_at, *account, "quiet again"));
            }
            context.clear(); // Accounts at rest take no memory.
        }
    }
}

/// A day of payments, one a second, of 500 accounts. Three have large ones.
fn payment(second: i64) -> Payment {
    let random = (second as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let (account, cents) = match second {
        20_000 | 20_029 | 20_058 | 23_000 | 23_010 | 23_020 => (42, 150_000),
        50_000 | 50_030 | 50_060 => (7, 200_000), // The first and the last of them are a minute apart.
        86_390..86_400 => (300, 120_000),
        _ => ((random % 500) as u32, 100 + random % 30_000),
    };
    Payment { account, second, cents }
}

fn main() -> Result<(), RunError<std::convert::Infallible>> {
    let mut alerts = Vec::new();
    let payments = Pipeline::stream((0..24 * HOUR).map(payment)).trigger(Records::of(1_000));
    // Small payments are left out, but time passes with them.
    let large = payments.event_time(|p| Timestamp::from_secs(p.second)).filter(|p| p.cents >= 100_000).key_by(|p| p.account);
    large.stateful(Watch).for_each(|(second, account, what)| {
        println!("second {second}: account {account} is {what}");
        alerts.push((second, account, what));
    })?;
    assert_eq!(alerts, [(20_058, 42, "suspected"), (26_620, 42, "quiet again"), (86_392, 300, "suspected"), (89_999, 300, "quiet again")]);
    Ok(())
}
