//! Ids of another Organization, guessed or overheard, beside ids that are one's own.

use super::functions;
use crate::{
    model::ids::OrganizationId,
    tests::web::roles::{
        functions::TABLE,
        visit::{Scene, new_asset},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

/// What the table of roles has no row for: one's own thing named together with one of ours.
const MORE: &[(&str, &str)] = &[
    ("assign_asset", "id={own_asset}&end_user={end_user}"),
    ("assign_asset", "id={asset}&end_user="),
    (
        "delete_end_users",
        "organization={organization}&ids[]={end_user}&confirm=1",
    ),
    ("people_to_delete", "organization={organization}&ids[]={end_user}"),
    ("decide_contended", "end_user={end_user}&field=jobTitle&winner=other"),
    (
        "save_end_user",
        "organization={organization}&id={end_user}&version=x&fields[name]=Mallory",
    ),
    ("assets", "organization={organization}&search=CONTOSO"),
    ("search", "words=CONTOSO-01"),
];

/// Everything of ours that somebody could have changed.
async fn ours(pool: &PgPool, organization: OrganizationId) -> String {
    let all = "select concat_ws(E'\\n',
            (select string_agg(e::text, E'\\n' order by e.id) from end_user e where organization_id = $1),
            (select string_agg(a::text, E'\\n' order by a.id) from asset a where organization_id = $1),
            (select string_agg(m::text, E'\\n' order by m.end_user_id) from end_user_mapping m),
            (select string_agg(a::text, E'\\n' order by a.asset_id) from asset_assignment a),
            (select string_agg(x::text, E'\\n') from exclusion x),
            (select string_agg(o::text, E'\\n') from organization o where id = $1),
            (select string_agg(s::text, E'\\n') from user_sync s),
            (select count(*)::text from run))";
    let all: Option<String> = sqlx::query_scalar(all)
        .bind(organization)
        .fetch_one(pool)
        .await
        .unwrap();
    all.unwrap()
}

/// The fields with `{organization}` and `{tenant}` as the stranger's own, and every other id by `other`.
fn filled(fields: &str, own: &[(&str, String)], other: impl Fn(&str) -> String) -> String {
    let mut filled = fields.to_owned();
    for (name, id) in own {
        filled = filled.replace(&format!("{{{name}}}"), id);
    }
    while let (Some(from), Some(to)) = (filled.find('{'), filled.find('}')) {
        let id = other(&filled[from + 1..to]);
        filled.replace_range(from..=to, &id);
    }
    filled
}

#[sqlx::test(migrations = false)]
async fn attack_id_guessing_an_id_of_ours_beside_ids_of_ones_own_is_as_one_that_does_not_exist(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let (organization, tenant): (Uuid, Uuid) =
        sqlx::query_as("select id, tenant_id from organization where name = 'Elsewhere'")
            .fetch_one(&pool)
            .await
            .unwrap();
    let asset = new_asset(&pool, OrganizationId(organization)).await;
    sqlx::query("update asset set name = 'ELSEWHERE-01' where id = $1")
        .bind(asset)
        .execute(&pool)
        .await
        .unwrap();
    let own = [
        ("organization", organization.to_string()),
        ("tenant", tenant.to_string()),
        ("own_asset", asset.to_string()),
    ];
    let of_ours = |name: &str| match name {
        "microsoft_tenant" => scene.stage.tenant.to_string(),
        "end_user" => scene.end_user.to_string(),
        "user" => scene.user.to_string(),
        "asset" | "asset_of_mine" => scene.asset.to_string(),
        "run" => scene.run.to_string(),
        "import" => scene.import.to_string(),
        _ => Uuid::now_v7().to_string(),
    };
    let before = ours(&pool, scene.stage.organization).await;
    let of_each_role = TABLE.iter().map(|(name, fields, _)| (*name, *fields));
    let rows = of_each_role
        .chain(MORE.iter().copied())
        .filter(|(name, fields)| fields.contains('{') && !fields.contains("fresh") && !name.starts_with("sign_out"));
    let (mut wrong, mut asked) = (vec![], 0);
    for (name, fields) in rows {
        let Some((_, path, _)) = functions().into_iter().find(|(known, ..)| *known == name) else {
            continue;
        };
        asked += 1;
        let guessed = scene.call("stranger", path, &filled(fields, &own, of_ours)).await;
        let made_up = scene
            .call("stranger", path, &filled(fields, &own, |_| Uuid::now_v7().to_string()))
            .await;
        if (guessed.status, &guessed.words) != (made_up.status, &made_up.words) {
            wrong.push(format!(
                "{name}: {} {}, and of none {} {}",
                guessed.status, guessed.words, made_up.status, made_up.words
            ));
        }
        let lower = guessed.words.to_lowercase();
        if lower.contains("contoso") || lower.contains("ana ") {
            wrong.push(format!("{name} told of ours: {}", guessed.words));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked > 40, "{asked}");
    assert_eq!(ours(&pool, scene.stage.organization).await, before);
}
