use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that are not what they should be, or a value that cannot be made into bytes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DamagedState(#[from] postcard::Error);

/// Writes a value behind what is there.
pub(crate) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), DamagedState> {
    let before = std::mem::take(out);
    *out = postcard::to_extend(value, before)?;
    Ok(())
}

/// Reads a value off the front.
pub(crate) fn take<T: DeserializeOwned>(input: &mut &[u8]) -> Result<T, DamagedState> {
    let (value, rest) = postcard::take_from_bytes(input)?;
    *input = rest;
    Ok(value)
}

/// Reads a number, and so many values.
pub(crate) fn take_some<T>(input: &mut &[u8], mut one: impl FnMut(&mut &[u8]) -> Result<T, DamagedState>) -> Result<Vec<T>, DamagedState> {
    let count: u64 = take(input)?;
    (0..count).map(|_| one(input)).collect()
}
