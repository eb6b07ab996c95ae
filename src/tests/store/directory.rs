//! What the store reads of the directory in parts.

use crate::{
    store::directory::{ids_after, user_hashes},
    tests::support::Stage,
};
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn the_ids_of_users_come_in_parts_in_order_and_each_of_them_once(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    let mut all: Vec<_> = user_hashes(&pool, stage.tenant).await.unwrap().into_keys().collect();
    all.sort_unstable();
    assert!(all.len() >= 25, "{}", all.len());
    for at_most in [1, 7, all.len(), 1_000] {
        let (mut read, mut after) = (vec![], None);
        loop {
            let part = ids_after(&pool, stage.tenant, after, at_most).await.unwrap();
            assert!(part.len() <= at_most, "{} of {at_most}", part.len());
            let Some(last) = part.last() else { break };
            after = Some(*last);
            read.extend(part);
        }
        assert_eq!(read, all, "{at_most} at a time");
    }
}
