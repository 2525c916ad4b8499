//! Every bounded row of the scoreboard under criterion, each asserting its answer.

mod workloads;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::time::{Duration, Instant};

fn bounded(criterion: &mut Criterion) {
    let trial = std::env::args().any(|arg| arg == "--test");
    workloads::rows(if trial { 1000 } else { 1 }, &|_| true, &mut |name, records, contestants| {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).throughput(Throughput::Elements(records as u64));
        let answer = (contestants[0].run)()();
        for contestant in contestants {
            group.bench_function(BenchmarkId::from_parameter(contestant.name), |bencher| {
                bencher.iter_custom(|times| {
                    let mut elapsed = Duration::ZERO;
                    for _ in 0..times {
                        let began = Instant::now();
                        let result = (contestant.run)();
                        elapsed += began.elapsed();
                        assert_eq!(result(), answer, "{} differs", contestant.name);
                    }
                    elapsed
                });
            });
        }
        group.finish();
    });
}

criterion_group!(benches, bounded);
criterion_main!(benches);
