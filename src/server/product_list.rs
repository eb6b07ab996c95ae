//! Microsoft's list "Product names and service plan identifiers for licensing": fetched weekly by the worker, read with
//! its oddities, and kept. A list that can't be had or read is logged and tried again; nothing else ever waits for it.

use crate::{
    model::ids::SkuId,
    store::{self, StoreError},
    sync::normalise::clean,
};
use chrono::{Duration, Utc};
use futures::TryStreamExt as _;
use sqlx::PgPool;
use std::{collections::HashMap, future::pending, time::Duration as StdDuration};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long a fetched list lasts.
const LASTS: Duration = Duration::weeks(1);
/// How long to leave Microsoft alone after a try.
const PAUSE: Duration = Duration::hours(6);
/// How often it is looked whether the list is old.
const LOOK: StdDuration = StdDuration::from_secs(15 * 60);
/// The list is a little over a megabyte.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It could not be had.
    #[error("it could not be fetched: {0}")]
    Fetch(#[from] reqwest::Error),
    /// It is far larger than the list has ever been.
    #[error("it is larger than {MOST_BYTES} bytes")]
    TooLarge,
    /// It is not the list.
    #[error("it can't be read: {0}")]
    Read(#[from] csv::Error),
    /// It has other columns.
    #[error("it has no column {0}")]
    Column(&'static str),
    /// It names nothing.
    #[error("it names no product")]
    Empty,
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps the list until told to stop. Without an address there is nothing to do.
pub async fn keep(pool: PgPool, url: Option<Url>, stop: CancellationToken) {
    let work = async {
        let Some(url) = url else { return pending().await };
        loop {
            match refresh(&pool, &url).await {
                Ok(Some(products)) => tracing::info!(products, "Microsoft's list of product names was fetched"),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, %url, "Microsoft's list of product names was not fetched; it is tried again");
                }
            }
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

/// Fetches and keeps the list when it is due; tells how many products it names.
pub async fn refresh(pool: &PgPool, url: &Url) -> Result<Option<usize>, ListError> {
    if !store::product_name::claim(pool, Utc::now(), LASTS, PAUSE).await? {
        return Ok(None);
    }
    let names = read(&fetch(url).await?)?;
    store::product_name::replace(pool, &names, Utc::now()).await?;
    Ok(Some(names.len()))
}

async fn fetch(url: &Url) -> Result<Vec<u8>, ListError> {
    // One provider serves the process; the Graph client may have installed it already, which is just as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder()
        .connect_timeout(StdDuration::from_secs(10))
        .timeout(StdDuration::from_secs(60))
        .build()?;
    let answer = client.get(url.clone()).send().await?.error_for_status()?;
    let mut bytes = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(part) = stream.try_next().await? {
        if bytes.len() + part.len() > MOST_BYTES {
            return Err(ListError::TooLarge);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// The names in a list, by SKU. A product stands there once for each of its service plans, and of a product with two
/// names the first one counts. Blanks of every kind around ids and names are not part of them.
pub fn read(list: &[u8]) -> Result<HashMap<SkuId, String>, ListError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(list);
    let head = reader.byte_headers()?.clone();
    let column = |name: &'static str| {
        let found = head.iter().position(|field| same(&text(field), name));
        found.ok_or(ListError::Column(name))
    };
    let (name, id) = (column("Product_Display_Name")?, column("GUID")?);
    let mut names = HashMap::new();
    for row in reader.byte_records() {
        let row = row?;
        let field = |at: usize| row.get(at).map(text).unwrap_or_default();
        let (Ok(id), name) = (field(id).parse(), clean(&field(name), 256)) else {
            continue;
        };
        if !name.is_empty() {
            names.entry(SkuId(id)).or_insert(name);
        }
    }
    if names.is_empty() {
        return Err(ListError::Empty);
    }
    Ok(names)
}

fn same(field: &str, name: &str) -> bool {
    field.eq_ignore_ascii_case(name)
}

/// A field without what surrounds it. The list is UTF-8 with or without its mark; whatever is not is read as the Latin
/// letters that Microsoft's own spreadsheets write.
fn text(field: &[u8]) -> String {
    let text =
        std::str::from_utf8(field).map_or_else(|_| field.iter().copied().map(char::from).collect(), str::to_owned);
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const HEAD: &str = "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,\
        Service_Plans_Included_Friendly_Names\r\n";

    fn sku(id: u128) -> SkuId {
        SkuId(Uuid::from_u128(id))
    }

    #[test]
    fn a_list_is_read_with_its_oddities() {
        let one = "00000000-0000-0000-0000-000000000001";
        let two = "00000000-0000-0000-0000-00000000000A";
        let list = format!(
            "\u{feff}{HEAD} Sample Suite ,SAMPLE,{one}\u{a0},PLAN_A,x,y\r\nSample Suite under another name,SAMPLE,{one},PLAN_B,x,y\r\n\
             \"Sample, with a comma\",OTHER, {two} ,PLAN_A,x,y\r\nNo id,NOTHING,none,PLAN,x,y\r\nShort row\r\n"
        );
        let names = read(list.as_bytes()).unwrap();
        assert_eq!(names.len(), 2);
        assert_eq!(names[&sku(1)], "Sample Suite");
        assert_eq!(names[&sku(10)], "Sample, with a comma");
    }

    #[test]
    fn letters_of_an_old_spreadsheet_are_read_too() {
        let mut list = HEAD.as_bytes().to_vec();
        list.extend_from_slice(b"Caf\xe9 Suite,CAFE,00000000-0000-0000-0000-000000000001\xa0,P,x,y\r\n");
        assert_eq!(read(&list).unwrap()[&sku(1)], "Caf\u{e9} Suite");
    }

    #[test]
    fn what_is_not_the_list_is_refused_whole() {
        assert!(matches!(
            read(b"<html><body>Sign in</body></html>"),
            Err(ListError::Column(_))
        ));
        assert!(matches!(read(b""), Err(ListError::Column(_))));
        assert!(matches!(read(HEAD.as_bytes()), Err(ListError::Empty)));
    }

    #[test]
    fn microsofts_own_list_is_read_whole() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/fixtures/licences");
        let (Ok(list), Ok(skus)) = (
            std::fs::read(format!("{folder}/product-names-and-service-plan-identifiers.csv")),
            std::fs::read(format!("{folder}/skus-distinct.csv")),
        ) else {
            eprintln!("skipped: there is no copy of Microsoft's list in {folder}");
            return;
        };
        let names = read(&list).unwrap();
        let mut reader = csv::Reader::from_reader(skus.as_slice());
        let mut expected: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in reader.records() {
            let row = row.unwrap();
            let id = row[0].trim().parse().unwrap();
            expected.entry(id).or_default().push(row[2].trim().to_owned());
        }
        assert_eq!(names.len(), expected.len());
        for (id, spellings) in expected {
            let name = &names[&SkuId(id)];
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                spellings.iter().any(|known| plain(known) == plain(name)),
                "{id}: {name:?} of {spellings:?}"
            );
        }
    }
}
