//! A round whose pages are read ahead, while who reads them stores the ones before.

use super::{
    delta::{Delta, DeltaPage, Tracked},
    error::GraphError,
};
use std::panic::resume_unwind;
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// A [`Delta`] that a task of its own reads. A failure ends it: whoever asks again begins where the last page leads.
#[derive(Debug)]
pub struct DeltaAhead<T> {
    pages: Receiver<Result<DeltaPage<T>, GraphError>>,
    reader: Option<AbortOnDropHandle<()>>,
}

impl<T: Tracked + Send + 'static> Delta<T> {
    /// The same round, of which so many pages are read before they are asked for.
    pub fn ahead(mut self, most: usize) -> DeltaAhead<T> {
        let (read, pages) = mpsc::channel(most);
        let reading = async move {
            while let Some(page) = self.next_page().await.transpose() {
                let is_last = page.is_err();
                if read.send(page).await.is_err() || is_last {
                    return;
                }
            }
        };
        DeltaAhead {
            pages,
            reader: Some(AbortOnDropHandle::new(tokio::spawn(reading.in_current_span()))),
        }
    }
}

impl<T> DeltaAhead<T> {
    /// The next page, as [`Delta::next_page`] tells it.
    pub async fn next_page(&mut self) -> Result<Option<DeltaPage<T>>, GraphError> {
        if let Some(page) = self.pages.recv().await {
            return page.map(Some);
        }
        // Pages end where the reader ends. One that panicked read no end of the round.
        if let Some(reader) = self.reader.take()
            && let Err(error) = reader.await
            && let Ok(panic) = error.try_into_panic()
        {
            resume_unwind(panic);
        }
        Ok(None)
    }
}
