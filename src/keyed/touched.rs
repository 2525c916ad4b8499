const BITS: usize = u64::BITS as usize;

/// Which parts of a state have changed since it was saved: where it never was, all of them. So what is never saved pays next to nothing for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    is_counted: bool,
    parts: Vec<u64>,
}

impl Touched {
    /// Whether nobody has kept count.
    pub(crate) fn is_all(&self) -> bool {
        !self.is_counted
    }

    /// A part changes; which, is only asked where it counts.
    #[inline]
    pub(crate) fn touch(&mut self, part: impl FnOnce() -> usize) {
        if self.is_counted {
            self.note(part);
        }
    }

    /// Out of the way of loops in which nothing is to be noted.
    #[cold]
    #[inline(never)]
    fn note(&mut self, part: impl FnOnce() -> usize) {
        let part = part();
        if self.parts.len() <= part / BITS {
            self.parts.resize(part / BITS + 1, 0);
        }
        self.parts[part / BITS] |= 1 << (part % BITS);
    }
}

#[cfg(feature = "checkpoint")]
impl Touched {
    /// None: all is as it was saved.
    pub(crate) fn none() -> Self {
        Touched { is_counted: true, parts: Vec::new() }
    }

    /// Those until now; from now on it is counted which others do.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Touched::none())
    }

    /// Those, and others.
    pub(crate) fn and(self, other: Self) -> Self {
        if self.is_all() || other.is_all() {
            return Touched::default();
        }
        let (mut all, mut parts) = (self.parts, other.parts);
        if all.len() < parts.len() {
            std::mem::swap(&mut all, &mut parts);
        }
        all.iter_mut().zip(parts).for_each(|(all, bits)| *all |= bits);
        Touched { is_counted: true, parts: all }
    }

    /// Whether none has.
    pub(crate) fn is_none(&self) -> bool {
        self.is_counted && self.parts.is_empty()
    }

    pub(crate) fn has(&self, part: usize) -> bool {
        self.is_all() || self.parts.get(part / BITS).is_some_and(|bits| bits >> (part % BITS) & 1 == 1)
    }
}
