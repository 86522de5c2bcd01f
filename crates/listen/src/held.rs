//! An answer's body with something that is given back when the body is gone.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// A body that keeps `T` until it was sent, or will never be.
pub struct Held<B, T> {
    body: Pin<Box<B>>,
    _kept: T,
}

impl<B, T> Held<B, T> {
    pub fn new(body: B, kept: T) -> Self {
        Self { body: Box::pin(body), _kept: kept }
    }
}

impl<B: Body, T: Unpin> Body for Held<B, T> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.body.as_mut().poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
