//! Product names of SKUs: Graph gives only part numbers.
//!
//! A short table of our own for the products that most customers have, then Microsoft's published list, which the
//! worker fetches ([`super::product_list`]); anything else shows its part number.
//! Names and ids as in Microsoft's "Product names and service plan identifiers for licensing".

use crate::{
    model::ids::{MicrosoftTenantId, SkuId},
    store::{self, StoreError},
};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

const COMMON: [(u128, &str); 24] = [
    (0x3b555118_da6a_4418_894f_7df1e2096870, "Microsoft 365 Business Basic"),
    (
        0xf245ecc8_75af_4f8e_b61f_27d8114de5f3,
        "Microsoft 365 Business Standard",
    ),
    (0xcbdc14ab_d96c_4c30_b9f4_6ada7cdc1d46, "Microsoft 365 Business Premium"),
    (
        0xcdd28e44_67e3_425e_be4c_737fab2899d3,
        "Microsoft 365 Apps for Business",
    ),
    (
        0xc2273bd0_dff7_4215_9ef5_2c7bcfb06425,
        "Microsoft 365 Apps for enterprise",
    ),
    (0x66b55226_6b4f_492c_910c_a3b7a3c9d993, "Microsoft 365 F3"),
    (0x05e9a617_0261_4cee_bb44_138d3ef5d965, "Microsoft 365 E3"),
    (0x06ebc4ee_1bb5_47dd_8120_11324bc54e06, "Microsoft 365 E5"),
    (0x18181a46_0d4e_45cd_891e_60aabd171b4e, "Office 365 E1"),
    (0x6fd2c87f_b296_42f0_b197_1e91e994b900, "Office 365 E3"),
    (0xc7df2760_2c81_4ef7_b578_5b5392b571df, "Office 365 E5"),
    (0x4b585984_651b_448a_9e53_3b10f069cf7f, "Office 365 F3"),
    (0x4b9405b0_7788_4568_add1_99614e613b69, "Exchange Online (Plan 1)"),
    (0x19ec0d23_8335_4cbd_94ac_6050e30712fa, "Exchange Online (Plan 2)"),
    (0x80b2d799_d2ba_4d2a_8842_fb0d0f3a4b82, "Exchange Online Kiosk"),
    (0x078d2b04_f1bd_4111_bbd4_b4b1b354cef4, "Microsoft Entra ID P1"),
    (0x84a661c4_e949_4bd2_a560_ed7766fcaf2b, "Microsoft Entra ID P2"),
    (
        0xefccb6f7_5641_4e0e_bd10_b4976e1bf68e,
        "Enterprise Mobility + Security E3",
    ),
    (
        0xb05e124f_c7cc_45a0_a6aa_8cf78c946968,
        "Enterprise Mobility + Security E5",
    ),
    (0xa403ebcc_fae0_4ca2_8c8c_7a907fd6c235, "Microsoft Fabric (Free)"),
    (0xf8a1db68_be16_40ed_86d5_cb42ce701560, "Power BI Pro"),
    (0xf30db892_07e9_47e9_837c_80727f46fd3d, "Microsoft Power Automate Free"),
    (0x53818b1b_4a27_454b_8896_0dba576410e6, "Planner and Project Plan 3"),
    (0xc5928f49_12ba_48f7_ada3_0d743a3601d5, "Visio Plan 2"),
];

/// The name of every product that is known: ours, else the published one, else the part number of what the Microsoft
/// tenant has subscribed to. Whatever is missing shows its id.
pub async fn names(pool: &PgPool, tenant: Option<MicrosoftTenantId>) -> Result<HashMap<SkuId, String>, StoreError> {
    let subscribed = match tenant {
        Some(tenant) => store::microsoft_tenant::subscribed_skus(pool, tenant).await?,
        None => vec![],
    };
    Ok(merged(store::product_name::all(pool).await?, &subscribed))
}

fn merged(published: HashMap<SkuId, String>, subscribed: &[(Uuid, String, i32, i32)]) -> HashMap<SkuId, String> {
    let mut names = published;
    for (id, part_number, ..) in subscribed.iter().filter(|(_, part_number, ..)| !part_number.is_empty()) {
        names.entry(SkuId(*id)).or_insert_with(|| part_number.clone());
    }
    names.extend(
        COMMON
            .iter()
            .map(|(id, name)| (SkuId(Uuid::from_u128(*id)), (*name).to_owned())),
    );
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_of_the_table_stands_once() {
        let ids: std::collections::HashSet<_> = COMMON.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), COMMON.len());
    }

    #[test]
    fn a_name_is_ours_else_published_else_the_part_number() {
        let (ours, published, neither) = (COMMON[0], Uuid::from_u128(1), Uuid::from_u128(2));
        let list = HashMap::from([
            (SkuId(Uuid::from_u128(ours.0)), "Another spelling".to_owned()),
            (SkuId(published), "Published Product".to_owned()),
        ]);
        let subscribed = [
            (published, "PUBLISHED".to_owned(), 1, 1),
            (neither, "SOMETHING_NEW".to_owned(), 1, 1),
        ];
        let names = merged(list, &subscribed);
        assert_eq!(names[&SkuId(Uuid::from_u128(ours.0))], ours.1);
        assert_eq!(names[&SkuId(published)], "Published Product");
        assert_eq!(names[&SkuId(neither)], "SOMETHING_NEW");
    }
}
