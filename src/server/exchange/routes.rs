//! The addresses of files: downloads that begin at once and are written as they are sent, and the upload of a file.
//! Plain links and a plain form, so they need no script. The guard has seen to the session before.

use super::{
    export::{self, Format, What},
    import::{self, Import},
    runs::PeopleFilter,
};
use crate::{
    api::ApiError,
    app::paths,
    model::{
        exchange::Kind,
        ids::{OrganizationId, RunId},
        plan::Outcome,
    },
    server::{
        asker::Asker,
        body::Arriving,
        guard::status_of,
        plain_page::{PlainPage, is_shown},
        state::AppState,
    },
    store::{
        self, activity::RunFilter, audit_list::AuditFilter, exchange_asset::AssetFilter,
        exchange_export::EndUserFilter, in_utc,
    },
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{
        DefaultBodyLimit, Multipart, Path, Query,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::Utc;
use serde::Deserialize;
use std::{fs::File, io::Seek, time::Duration};
use tokio::{io::AsyncWriteExt, time::timeout};
use uuid::Uuid;

/// No file is longer: some two million people.
const LARGEST_FILE: usize = 512 * 1024 * 1024;

/// The file and what a form says beside it.
pub const LARGEST_UPLOAD: usize = LARGEST_FILE + 1024 * 1024;

/// Of a larger one.
pub const FILE_TOO_LARGE_WORDS: &str = "The file is larger than 512 MB. Import it with `entrain import`, or in parts.";

/// The id of an Organization has 36.
const LONGEST_ID: usize = 64;

/// How long a file may be on its way, however steadily it comes.
const LONG: Duration = Duration::from_secs(60 * 60);

/// How long an upload waits for its import, so that a small one is done when its page is drawn.
const SHORT: Duration = Duration::from_secs(2);

/// Downloads and the upload.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/export/organizations.csv", get(organizations))
        .route("/export/end-users.csv", get(end_users))
        .route("/export/assets.csv", get(assets))
        .route("/export/runs.csv", get(runs))
        .route("/export/runs.jsonl", get(runs_as_json))
        .route("/export/runs/{id}/people.csv", get(people))
        .route("/export/audit.csv", get(audit))
        .route("/export/imports/{id}/rejects.csv", get(rejects))
        .route(
            "/import/{kind}/upload",
            post(upload).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)),
        )
}

/// What the addresses of lists may say; the names are those of the pages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    organization: String,
    search: String,
    microsoft: String,
    mfa: String,
    license: String,
    result: String,
    trigger: String,
    who: String,
    action: String,
    subject: String,
    outcome: String,
}

impl Asked {
    fn organization(&self) -> Option<OrganizationId> {
        self.organization.parse().ok()
    }
}

fn download(state: &AppState, what: What, format: Format, name: &str) -> Response {
    let (kind, ending) = match format {
        Format::Csv { .. } => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/x-ndjson", "jsonl"),
    };
    let date = Utc::now().format("%Y-%m-%d");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}-{date}.{ending}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let pieces = export::start(state.engine.pool.clone(), what, format);
    (headers, Body::from_stream(export::stream(pieces))).into_response()
}

const SHEET: Format = Format::Csv { mark: true };

async fn organizations(asker: Asker, Query(asked): Query<Asked>) -> Response {
    let what = What::Organizations {
        search: asked.search,
        theirs: asker.organizations(),
    };
    download(&asker.state, what, SHEET, "organizations")
}

async fn end_users(asker: Asker, Query(asked): Query<Asked>) -> Response {
    let filter = EndUserFilter {
        organization: asked.organization(),
        theirs: asker.organizations(),
        search: asked.search,
        microsoft: asked.microsoft,
        mfa: asked.mfa,
        license: asked.license,
    };
    download(&asker.state, What::EndUsers(filter), SHEET, "end-users")
}

async fn assets(asker: Asker, Query(asked): Query<Asked>) -> Response {
    let filter = AssetFilter {
        organization: asked.organization(),
        theirs: asker.organizations(),
        search: asked.search,
    };
    download(&asker.state, What::Assets(filter), SHEET, "assets")
}

fn run_filter(asker: &Asker, asked: Asked) -> RunFilter {
    RunFilter {
        organization: asked.organization(),
        theirs: asker.organizations(),
        result: asked.result,
        trigger: asked.trigger,
        search: asked.search,
    }
}

async fn runs(asker: Asker, Query(asked): Query<Asked>) -> Response {
    let what = What::Runs(run_filter(&asker, asked));
    download(&asker.state, what, SHEET, "runs")
}

/// With every person whom the runs tell of, for programs.
async fn runs_as_json(asker: Asker, Query(asked): Query<Asked>) -> Response {
    let what = What::RunPeople(run_filter(&asker, asked));
    download(&asker.state, what, Format::JsonLines, "runs")
}

async fn people(asker: Asker, Path(id): Path<RunId>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let state = asker.state.clone();
    let asker = match asker.reads_run(id).await {
        Ok(asker) => asker,
        Err(error) => return refused(&state, &headers, &error, paths::ACTIVITY),
    };
    let only_now = asked.outcome == crate::api::runs::AS_OF_NOW;
    let filter = PeopleFilter {
        run: id,
        theirs: asker.organizations(),
        outcome: Outcome::from_key(&asked.outcome),
        search: asked.search,
        told: !only_now,
        as_of_now: true,
    };
    download(&state, What::People(filter), SHEET, &format!("run-{id}"))
}

async fn audit(asker: Asker, Query(asked): Query<Asked>) -> Response {
    let filter = AuditFilter {
        organization: asked.organization(),
        theirs: asker.organizations(),
        who: asked.who,
        action: asked.action,
        subject: asked.subject,
        search: asked.search,
    };
    download(&asker.state, What::Audit(filter), SHEET, "audit")
}

async fn rejects(asker: Asker, Path(id): Path<Uuid>, headers: HeaderMap) -> Response {
    let state = asker.state.clone();
    let found = async {
        let state = asker.reads(id).await?.state;
        Ok::<_, ApiError>(store::import::get(&state.engine.pool, id, &in_utc(Utc::now())).await?)
    };
    match found.await {
        Ok(row) => {
            let what = What::Rejects {
                import: id,
                columns: row.columns,
            };
            download(&state, what, SHEET, "rejects")
        }
        Err(error) => refused(&state, &headers, &error, paths::ORGANIZATIONS),
    }
}

/// A browser shows a page with the way back, a program gets the sentence.
fn refused(state: &AppState, headers: &HeaderMap, error: &ApiError, back: &str) -> Response {
    let (status, text) = (status_of(error), error.to_string());
    if !is_shown(headers) {
        return (status, text).into_response();
    }
    let page = PlainPage {
        status,
        title: "This could not be done",
        text: &text,
        link: Some((back, "Go back")),
        style: Some(&state.assets.css),
        again: false,
    };
    page.into_response()
}

/// Takes a file, begins its import and shows its page; a short one is done by then.
async fn upload(
    asker: Asker,
    Path(kind): Path<String>,
    headers: HeaderMap,
    Extension(arriving): Extension<Arriving>,
    form: Multipart,
) -> Response {
    let state = asker.state.clone();
    let Some(kind) = Kind::from_key(&kind) else {
        let error = ApiError::NotFound("There is no such import.".into());
        return refused(&state, &headers, &error, paths::ORGANIZATIONS);
    };
    match begin(asker, kind, form, &arriving).await {
        Ok(Some(id)) => Redirect::to(&paths::import(id)).into_response(),
        Ok(None) => Redirect::to(&format!("{}?problem=no-file", paths::new_import(kind))).into_response(),
        Err(error) => refused(&state, &headers, &error, &paths::new_import(kind)),
    }
}

/// What a form sent: the file on our disk, its name, and for whom.
#[derive(Default)]
struct Sent {
    file: Option<(String, File)>,
    organization: String,
}

/// Begins an import: for Technicians that of one Organization, whose people or devices all rows are; for
/// Administrators any.
async fn begin(asker: Asker, kind: Kind, form: Multipart, arriving: &Arriving) -> Result<Option<Uuid>, ApiError> {
    // Before a file is taken from somebody who may import none.
    let asker = match kind {
        Kind::Organizations => asker.administrator()?,
        Kind::EndUsers | Kind::Assets => asker.technician()?,
    };
    let sent = take(form, arriving).await?;
    let Some((file_name, file)) = sent.file else {
        return Ok(None);
    };
    let sent_for = sent.organization.parse::<OrganizationId>().ok();
    let asker = match sent_for {
        Some(id) => asker.works_on(id).await?,
        None => asker.administrator()?,
    };
    let (state, actor) = asker.parts();
    let pool = state.engine.pool.clone();
    let organization = match sent_for {
        Some(id) => Some((id, store::organization::get(&pool, id).await?.name)),
        None => None,
    };
    let import = Import {
        kind,
        file_name,
        organization,
        writer: actor.name.clone(),
        actor,
    };
    let id = import::begin(&pool, &import).await?;
    let work = state.tasks.spawn(async move {
        let now = in_utc(Utc::now());
        if let Err(error) = import::run(&pool, id, &import, file, &now, |_, _| {}).await {
            tracing::warn!(%error, %id, "an import ended early");
        }
    });
    // It goes on by itself; its page tells how far it is.
    let _ = timeout(SHORT, work).await;
    Ok(Some(id))
}

/// A file that arrives for an hour is none.
async fn take(form: Multipart, arriving: &Arriving) -> Result<Sent, ApiError> {
    let taken = timeout(LONG, read(form, arriving)).await;
    taken.unwrap_or_else(|_| Err(ApiError::Refused("The file did not arrive within an hour.".into())))
}

/// Writes the file to disk as it comes: it is read twice, and never held in memory.
async fn read(mut form: Multipart, arriving: &Arriving) -> Result<Sent, ApiError> {
    let disk = |error: std::io::Error| {
        tracing::error!(%error, "an upload can't be kept");
        ApiError::Internal
    };
    let mut sent = Sent::default();
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        arriving.progressed();
        match field.name() {
            Some("organization") => sent.organization = short(field).await?,
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(disk)?);
                let mut length = 0;
                while let Some(bytes) = field.chunk().await.map_err(unreadable)? {
                    arriving.progressed();
                    length += bytes.len();
                    if length > LARGEST_FILE {
                        return Err(too_large());
                    }
                    file.write_all(&bytes).await.map_err(disk)?;
                }
                file.flush().await.map_err(disk)?;
                let mut file = file.into_std().await;
                file.rewind().map_err(disk)?;
                if !name.is_empty() {
                    sent.file = Some((name, file));
                }
            }
            // The parser reads it to its end without a word: it counts as read in vain.
            _ => {}
        }
    }
    Ok(sent)
}

fn unreadable(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    tracing::info!(%error, "an upload broke off");
    ApiError::Refused("The file did not arrive whole. Send it again.".into())
}

fn too_large() -> ApiError {
    ApiError::TooLarge(FILE_TOO_LARGE_WORDS.into())
}

/// A field that holds an id; what is longer is none, and is not kept.
async fn short(mut field: Field<'_>) -> Result<String, ApiError> {
    let mut bytes = vec![];
    while let Some(piece) = field.chunk().await.map_err(unreadable)? {
        if bytes.len() + piece.len() > LONGEST_ID {
            return Err(ApiError::Refused("There is no such Organization.".into()));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
