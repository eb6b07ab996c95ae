//! Files of Assets: by serial number, else MAC address, else name.

use super::stage::{audited, csv, read_in, rejects, with};
use crate::{
    model::exchange::{ImportNumbers, Kind},
    server::exchange::export::What,
    store::exchange_asset::AssetFilter,
};
use sqlx::PgPool;

async fn assets(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws('|', a.name, a.serial_number,
                          array(select mac from asset_mac m where m.asset_id = a.id order by 1)::text, a.written_by)
         from asset a order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = false)]
async fn assets_are_found_by_serial_number_else_address_else_name_and_doubled_by_nothing(pool: PgPool) {
    with(&pool, &["Contoso", "Fabrikam"]).await;
    let file = "Organization,Asset,Serial Number,MAC Addresses\n\
        Contoso,Laptop 1,SN1,00:1A:2B:3C:4D:5E; 00-1a-2b-3c-4d-5f\n\
        Contoso,Dock,,001A.2B3C.4D60\n\
        Contoso,Étagère,,\n\
        Fabrikam,Laptop 1,SN1,\n";
    let first = read_in(&pool, Kind::Assets, file).await;
    assert_eq!(
        (first.error.as_deref(), first.numbers.created, first.numbers.rejected),
        (None, 4, 0)
    );
    let again = read_in(&pool, Kind::Assets, file).await;
    assert_eq!(again.numbers.words(), "Nothing changed: 4 were so already.");
    let out = csv(&pool, What::Assets(AssetFilter::default())).await;
    assert!(
        out.contains("Contoso,Laptop 1,SN1,\"00:1A:2B:3C:4D:5E, 00:1A:2B:3C:4D:5F\","),
        "{out}"
    );
    assert_eq!(read_in(&pool, Kind::Assets, &out).await.numbers.unchanged, 4);

    let moved = "organization,name,serial,mac\n\
        Contoso,Renamed,sn1,\n\
        Contoso,,SN-DOCK,001a2b3c4d60\n\
        Contoso,ÉTAGÈRE,,aa:bb:cc:dd:ee:01\n";
    assert_eq!(read_in(&pool, Kind::Assets, moved).await.numbers.updated, 3);
    assert_eq!(
        assets(&pool).await,
        [
            "Dock|SN-DOCK|{001a2b3c4d60}|import people.csv",
            "Laptop 1|SN1|{}|import people.csv",
            "Renamed|sn1|{}|import people.csv",
            "ÉTAGÈRE||{aabbccddee01}|import people.csv",
        ]
    );
    let told = audited(&pool, "asset").await;
    assert_eq!(told.len(), 7);
    assert_eq!(told[5].2[0]["new"], "SN-DOCK");
}

#[sqlx::test(migrations = false)]
async fn an_asset_that_cannot_be_told_is_rejected_with_the_reason(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let file = "Organization,Asset,Serial Number,MAC Addresses\n\
        Contoso,A,,00:1A:2B:3C:4D:5E\n\
        Contoso,B,S2,00:1A:2B:3C:4D:5E\n\
        Contoso,C,,not a mac\n\
        Contoso,,S9,\n\
        Contoso,Twice,S3,\n\
        Contoso,Again,s3,\n";
    let row = read_in(&pool, Kind::Assets, file).await;
    let told: Vec<_> = rejects(&pool, &row)
        .await
        .into_iter()
        .map(|one| (one.line, one.reason))
        .collect();
    for ((line, reason), (wanted, words)) in told.iter().zip([
        (4, "is not a MAC address"),
        (5, "A new Asset needs a Name"),
        (7, "Line 6 is about the same Asset"),
    ]) {
        assert!(*line == wanted && reason.contains(words), "{line}: {reason}");
    }
    assert_eq!(
        row.numbers,
        ImportNumbers {
            read: 6,
            created: 3,
            updated: 0,
            unchanged: 0,
            rejected: 3
        }
    );
    sqlx::query("update asset set serial_number = '' where name = 'B'")
        .execute(&pool)
        .await
        .unwrap();
    let row = read_in(&pool, Kind::Assets, "Organization,Asset,MAC\nContoso,X,001a2b3c4d5e\n").await;
    assert!(
        rejects(&pool, &row).await[0]
            .reason
            .contains("2 Assets of this Organization have this MAC address")
    );
}

#[sqlx::test(migrations = false)]
async fn a_serial_number_that_many_devices_share_tells_none_of_them(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let file = "Organization,Asset,Serial Number,MAC Addresses\n\
        Contoso,A,To be filled by O.E.M.,00:1A:2B:3C:4D:5E\n\
        Contoso,B,To be filled by O.E.M.,00:1A:2B:3C:4D:5F\n\
        Contoso,C,To be filled by O.E.M.,\n";
    let first = read_in(&pool, Kind::Assets, file).await;
    assert_eq!((first.numbers.created, first.numbers.rejected), (3, 0));
    assert_eq!(read_in(&pool, Kind::Assets, file).await.numbers.unchanged, 3);
}
