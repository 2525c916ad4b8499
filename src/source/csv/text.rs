use super::dialect::Dialect;
use super::input::Input;
use super::records::CsvRecords;

/// CSV in memory.
///
/// It is read as the `csv` crate does: fields are separated by commas, a field may be quoted by `"`, inside which `""` stands for one quote, a
/// record ends with `"\n"`, `"\r\n"` or `"\r"` outside quotes, empty lines are no records, and the first record is the header.
///
/// # Example
/// ```
/// use microbatch::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Flight { carrier: String, distance: u64 }
///
/// let text = "carrier,distance\nUA,1400\nDL,762\nUA,1416\n";
/// let miles = Pipeline::over(Csv::of(text).records::<Flight>())
///     .try_map(|flight| flight)
///     .key_by(|flight| flight.carrier.clone())
///     .map(|flight| flight.distance)
///     .integrator(Sum)
///     .try_run()?;
/// assert_eq!(miles.into_sorted(), [("DL".to_string(), 762), ("UA".to_string(), 2816)]);
/// # Ok::<(), RunError<CsvError>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "name what its records are: `.records::<T>()`"]
pub struct Csv<'t> {
    text: &'t str,
    dialect: Dialect,
}

impl<'t> Csv<'t> {
    /// A text, with a header.
    pub fn of(text: &'t str) -> Self {
        Csv { text, dialect: Dialect::default() }
    }

    /// What separates fields. Default: a comma.
    ///
    /// # Panics
    /// If it is not ASCII, or a quote or a line end.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let pairs = Csv::of("a;b\n1;2\n").delimiter(b';').records::<(u8, u8)>();
    /// assert_eq!(Pipeline::over(pairs).try_map(|pair| pair).try_run()?, [(1, 2)]);
    /// # Ok::<(), RunError<CsvError>>(())
    /// ```
    pub fn delimiter(self, delimiter: u8) -> Self {
        Csv { dialect: self.dialect.delimiter(delimiter), ..self }
    }

    /// The first record is a record, and no header. Default: it is the header.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let pairs = Csv::of("1,2\n3,4\n").without_header().records::<(u8, u8)>();
    /// assert_eq!(Pipeline::over(pairs).try_map(|pair| pair).try_run()?, [(1, 2), (3, 4)]);
    /// # Ok::<(), RunError<CsvError>>(())
    /// ```
    pub fn without_header(self) -> Self {
        Csv { dialect: self.dialect.without_header(), ..self }
    }

    /// What its records are: a struct with the header's names, or a tuple of all fields in their order.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Pair { a: u8, b: u8 }
    ///
    /// let pairs = Csv::of("b,a\n1,2\n").records::<Pair>();
    /// assert_eq!(Pipeline::over(pairs).try_map(|pair| pair).map(|pair| pair.a - pair.b).try_run()?, [1]);
    /// # Ok::<(), RunError<CsvError>>(())
    /// ```
    pub fn records<T>(self) -> CsvRecords<'t, T> {
        CsvRecords::new(Input::Text(self.text), self.dialect)
    }
}
