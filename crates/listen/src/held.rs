//! An answer's body with something that is given back when the body is gone.
//!
//! It goes out in pieces, because the connection lets go of a body as soon as
//! it has its last piece: what was taken for a long page would come back while
//! a slow reader is still being sent it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// WHY: a quarter of what a connection buffers before it waits for its peer.
const PIECE_BYTES: usize = 16 * 1_024;

/// A body that keeps `T` until all but its last pieces were sent, or never will be.
pub struct Held<B, T> {
    body: Pin<Box<B>>,
    /// Of the frame that is on its way.
    rest: Bytes,
    _kept: T,
}

impl<B, T> Held<B, T> {
    pub fn new(body: B, kept: T) -> Self {
        Self { body: Box::pin(body), rest: Bytes::new(), _kept: kept }
    }
}

impl<B: Body<Data = Bytes>, T: Unpin> Body for Held<B, T> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let Some(next) = ready!(self.body.as_mut().poll_frame(context)) else {
                return Poll::Ready(None);
            };
            match next.map(Frame::into_data) {
                Ok(Ok(bytes)) => self.rest = bytes,
                Ok(Err(trailers)) => return Poll::Ready(Some(Ok(trailers))),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        let size_bytes = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(size_bytes);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, of_body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower().saturating_add(rest));
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A body of one frame.
    struct Once(Option<Bytes>);

    impl Body for Once {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
        }

        fn is_end_stream(&self) -> bool {
            self.0.is_none()
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
        }
    }

    #[tokio::test]
    async fn a_long_frame_goes_out_in_pieces_and_what_is_held_comes_back_last() {
        let whole = Bytes::from((0..100_000_u32).map(|number| (number % 251) as u8).collect::<Vec<_>>());
        let kept = Arc::new(());
        let mut held = Box::pin(Held::new(Once(Some(whole.clone())), Arc::clone(&kept)));
        let mut back = Vec::new();
        while !held.is_end_stream() {
            let left = (whole.len() - back.len()) as u64;
            assert_eq!(held.size_hint().exact(), Some(left));
            let next = std::future::poll_fn(|context| held.as_mut().poll_frame(context)).await;
            let piece = next.unwrap().unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE_BYTES);
            back.extend_from_slice(&piece);
        }
        assert_eq!((back, Arc::strong_count(&kept)), (whole.to_vec(), 2));
        drop(held);
        assert_eq!(Arc::strong_count(&kept), 1);
    }
}
