//! The fixed hash: it decides where keys live, on every machine and in every version of the crate.

use microbatch::prelude::*;
use microbatch::{FixedHasher, fixed_hash};
use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

// The values below were computed once, and again by another program. They decide in which partition a key lives, so a change of any
// breaks what was stored by it: they never change.

fn check<K: Hash + ?Sized>(key: &K, pinned: u64) {
    let hash = fixed_hash(key);
    assert_eq!(hash, pinned, "{hash:#018x} is not {pinned:#018x}");
}

#[test]
fn hashes_of_integers_never_change() {
    check(&0u8, 0xd202_05bd_9270_6e4a);
    check(&1u8, 0x6d1b_6fea_f128_daaf);
    check(&255u8, 0x4748_7de8_917e_49a5);
    check(&1u16, 0x6d1b_6fea_f128_daaf);
    check(&0xABCDu16, 0xeba8_875c_bf9b_f7fc);
    check(&0u32, 0xd202_05bd_9270_6e4a);
    check(&1u32, 0x6d1b_6fea_f128_daaf);
    check(&u32::MAX, 0xb3e1_d75e_6542_4309);
    check(&0u64, 0xd202_05bd_9270_6e4a);
    check(&1u64, 0x6d1b_6fea_f128_daaf);
    check(&0x0123_4567_89AB_CDEFu64, 0x60df_3996_a673_5e29);
    check(&u64::MAX, 0xe612_5369_1bcf_11cd);
    check(&1u128, 0xa26d_584a_067f_bc19);
    check(&u128::MAX, 0xa417_1a86_c8ef_2779);
    check(&(1u128 << 64), 0x5aee_5f40_e20f_722e);
    check(&-1i8, 0x4748_7de8_917e_49a5);
    check(&-1i16, 0x5896_6db6_154b_a367);
    check(&-1i32, 0xb3e1_d75e_6542_4309);
    check(&i32::MIN, 0x7c9a_7441_43f3_c85f);
    check(&-1i64, 0xe612_5369_1bcf_11cd);
    check(&i64::MIN, 0xfd18_83b8_48c2_cd39);
    check(&-1i128, 0xa417_1a86_c8ef_2779);
    check(&1usize, 0x6d1b_6fea_f128_daaf);
    check(&usize::MAX, 0xe612_5369_1bcf_11cd);
    check(&-1isize, 0xe612_5369_1bcf_11cd);
}

#[test]
fn hashes_of_composed_keys_never_change() {
    check(&(), 0x7dcf_1240_3ad0_045c);
    check(&false, 0xd202_05bd_9270_6e4a);
    check(&true, 0x6d1b_6fea_f128_daaf);
    check(&'a', 0x69e8_8782_a195_fbb7);
    check(&'é', 0xd8c9_7f6f_df40_9a37);
    check(&None::<u32>, 0xd202_05bd_9270_6e4a);
    check(&Some(1u32), 0xb9ac_3091_de98_43b6);
    check(&(1u32, 2u32), 0xb851_aa51_1794_30f3);
    check(&(2u32, 1u32), 0x0871_765a_91c9_e457);
    check(&(1u8, "a"), 0x4fa4_8820_eb83_beed);
    check(&[1u8, 2, 3], 0xca26_aaae_462f_d7c8);
    check(&[1u8, 2, 3, 4, 5, 6, 7, 8, 9], 0x5fb6_7bbb_5af2_924d);
    check(&[0u8], 0xf9ba_7305_a3ca_0615);
    check(&[0u8; 2], 0xe8a8_9bf3_1d73_2b59);
    check(&Vec::<u8>::new(), 0x5d59_71da_c2b4_97d7);
    check(&TotalOrder(1.5f64), 0xb44e_1d90_cf07_e8c4);
    check(&TotalOrder(-0.0f64), 0xfd18_83b8_48c2_cd39);
    check(&TotalOrder(0.0f32), 0xd202_05bd_9270_6e4a);
    check(&Box::new(7u64), 0x296d_6e89_f1cb_529e);
    check(&("a".to_string(), Some(-1i32), true), 0xeb07_8db9_4e3a_c609);
}

/// Of the first 0, 1, .. 20 letters.
const STRINGS: [u64; 21] = [
    0xa739_754c_c67e_8f53,
    0x3500_93b0_1072_dee2,
    0xd267_8a7a_933f_9501,
    0x3474_6bc7_ac4a_43a9,
    0x0a2c_a04f_a9da_7e66,
    0x8fcc_143a_aa19_1547,
    0x7744_19ae_8855_1b06,
    0x69cf_89e7_27b4_1faa,
    0x8c42_a9c6_a722_df39,
    0x117a_ffbd_5e5e_8844,
    0x01f5_1ed5_ea18_74ed,
    0xfbe5_57db_9ac9_7b2e,
    0xa901_070e_7848_8e79,
    0x8472_a088_7513_72e2,
    0xa80b_4ba1_a88f_dbd8,
    0xb3ef_b099_a154_397b,
    0x1cc7_1ae7_31f2_2cc5,
    0x263f_b572_2bf8_cfc6,
    0xf276_f317_f419_00c2,
    0xa370_22c0_ebdb_b6c2,
    0x2d90_671b_211b_0fd5,
];

#[test]
fn hashes_of_strings_never_change() {
    for (length, pinned) in STRINGS.into_iter().enumerate() {
        check(&"abcdefghijklmnopqrst"[..length], pinned);
    }
}

#[test]
fn borrowed_and_owned_forms_have_one_hash() {
    let pinned = STRINGS[5];
    check("abcde", pinned);
    check(&"abcde", pinned);
    check(&String::from("abcde"), pinned);
    check(&Box::<str>::from("abcde"), pinned);
    check(&Cow::Borrowed("abcde"), pinned);
    assert_eq!(fixed_hash(&[1u8, 2]), fixed_hash(&vec![1u8, 2]));
    assert_eq!(fixed_hash(&&&7), fixed_hash(&7));
}

#[test]
fn the_hasher_hashes_as_the_function() {
    let mut hasher = FixedHasher::default();
    (7u32, "a").hash(&mut hasher);
    assert_eq!(hasher.finish(), fixed_hash(&(7u32, "a")));
    assert_eq!(hasher.finish(), hasher.finish(), "to finish changes nothing");
    assert_eq!(FixedHasher::default().finish(), fixed_hash(&()));
}

#[test]
fn what_is_written_in_other_portions_is_another_key() {
    assert_ne!(fixed_hash(&("ab", "c")), fixed_hash(&("a", "bc")));
    assert_ne!(fixed_hash(&[0u8; 7][..]), fixed_hash(&[0u8; 8][..]));
    assert_ne!(fixed_hash(&[0u8; 8][..]), fixed_hash(&[0u8; 16][..]));
    assert_ne!(fixed_hash(&(1u8, 2u8)), fixed_hash(&(2u8, 1u8)));
    assert_ne!(fixed_hash(&(0u8, 0u8)), fixed_hash(&0u8));
}

const PARTITIONS: usize = 64;
const KEYS: u64 = 64_000;

/// Some 1,000 keys a partition, by five standard deviations more or less; no two of one hash.
fn check_distribution<K: Hash>(key: impl Fn(u64) -> K) {
    let mut sizes = [0; PARTITIONS];
    let mut hashes = HashSet::new();
    for n in 0..KEYS {
        let hash = fixed_hash(&key(n));
        hashes.insert(hash);
        sizes[((u128::from(hash) * PARTITIONS as u128) >> 64) as usize] += 1;
    }
    assert_eq!(hashes.len() as u64, KEYS, "two keys have one hash");
    assert!(sizes.iter().all(|size| (840..1160).contains(size)), "{sizes:?}");
}

#[test]
fn keys_in_sequence_spread_evenly() {
    check_distribution(|n| n);
    check_distribution(|n| n as u32);
    check_distribution(|n| -(n as i64));
    check_distribution(|n| n << 32);
    check_distribution(|n| n << 48);
    check_distribution(|n| n * 1000);
    check_distribution(|n| u64::MAX - n * 4096);
    check_distribution(|n| u128::from(n) << 64);
    check_distribution(|n| TotalOrder(n as f64));
    check_distribution(|n| (n / 250, n % 250));
    check_distribution(|n| n.to_string());
    check_distribution(|n| format!("customer-{n:08}"));
    check_distribution(|n| format!("{n:08}-a tail that is longer than one word"));
    check_distribution(|n| vec![7u8; n as usize % 300 + 1].into_iter().chain((n as u32).to_le_bytes()).collect::<Vec<u8>>());
}

/// Each bit of a key turns each bit of its hash about every other time.
#[test]
fn one_bit_of_a_key_turns_half_the_bits_of_its_hash() {
    const SAMPLES: u32 = 1500;
    let mut keys = (0..).map(|n: u64| n.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ (n << 40));
    let keys: Vec<(u64, u64)> = keys.by_ref().take(SAMPLES as usize).map(|key| (key, fixed_hash(&key))).collect();
    for input in 0..64 {
        let mut turned = [0u32; 64];
        for (key, hash) in &keys {
            let change = hash ^ fixed_hash(&(key ^ (1 << input)));
            turned.iter_mut().enumerate().for_each(|(output, count)| *count += (change >> output & 1) as u32);
        }
        let all: u32 = turned.iter().sum();
        assert!((SAMPLES * 30..SAMPLES * 34).contains(&all), "bit {input} turns {all} of {} bits", SAMPLES * 64);
        let evenly = SAMPLES * 40 / 100..SAMPLES * 60 / 100;
        assert!(turned.iter().all(|count| evenly.contains(count)), "bit {input}: {turned:?}");
    }
}

#[test]
fn the_hash_partitioner_puts_keys_where_the_hash_says() {
    check_partitioner(1);
    check_partitioner(2);
    check_partitioner(16);
    check_partitioner(1000);
}

fn check_partitioner(count: usize) {
    let words: Vec<String> = (0..5_000).map(|n| format!("word {}", n % 1_700)).collect();
    let parts = HashPartitioner::new(count, |word: &String| word.clone()).partition(&words[..], 2);
    for part in &parts {
        let place = |word: &str| ((u128::from(fixed_hash(word)) * count as u128) >> 64) as u32;
        assert!(part.batch.iter().all(|word| place(word) == part.partition));
    }
    assert_eq!(parts.iter().map(|part| part.records).sum::<usize>(), words.len());
}
