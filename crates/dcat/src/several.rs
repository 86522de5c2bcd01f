//! A list that is not empty: what a profile wants at least one of.

/// There is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at least one is needed")]
pub struct NoneError;

/// One or more, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several<T>(Vec<T>);

impl<T> Several<T> {
    pub fn new(all: Vec<T>) -> Result<Self, NoneError> {
        if all.is_empty() { Err(NoneError) } else { Ok(Self(all)) }
    }

    pub fn one(only: T) -> Self {
        Self(vec![only])
    }

    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<'a, T> IntoIterator for &'a Several<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
