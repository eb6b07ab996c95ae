use super::visit::{PEOPLE, Scene, letter, new_asset};
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;
use std::collections::BTreeSet;

/// A server function, what is sent to it, and what each of [`PEOPLE`] is told. `{...}` stands for an id of ours.
///
/// The last ones end what those before them need.
pub const TABLE: &[(&str, &str, &str)] = &[
    // Whoever is signed in, and of a list what is theirs.
    ("account", "", "yyyyy"),
    ("sign_in", "email=a@b.example&password=wrong", "yyyyy"),
    ("sign_in_ways", "", "yyyyy"),
    ("settings", "", "oyyyy"),
    ("save_settings", "shortcuts=on", "oyyyy"),
    ("organizations", "", "oyyyy"),
    ("microsoft_tenants", "", "oyyyy"),
    ("runs_page", "", "oyyyy"),
    ("audit_page", "", "oyyyy"),
    ("activity_choices", "", "oyyyy"),
    ("search", "words=con", "oyyyy"),
    // Viewers of the Organization.
    ("organization", "id={organization}", "onyyy"),
    ("assets", "organization={organization}", "onyyy"),
    ("end_users", "id={organization}", "onyyy"),
    ("end_user", "organization={organization}&id={end_user}", "onyyy"),
    ("excluded_people", "organization={organization}", "onyyy"),
    ("contended_people", "organization={organization}", "onyyy"),
    ("why", "organization={organization}&user={user}", "onyyy"),
    ("asset", "id={asset}", "onyyy"),
    ("associated_assets", "end_user={end_user}", "onyyy"),
    ("contended_fields", "end_user={end_user}", "onyyy"),
    ("import", "id={import}", "onyyy"),
    ("run", "id={run}", "onyyy"),
    ("run_assets", "run={run}", "onyyy"),
    ("tenant", "id={tenant}", "onyyy"),
    ("microsoft_tenant", "id={microsoft_tenant}", "onyyy"),
    // Technicians of it.
    ("new_id", "", "oyfyy"),
    ("import_target", "organization={organization}", "onfyy"),
    ("assignable", "organization={organization}&search=", "onfyy"),
    ("load_organization_settings", "id={organization}", "onfyy"),
    ("edit_organization", "id={organization}&version=x", "onfyy"),
    ("create_asset", "id={fresh}&asset[organization]={organization}", "onfyy"),
    ("save_asset", "id={asset}&version=x", "onfyy"),
    ("assign_asset", "id={asset}&end_user=", "onfyy"),
    ("let_sync_decide", "id={asset}", "onfyy"),
    ("delete_asset", "id={asset_of_mine}", "onfyy"),
    ("create_end_user", "organization={organization}&id={fresh}", "onfyy"),
    (
        "save_end_user",
        "organization={organization}&id={end_user}&version=x",
        "onfyy",
    ),
    (
        "people_to_delete",
        "organization={organization}&ids[]={end_user}",
        "onfyy",
    ),
    ("delete_end_users", "organization={organization}", "onfyy"),
    (
        "let_in",
        "organization={organization}&tenant={microsoft_tenant}&user={user}",
        "onfyy",
    ),
    ("sync_person_now", "organization={organization}&id={end_user}", "onfyy"),
    ("decide_held", "run={run}&decision=approve&seen={fresh}", "onfyy"),
    // There is neither such a row nor such a field, which only those are told who may decide.
    ("let_in_dropped", "run={run}&row={fresh}", "onfnn"),
    (
        "decide_contended",
        "end_user={end_user}&field=phone&winner=other",
        "onfnn",
    ),
    // Technicians of the whole Tenant.
    ("rename_tenant", "id={tenant}&name=", "onfyy"),
    ("check_permissions", "id={microsoft_tenant}", "onfyy"),
    ("sync_now", "id={microsoft_tenant}", "onfyy"),
    ("retry_now", "id={microsoft_tenant}", "onfyy"),
    ("open_filter_dialog", "organization={organization}", "onfyy"),
    ("preview", "organization={organization}", "onfyy"),
    ("save_user_sync", "organization={organization}", "onfyy"),
    ("plan_undo", "run={run}", "onfyy"),
    // Administrators.
    ("accounts", "", "offfy"),
    ("add_account", "email=&name=&role=viewer", "offfy"),
    ("change_account", "id={fresh}&role=viewer", "offfn"),
    ("disable_account", "id={fresh}", "offfn"),
    ("enable_account", "id={fresh}", "offfn"),
    ("withdraw_invitation", "id={fresh}", "offfn"),
    ("renew_invitation", "id={fresh}", "offfn"),
    ("portals", "", "offfy"),
    ("register_portal", "name=&origins=", "offfy"),
    (
        "change_portal",
        "id={fresh}&name=x&origins=https://portal.example",
        "offfn",
    ),
    ("new_portal_secret", "id={fresh}", "offfn"),
    ("remove_portal", "id={fresh}", "offfn"),
    ("app_credentials", "", "offfy"),
    ("add_client_secret", "secret=", "offfy"),
    ("add_client_certificate", "pem=", "offfy"),
    ("remove_credential", "id={fresh}", "offfn"),
    ("mapping_suggestions", "id={microsoft_tenant}", "offfy"),
    ("synced_organizations", "id={microsoft_tenant}", "offfy"),
    ("map_tenant", "id={microsoft_tenant}&tenant={tenant}", "offfy"),
    ("connect_microsoft_tenant", "tenant=nonsense", "offfy"),
    ("microsoft_app", "", "offfy"),
    ("make_consent_link", "tenant=nonsense", "offfy"),
    ("consent_links", "", "offfy"),
    ("revoke_consent_link", "id={fresh}", "offfy"),
    ("confirm_tenant", "tenant={fresh}", "offfy"),
    ("reject_tenant", "tenant={fresh}", "offfy"),
    ("customers", "", "offfy"),
    ("choose_partner", "tenant=nonsense", "offfy"),
    ("read_customers", "", "offfy"),
    ("match_customers", "", "offfy"),
    ("create_customer_organizations", "", "offfy"),
    ("make_customer_links", "", "offfy"),
    ("choose_for_consent", "", "offfy"),
    ("chosen_customers", "", "offfy"),
    ("create_organization", "", "offfy"),
    ("preview_move", "id={organization}", "offfy"),
    ("move_organization", "id={organization}&to={tenant}", "offfy"),
    ("preview_delete", "id={organization}", "offfy"),
    ("delete_organization", "id={organization}&confirm=no", "offfy"),
    ("tenant_choices", "", "offfy"),
    // What ends something, and what ends a session.
    ("disable_user_sync", "organization={organization}", "onfyy"),
    ("undo_run", "run={run}", "onfyy"),
    ("unmap_tenant", "id={microsoft_tenant}", "offfy"),
    ("remove_integration", "id={microsoft_tenant}", "offfy"),
    ("change_password", "present=wrong&password=short", "oyyyy"),
    ("end_session", "id={fresh}", "oyyyy"),
    ("sign_out_everywhere", "", "oyyyy"),
    ("sign_out", "", "oyyyy"),
];

pub fn filled(scene: &Scene, fields: &str, asset_of_mine: &str) -> String {
    fields
        .replace("{organization}", &scene.stage.organization.to_string())
        .replace("{tenant}", &scene.stage.our_tenant.to_string())
        .replace("{microsoft_tenant}", &scene.stage.tenant.to_string())
        .replace("{end_user}", &scene.end_user.to_string())
        .replace("{user}", &scene.user.to_string())
        .replace("{asset}", &scene.asset.to_string())
        .replace("{asset_of_mine}", asset_of_mine)
        .replace("{run}", &scene.run.to_string())
        .replace("{import}", &scene.import.to_string())
        .replace("{fresh}", &uuid::Uuid::now_v7().to_string())
}

/// `/api/end_user12345678` is `end_user`.
pub fn name_of(path: &str) -> &str {
    path.trim_start_matches("/api/")
        .trim_end_matches(|c: char| c.is_ascii_digit())
}

#[sqlx::test(migrations = false)]
async fn every_server_function_tells_each_person_what_the_table_says(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let registered: Vec<_> = server_fn_paths().map(|(path, _)| path).collect();
    let names: BTreeSet<_> = registered.iter().map(|path| name_of(path)).collect();
    let known: BTreeSet<_> = TABLE.iter().map(|(name, ..)| *name).collect();
    let unknown: Vec<_> = names.difference(&known).collect();
    assert!(unknown.is_empty(), "no row says who may call {unknown:?}");
    let gone: Vec<_> = known.difference(&names).collect();
    assert!(gone.is_empty(), "there is no such function: {gone:?}");

    let mut wrong = vec![];
    for (name, fields, expected) in TABLE {
        let path = registered.iter().find(|path| name_of(path) == *name).unwrap();
        for (who, expected) in PEOPLE.iter().zip(expected.chars()) {
            let doomed = new_asset(&pool, scene.stage.organization).await.to_string();
            if name.starts_with("sign_out") {
                scene.sign_in_anew(who).await;
            }
            let told = scene.call(who, path, &filled(&scene, fields, &doomed)).await;
            if letter(&told) != expected {
                wrong.push(format!(
                    "{name} told {who} {} and not {expected}: {}",
                    told.status, told.words
                ));
            }
            let of_ours = told.words.to_lowercase().contains("contoso");
            if matches!(*who, "nobody" | "stranger") && of_ours {
                wrong.push(format!("{name} told {who} of our Organization: {}", told.words));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[sqlx::test(migrations = false)]
async fn what_is_not_theirs_is_told_in_the_words_of_what_does_not_exist(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let nobody_s = uuid::Uuid::now_v7().to_string();
    let ours = |fields: &str| filled(&scene, fields, "");
    let by_id = TABLE.iter().filter(|(_, fields, expected)| {
        let made_for_each = fields.contains("fresh") || fields.contains("asset_of_mine");
        expected.starts_with("on") && fields.matches('{').count() == 1 && !made_for_each
    });
    let registered: Vec<_> = server_fn_paths().map(|(path, _)| path).collect();
    for (name, fields, _) in by_id {
        let path = registered.iter().find(|path| name_of(path) == *name).unwrap();
        let (from, to) = (fields.find('{').unwrap(), fields.find('}').unwrap());
        let unknown = format!("{}{nobody_s}{}", &fields[..from], &fields[to + 1..]);
        let theirs = scene.call("stranger", path, &ours(fields)).await;
        let none = scene.call("stranger", path, &unknown).await;
        assert_eq!((theirs.status, theirs.words), (none.status, none.words), "{name}");
    }
}
