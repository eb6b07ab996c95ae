//! Somebody who has one of several Organizations of a Tenant.

use super::{
    functions,
    moved::keep_rows_of_ana,
    routes,
    visit::{Scene, letter, sign_in},
};
use crate::{
    model::{
        access::Role,
        audit::{Action, Actor, ActorKind, NewAuditEvent, Subject},
        filter::Filters,
        ids::{OrganizationId, RunId, TenantId},
        run::RunDetails,
    },
    store::{
        self,
        activity::{self, RunFilter},
        customer::{Destination, move_to},
    },
    tests::support::only,
};
use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

pub(super) async fn told(scene: &Scene, who: &str, name: &str, fields: &str) -> (char, String) {
    let path = server_fn_paths()
        .map(|(path, _)| path)
        .find(|path| path.trim_end_matches(|c: char| c.is_ascii_digit()) == format!("/api/{name}"))
        .unwrap();
    let told = scene.call(who, path, fields).await;
    (letter(&told), told.words)
}

/// Ana in Contoso and Ben in its branch, which share a Microsoft tenant; the branch is `part`'s.
pub(super) async fn shared(pool: &PgPool) -> (Scene, String) {
    let scene = Scene::new(pool).await;
    let branch = scene.stage.another_organization("Branch").await;
    let ben = json!({ "displayName": "Ben Jones", "mail": "ben@contoso.example", "department": "Sales" });
    scene.stage.add(ben).await;
    let filters = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    scene.stage.enable_for(branch, &filters).await;
    scene.stage.run_well().await;
    sign_in(pool, "part", Role::Technician, &[branch]).await;
    (scene, branch.to_string())
}

pub(super) async fn latest_run(pool: &PgPool) -> RunId {
    let now = store::in_utc(chrono::Utc::now());
    let runs = activity::runs(pool, &RunFilter::default(), 1, &now).await;
    runs.unwrap().0.remove(0).run.id
}

pub(super) async fn file(scene: &Scene, who: &str, address: &str) -> String {
    scene.open(who, Method::GET, address).await.words
}

#[sqlx::test(migrations = false)]
async fn part_of_a_tenant_shows_the_people_mapped_there_and_nobody_else_of_the_directory(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let run = latest_run(&pool).await;
    for (name, fields) in [
        ("end_users", format!("id={branch}")),
        ("run", format!("id={run}")),
        ("run", format!("id={run}&outcome=now")),
        ("tenant", format!("id={}", scene.stage.our_tenant)),
        ("search", "words=ana".to_owned()),
        ("audit_page", String::new()),
        ("runs_page", String::new()),
    ] {
        let (letter, words) = told(&scene, "part", name, &fields).await;
        assert_eq!(letter, 'y', "{name}: {words}");
        assert!(
            !words.contains("Ana"),
            "{name} told of somebody who is not mapped there: {words}"
        );
    }
    let (_, people) = told(&scene, "part", "end_users", &format!("id={branch}")).await;
    assert!(people.contains("Ben Jones"), "{people}");
    let (_, tenant) = told(&scene, "part", "tenant", &format!("id={}", scene.stage.our_tenant)).await;
    assert!(
        tenant.contains("Branch") && !tenant.contains("\"name\":\"Contoso\",\"tenant"),
        "{tenant}"
    );
    let (_, why) = told(
        &scene,
        "part",
        "why",
        &format!("organization={branch}&user={}", scene.user),
    )
    .await;
    assert!(why.contains("Nobody") && !why.contains("Ana"), "{why}");
}

#[sqlx::test(migrations = false)]
async fn how_far_a_run_is_tells_only_those_who_have_all_of_a_tenant_how_large_it_is(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let both = [branch.parse().unwrap(), scene.stage.organization];
    sign_in(&pool, "whole", Role::Technician, &both).await;
    let run: Uuid = sqlx::query_scalar(
        "update run set state = 'running', finished_at = null, stage = 'planning', progress_done = 1717,
                        progress_total = 4321
         where id = (select run_id from run_organization where organization_id = $1 order by run_id desc limit 1)
         returning id",
    )
    .bind(both[0])
    .fetch_one(&pool)
    .await
    .unwrap();
    sqlx::query("update user_sync set first_applied_at = null")
        .execute(&pool)
        .await
        .unwrap();
    for (name, fields) in [
        ("organizations", String::new()),
        ("organization", format!("id={branch}")),
        ("end_users", format!("id={branch}")),
        ("assets", format!("organization={branch}")),
        ("why", format!("organization={branch}&user={}", scene.user)),
        ("load_organization_settings", format!("id={branch}")),
        ("tenant", format!("id={}", scene.stage.our_tenant)),
        ("run", format!("id={run}")),
    ] {
        for (who, is_told) in [("part", false), ("whole", true)] {
            let (letter, words) = told(&scene, who, name, &fields).await;
            assert_eq!(letter, 'y', "{name}: {words}");
            for number in ["\"done\":1717", "\"total\":4321"] {
                assert_eq!(words.contains(number), is_told, "{who}, {name}: {words}");
            }
        }
    }
}

#[sqlx::test(migrations = false)]
async fn what_is_about_the_whole_directory_takes_every_organization_of_the_tenant(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let microsoft = scene.stage.tenant;
    let whole = [
        ("open_filter_dialog", format!("organization={branch}")),
        ("preview", format!("organization={branch}")),
        ("save_user_sync", format!("organization={branch}")),
        ("why", format!("organization={branch}&words=ana")),
        ("sync_now", format!("id={microsoft}")),
        ("microsoft_tenant", format!("id={microsoft}")),
    ];
    for (name, fields) in &whole {
        let (letter, words) = told(&scene, "part", name, fields).await;
        assert_eq!(letter, 'f', "{name}: {words}");
        assert!(
            words.contains("every Organization") && words.contains("An Administrator"),
            "{words}"
        );
    }
    let (_, tenants) = told(&scene, "part", "microsoft_tenants", "").await;
    assert!(tenants.contains("\"total\":0"), "{tenants}");
    sign_in(
        &pool,
        "whole",
        Role::Technician,
        &[branch.parse().unwrap(), scene.stage.organization],
    )
    .await;
    for (name, fields) in &whole {
        let (letter, words) = told(&scene, "whole", name, fields).await;
        assert_eq!(letter, 'y', "{name}: {words}");
    }
    let (letter, _) = told(&scene, "part", "disable_user_sync", &format!("organization={branch}")).await;
    assert_eq!(letter, 'y', "their own Organization's sync is theirs to disable");
}

#[sqlx::test(migrations = false)]
async fn no_answer_and_no_file_names_the_other_organization_of_a_tenant_or_its_people(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    sqlx::query("update organization set name = 'Headquarters' where id = $1")
        .bind(scene.stage.organization)
        .execute(&pool)
        .await
        .unwrap();
    sign_in(&pool, "reader", Role::Viewer, &[branch.parse().unwrap()]).await;
    let run = latest_run(&pool).await.to_string();
    let both = [branch, scene.stage.organization.to_string()];
    let names = ["Headquarters", "Ana L", "ana@contoso", "CONTOSO-01", "contoso.csv"];
    let mut wrong = vec![];
    let mut look = |what: &str, words: &str| {
        let named = names.iter().filter(|name| words.contains(**name));
        wrong.extend(named.map(|name| format!("{what} told {name}: {words}")));
    };
    let more = [("search", "words=ana", ""), ("search", "words=headquarters", "")];
    for (name, fields, _) in functions::TABLE.iter().chain(&more) {
        for organization in &both {
            let fields = fields.replace("{organization}", organization).replace("{run}", &run);
            let fields = functions::filled(&scene, &fields, &Uuid::now_v7().to_string());
            scene.sign_in_anew("reader").await;
            look(name, &told(&scene, "reader", name, &fields).await.1);
        }
    }
    scene.sign_in_anew("reader").await;
    let files = routes::OTHERS
        .iter()
        .filter(|(route, ..)| route.starts_with("/export/"));
    for (route, address, _) in files {
        for organization in &both {
            let address = address.replace("{organization}", organization).replace("{run}", &run);
            look(route, &file(&scene, "reader", &routes::filled(&scene, &address)).await);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[sqlx::test(migrations = false)]
async fn how_large_a_directory_is_is_told_to_whom_all_of_it_is_open(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let (organization, run): (OrganizationId, _) = (branch.parse().unwrap(), latest_run(&pool).await);
    let both = [organization, scene.stage.organization];
    sign_in(&pool, "whole", Role::Technician, &both).await;
    for (who, partial) in [("part", true), ("whole", false), ("administrator", false)] {
        let (_, words) = told(&scene, who, "run", &format!("id={run}")).await;
        let details: RunDetails = serde_json::from_str(&words).unwrap();
        let of_branch = details.organizations.iter().find(|one| one.id == organization).unwrap();
        for counts in [details.run.counts, of_branch.counts] {
            assert_eq!(counts.partial, partial, "{who}: {counts:?}");
            assert_eq!(counts.skip == 0, partial, "{who}: {counts:?}");
            let others = counts.out_of_scope + counts.unchanged;
            assert!(!partial || others == 0, "{who}: {counts:?}");
        }
        assert_eq!(of_branch.counts.create, 1, "what happened to their own is told");
    }
    let table = file(&scene, "part", "/export/runs.csv").await;
    let mut lines = table.lines();
    let head: Vec<_> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<_>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(!rows.is_empty());
    for label in ["Unchanged", "Skipped", "Out of Scope"] {
        let at = head.iter().position(|one| *one == label).unwrap();
        assert!(rows.iter().all(|row| row[at].is_empty()), "{label}: {table}");
    }
}

/// Two people of the branch in conflict in this run and one held row of each: Ana, who is not mapped there, and Ben, who
/// is and has been in conflict since before.
async fn undecided(scene: &Scene, branch: OrganizationId, run: RunId) {
    keep_rows_of_ana(scene, branch, run).await;
    let bens = "select directory_user_id from end_user_mapping where organization_id = $1";
    for sql in [
        format!(
            "insert into held_row (id, organization_id, microsoft_tenant_id, directory_user_id, part, name, address,
                                   change, rule, run_id)
             select gen_random_uuid(), h.organization_id, h.microsoft_tenant_id, ben.directory_user_id, h.part, 'Ben',
                    'ben@contoso.example', h.change, h.rule, h.run_id
             from held_row h, ({bens}) ben where h.organization_id = $1 and h.run_id = $2"
        ),
        format!(
            "insert into standing_outcome (organization_id, microsoft_tenant_id, directory_user_id, outcome, reason)
             select $1, r.microsoft_tenant_id, ben.directory_user_id, 'conflict', told.reason
             from run r, ({bens}) ben, run_person told
             where r.id = $2 and told.run_id = r.id and told.organization_id = $1
               and told.directory_user_id = ben.directory_user_id"
        ),
        format!(
            "delete from run_person
             where organization_id = $1 and run_id = $2 and directory_user_id in ({bens})"
        ),
        "update run_person set outcome = 'conflict'
         where organization_id = $1 and run_id = $2
           and directory_user_id in (select directory_user_id from held_row where name like 'Ana%')"
            .to_owned(),
        "update run_organization set counts = counts || '{\"conflict\": 2}', held = 2,
                attention = '2 changes are held, and wait for a person to approve or drop them.'
         where organization_id = $1 and run_id = $2"
            .to_owned(),
        "update user_sync s set attention = ro.attention from run_organization ro
         where s.organization_id = $1 and ro.organization_id = $1 and ro.run_id = $2"
            .to_owned(),
    ] {
        let done = sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
            .bind(branch)
            .bind(run)
            .execute(&scene.stage.pool)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
    }
}

#[sqlx::test(migrations = false)]
async fn conflicts_and_held_changes_are_counted_over_the_people_whom_one_sees(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let (organization, run): (OrganizationId, _) = (branch.parse().unwrap(), latest_run(&pool).await);
    undecided(&scene, organization, run).await;
    let both = [organization, scene.stage.organization];
    sign_in(&pool, "whole", Role::Viewer, &both).await;
    for (who, number, is_whole) in [("part", 1, false), ("whole", 2, true), ("administrator", 2, true)] {
        let (_, words) = told(&scene, who, "run", &format!("id={run}")).await;
        let details: RunDetails = serde_json::from_str(&words).unwrap();
        let of_branch = details.organizations.iter().find(|one| one.id == organization).unwrap();
        assert_eq!(of_branch.counts.conflict, number, "{who}");
        assert_eq!(details.run.counts.conflict, number, "{who}");
        assert_eq!(of_branch.held, number, "{who}");
        let (_, list) = told(&scene, who, "runs_page", "").await;
        let (_, own) = told(&scene, who, "organization", &format!("id={branch}")).await;
        for words in [words, list, own] {
            assert!(words.contains("hanges are held"), "{who}: {words}");
            assert_eq!(words.contains("2 changes are held"), is_whole, "{who}: {words}");
        }
    }
    let now = store::in_utc(chrono::Utc::now());
    for (theirs, number) in [(Some(vec![organization]), 1), (Some(both.to_vec()), 2), (None, 2)] {
        let filter = RunFilter {
            organization: Some(organization),
            theirs,
            ..RunFilter::default()
        };
        let (rows, _) = activity::runs(&pool, &filter, 1, &now).await.unwrap();
        let row = rows.iter().find(|row| row.run.id == run).unwrap();
        assert_eq!((row.run.counts.conflict, row.held), (number, number));
        let searched = RunFilter {
            search: "2 changes are held".into(),
            ..filter
        };
        let (found, total) = activity::runs(&pool, &searched, 1, &now).await.unwrap();
        let is_told = number == 2;
        assert_eq!(found.iter().any(|row| row.run.id == run), is_told, "{found:?}");
        assert_eq!(total > 0, is_told, "the count tells no more than the rows");
    }
}

#[sqlx::test(migrations = false)]
async fn the_audit_log_tells_administrators_alone_from_where_and_between_which_tenants(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let ada = Actor {
        kind: ActorKind::Administrator,
        id: None,
        name: "Ada Admin".into(),
        address: Some("192.0.2.7".into()),
    };
    store::tenant::rename(&pool, &ada, scene.stage.our_tenant, "Contoso", "Holding")
        .await
        .unwrap();
    let alone = Destination::New(TenantId(Uuid::now_v7()));
    move_to(&pool, &ada, branch.parse().unwrap(), alone).await.unwrap();
    for (who, is_told) in [("part", false), ("administrator", true)] {
        let (_, page) = told(&scene, who, "audit_page", "").await;
        for words in [page, file(&scene, who, "/export/audit.csv").await] {
            assert!(
                words.contains("Ada Admin") && words.contains("Microsoft User Sync"),
                "{words}"
            );
            for secret in ["192.0.2.7", "Holding"] {
                assert_eq!(words.contains(secret), is_told, "{secret} to {who}: {words}");
            }
        }
        let (_, found) = told(&scene, who, "audit_page", "query[search]=Holding").await;
        assert_eq!(found.contains("Ada Admin"), is_told, "{found}");
    }
}

#[sqlx::test(migrations = false)]
async fn the_history_of_a_person_names_who_did_something_and_neither_their_account_nor_from_where(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let id = sign_in(&pool, "ada", Role::Administrator, &[]).await;
    let ada = Actor {
        kind: ActorKind::Administrator,
        id: Some(id),
        name: "Ada Admin".into(),
        address: Some("192.0.2.7".into()),
    };
    let event = NewAuditEvent {
        action: Action::Edit,
        subject: Subject::EndUser,
        subject_id: scene.end_user.0,
        subject_name: "Ana López".into(),
        organization: Some(scene.stage.organization),
        changes: vec![],
    };
    store::audit::record(&pool, &ada, &event).await.unwrap();
    let fields = format!("organization={}&id={}", scene.stage.organization, scene.end_user);
    for who in ["viewer", "administrator"] {
        let (_, words) = told(&scene, who, "end_user", &fields).await;
        assert!(words.contains("Ada Admin"), "{words}");
        for secret in ["192.0.2.", &id.to_string()] {
            assert!(!words.contains(secret), "{secret} to {who}: {words}");
        }
    }
}
