use super::DamagedState;
use super::contained::Naming;
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Behind what is there.
struct Behind<'o>(&'o mut Vec<u8>);

impl Flavor for Behind<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Writes a value behind what is there.
pub(crate) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), DamagedState> {
    put_all(out, std::iter::once(value))
}

/// Writes values behind what is there, one after another.
pub(crate) fn put_all<T: Serialize>(out: &mut Vec<u8>, values: impl IntoIterator<Item = T>) -> Result<(), DamagedState> {
    let mut serializer = postcard::Serializer { output: Behind(out) };
    let naming = Naming::<T>::begin();
    let done = values.into_iter().try_for_each(|value| value.serialize(&mut serializer));
    naming.end();
    done.map_err(DamagedState::of::<T>)
}

/// Reads a value off the front.
pub(crate) fn take<T: DeserializeOwned>(input: &mut &[u8]) -> Result<T, DamagedState> {
    let naming = Naming::<T>::begin();
    let done = postcard::take_from_bytes(input);
    naming.end();
    let (value, rest) = done.map_err(DamagedState::of::<T>)?;
    *input = rest;
    Ok(value)
}

/// Reads a number, and so many values.
pub(crate) fn take_some<T>(input: &mut &[u8], mut one: impl FnMut(&mut &[u8]) -> Result<T, DamagedState>) -> Result<Vec<T>, DamagedState> {
    let count: u64 = take(input)?;
    (0..count).map(|_| one(input)).collect()
}

/// Reads values to the end.
pub(crate) fn take_all<T: DeserializeOwned>(input: &mut &[u8]) -> Result<Vec<T>, DamagedState> {
    std::iter::from_fn(|| (!input.is_empty()).then(|| take(input))).collect()
}
