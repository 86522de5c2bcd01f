//! The way back from pseudonyms: the same process that made them, asked the other way round.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use recipes::{KeyMaterial, Recipe};
use region::derive::back::Reverses;
use region::object::body::Body;
use tokio::sync::{Semaphore, mpsc};
use words::{Reason, Refusal, Secret};

use crate::derive::{Cooked, Maker};

/// WHY: a hundred names of a kilobyte each.
const TABLE_BYTES_MAX: usize = 256 << 10;
const PIECES: usize = 4;

pub(crate) struct Back {
    maker: Arc<dyn Maker>,
    /// WHY one at a time: it is seldom, and a table is read whole for it.
    turn: Semaphore,
}

impl Back {
    pub fn by(maker: Arc<dyn Maker>) -> Self {
        Self { maker, turn: Semaphore::new(1) }
    }
}

#[async_trait]
impl Reverses for Back {
    async fn reverse(
        &self,
        recipe: Recipe,
        key: Secret<[u8; 32]>,
        size_bytes: u64,
        body: Body,
    ) -> Result<Vec<u8>, Refusal> {
        let _turn = self.turn.acquire().await;
        let (give, mut take) = mpsc::channel::<Bytes>(PIECES);
        let key = Some(KeyMaterial::new(*key.expose()));
        // WHY moved: once too much has come nobody takes any more, and whoever gives is told so.
        let taking = async move {
            let mut table = Vec::new();
            while let Some(piece) = take.recv().await {
                if table.len() + piece.len() > TABLE_BYTES_MAX {
                    return None;
                }
                table.extend_from_slice(&piece);
            }
            Some(table)
        };
        let (cooked, table) =
            tokio::join!(self.maker.make(recipe, key, size_bytes, vec![body], give), taking);
        match (cooked, table) {
            (Cooked::Made(_), Some(table)) => Ok(table),
            (Cooked::Unread(refusal), _) => Err(refusal),
            (Cooked::Fault(fault), _) => Err(Refusal::with(Reason::StateWrong, fault.says())),
            (Cooked::Made(_), None) => Err(Reason::Unavailable.into()),
        }
    }
}
