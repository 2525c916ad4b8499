//! Checksums of results, computed outside the clock. `python/rivals/answers.py` has the same.

const A: u64 = 0x9E37_79B9_7F4A_7C15;
const B: u64 = 0xC2B2_AE3D_27D4_EB4F;

/// Least, greatest, sum and count of temperatures in tenths of a degree.
pub type Weather = (i64, i64, i64, u64);

fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::wrapping_add)
}

/// Of values in order.
pub fn sequence(values: &[u64]) -> u64 {
    sum(values.iter().zip(0u64..).map(|(value, i)| value.wrapping_mul(2 * i + 1)))
}

/// Of values in any order.
pub fn bag(values: &[u64]) -> u64 {
    sum(values.iter().map(|value| (value ^ (value >> 29)).wrapping_mul(A)))
}

/// Of sums by key, in any order.
pub fn keyed(sums: impl IntoIterator<Item = (u32, u64)>) -> u64 {
    sum(sums.into_iter().map(|(key, sum)| u64::from(key).wrapping_mul(A) ^ sum.wrapping_mul(B)))
}

/// Of counts of words, in any order.
pub fn words(counts: impl IntoIterator<Item = (impl AsRef<str>, u64)>) -> u64 {
    sum(counts.into_iter().map(|(word, count)| name(word.as_ref()).wrapping_mul(2 * count + 1)))
}

/// Of what was measured at stations, in any order.
pub fn stations(stations: impl IntoIterator<Item = (impl AsRef<str>, Weather)>) -> u64 {
    let one = |(station, (least, most, sum, count)): (_, Weather)| {
        let all = 7 * least + 11 * most + 13 * sum + 17 * count as i64;
        name(AsRef::<str>::as_ref(&station)).wrapping_mul((2 * all + 1) as u64)
    };
    sum(stations.into_iter().map(one))
}

/// FNV-1a.
fn name(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |all, byte| (all ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}
