use std::any::type_name;

/// Bytes that are not what they should be, or a value that cannot be made into bytes.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DamagedState(Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{0}")]
    Bytes(postcard::Error),
    #[error("a value of the type `{of}` cannot be made into bytes, or out of them: {error}")]
    Value { of: &'static str, error: postcard::Error },
    #[error(
        "a value of the type `{of}` cannot be made into bytes, or out of them: its `Serialize` or `Deserialize` has panicked: {message}"
    )]
    Panicked { of: &'static str, message: String },
}

impl DamagedState {
    /// Bytes that are left over.
    pub(crate) fn too_many() -> Self {
        DamagedState(Kind::Bytes(postcard::Error::DeserializeBadEncoding))
    }

    pub(super) fn of<T: ?Sized>(error: postcard::Error) -> Self {
        DamagedState(Kind::Value { of: type_name::<T>(), error })
    }

    pub(super) fn panicked(of: Option<&'static str>, message: String) -> Self {
        DamagedState(Kind::Panicked { of: of.unwrap_or("_"), message })
    }

    /// Whether it is the code of a type that is at fault, and not the bytes.
    pub(crate) fn is_panic(&self) -> bool {
        matches!(self.0, Kind::Panicked { .. })
    }
}
