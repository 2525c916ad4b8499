const BITS: usize = u64::BITS as usize;

/// Which parts of a state have changed since it was saved: where it never was, or nobody has kept count, all of them. So what is never saved pays
/// nothing for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched(Option<Vec<u64>>);

impl Touched {
    /// A part changes; which, is only asked where it counts.
    #[inline]
    pub(crate) fn touch(&mut self, part: impl FnOnce() -> usize) {
        if let Some(parts) = &mut self.0 {
            let part = part();
            if parts.len() <= part / BITS {
                parts.resize(part / BITS + 1, 0);
            }
            parts[part / BITS] |= 1 << (part % BITS);
        }
    }
}

#[cfg(feature = "checkpoint")]
impl Touched {
    /// None: all is as it was saved.
    pub(crate) fn none() -> Self {
        Touched(Some(Vec::new()))
    }

    /// Those until now; from now on it is counted which others do.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Touched::none())
    }

    /// Those, and others.
    pub(crate) fn and(self, other: Self) -> Self {
        let (Some(mut all), Some(mut parts)) = (self.0, other.0) else { return Touched::default() };
        if all.len() < parts.len() {
            std::mem::swap(&mut all, &mut parts);
        }
        all.iter_mut().zip(parts).for_each(|(all, bits)| *all |= bits);
        Touched(Some(all))
    }

    /// Whether none has.
    pub(crate) fn is_none(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether nobody has kept count.
    pub(crate) fn is_all(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn has(&self, part: usize) -> bool {
        self.0.as_ref().is_none_or(|parts| parts.get(part / BITS).is_some_and(|bits| bits >> (part % BITS) & 1 == 1))
    }
}
