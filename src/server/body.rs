//! What requests bring, in bounded memory and time: a form is read whole before anything looks at it, a file as it
//! comes.

use super::{
    embed,
    exchange::routes::{FILE_TOO_LARGE_WORDS, LARGEST_UPLOAD},
    guard::told,
    plain_page::{PlainPage, is_shown},
    state::AppState,
};
use crate::api::ApiError;
use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt as _, stream::unfold};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

/// The largest form in bytes: some sixty thousand people ticked at once.
const LARGEST_FORM: usize = 2 * 1024 * 1024;

/// So much of a file may be read without a field or a piece of one coming of it, in bytes.
const MOST_WITHOUT_PROGRESS: usize = 4 * 1024 * 1024;

/// Reads the form of a request before anybody is asked to act on it. The upload of a file is watched as it comes, and
/// its handler tells [`Arriving`] of progress.
pub async fn bounded(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let refused = |parts: &Parts, why: &Refusal| why.answer(&parts.headers, parts.uri.path());
    if is_upload(parts.uri.path()) {
        if body.size_hint().lower() > LARGEST_UPLOAD as u64 {
            return refused(&parts, &FILE_TOO_LARGE);
        }
        let arriving = Arriving::default();
        parts.extensions.insert(arriving.clone());
        let body = Body::from_stream(arriving.watch(body, state.limits.pause));
        return next.run(Request::from_parts(parts, body)).await;
    }
    match timeout(state.limits.form, whole(body)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, bytes.into())).await,
        Ok(Err(why)) => refused(&parts, why),
        Err(_) => refused(&parts, &TOO_SLOW),
    }
}

fn is_upload(path: &str) -> bool {
    path.starts_with("/import/") && path.ends_with("/upload")
}

async fn whole(body: Body) -> Result<Vec<u8>, &'static Refusal> {
    // What says how long it is need not be read to be refused.
    if body.size_hint().lower() > LARGEST_FORM as u64 {
        return Err(&TOO_LARGE);
    }
    let mut bytes = vec![];
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| &BROKE_OFF)?;
        if bytes.len() + piece.len() > LARGEST_FORM {
            return Err(&TOO_LARGE);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Why a request was not read.
struct Refusal {
    status: StatusCode,
    title: &'static str,
    text: &'static str,
}

const TOO_LARGE: Refusal = Refusal {
    status: StatusCode::PAYLOAD_TOO_LARGE,
    title: "This form is too large",
    text: "Nothing was saved: a form holds two megabytes at most. Choose fewer at once.",
};

const FILE_TOO_LARGE: Refusal = Refusal {
    status: StatusCode::PAYLOAD_TOO_LARGE,
    title: "This file is too large",
    text: FILE_TOO_LARGE_WORDS,
};

const TOO_SLOW: Refusal = Refusal {
    status: StatusCode::REQUEST_TIMEOUT,
    title: "This form took too long",
    text: "Nothing was saved: the form did not arrive in time. Check your connection and send it again.",
};

const BROKE_OFF: Refusal = Refusal {
    status: StatusCode::BAD_REQUEST,
    title: "This form did not arrive whole",
    text: "Nothing was saved. Send the form again.",
};

impl Refusal {
    /// In the form in which whoever asked can read it. The connection ends, as the rest of the request is on its way.
    fn answer(&self, headers: &HeaderMap, path: &str) -> Response {
        let mut response = if is_shown(headers) {
            let page = PlainPage {
                status: self.status,
                title: self.title,
                text: self.text,
                link: None,
                style: None,
                again: false,
            };
            page.into_response()
        } else if path.starts_with("/api/") || embed::is_function(path) {
            (self.status, told(&ApiError::Refused(self.text.into()))).into_response()
        } else {
            (self.status, self.text).into_response()
        };
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        response
    }
}

/// A file on its way. Multipart's parser keeps in memory whatever comes before the first field and each field's head,
/// however long: so whoever takes the pieces says so, and a body of which nothing comes is cut.
#[derive(Clone, Debug, Default)]
pub struct Arriving(Arc<AtomicUsize>);

impl Arriving {
    /// A field, or a piece of one, has come.
    pub fn progressed(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// So many bytes have come; fails once there were too many in vain.
    fn came(&self, bytes: usize) -> io::Result<()> {
        if self.0.fetch_add(bytes, Ordering::Relaxed) + bytes > MOST_WITHOUT_PROGRESS {
            return Err(io::Error::other("megabytes without a field"));
        }
        Ok(())
    }

    /// The pieces of a body, until one takes longer than `pause` or too much has come in vain.
    fn watch(self, body: Body, pause: Duration) -> impl Stream<Item = io::Result<Bytes>> + Send {
        unfold(Some((body.into_data_stream(), self)), move |rest| async move {
            let (mut pieces, arriving) = rest?;
            let piece = match timeout(pause, pieces.next()).await {
                Ok(piece) => piece?.map_err(io::Error::other),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            match piece.and_then(|piece| arriving.came(piece.len()).map(|()| piece)) {
                Ok(piece) => Some((Ok(piece), Some((pieces, arriving)))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream::iter;

    async fn read(pieces: Vec<usize>, progress: bool) -> Result<usize, String> {
        let arriving = Arriving::default();
        let body = Body::from_stream(iter(pieces.into_iter().map(|size| io::Result::Ok(vec![b'x'; size]))));
        let mut watched = Box::pin(arriving.clone().watch(body, Duration::from_secs(60)));
        let mut read = 0;
        while let Some(piece) = watched.next().await {
            read += piece.map_err(|error| error.to_string())?.len();
            if progress {
                arriving.progressed();
            }
        }
        Ok(read)
    }

    #[tokio::test]
    async fn attack_a_head_without_end_is_cut_and_a_long_file_is_not() {
        let long = vec![MOST_WITHOUT_PROGRESS / 2; 20];
        assert_eq!(read(long.clone(), true).await, Ok(MOST_WITHOUT_PROGRESS * 10));
        assert_eq!(read(long, false).await, Err("megabytes without a field".into()));
    }

    #[tokio::test]
    async fn attack_a_file_that_stops_arriving_is_given_up() {
        let body = Body::from_stream(futures::stream::pending::<io::Result<Bytes>>());
        let mut watched = Box::pin(Arriving::default().watch(body, Duration::from_millis(1)));
        let error = watched.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(watched.next().await.is_none());
    }
}
