//~ this step works by key, and the records have none yet
//~ key the records first: `.key_by(|record| ..)`
use microbatch::prelude::*;
struct Counter;
impl KeyedProcessor<u32, u32> for Counter {
    type State = u32;
    type Out = u32;
    fn on_record(&self, _: &u32, s: &mut u32, v: u32, c: &mut Context<u32>) {
        *s += v;
        c.emit(*s)
    }
}
fn main() {
    let _ = Pipeline::stream(0..5u32).stateful(Counter).for_each(|n| println!("{n}"));
}
