//! Script that somebody stored in a name, or put into an address.

use super::{
    functions,
    html::{Tag, tags},
    poison,
};
use crate::{
    app::pages::address::address,
    tests::web::roles::{
        functions::filled,
        routes::{self, PAGES},
        visit::{Scene, Told},
    },
};
use axum::http::Method;
use sqlx::PgPool;

/// Ends whatever text it may stand in, and begins what nobody wrote.
const HOSTILE: &str = "\"'`></title></textarea></style></script>--><img/x-hostile src=x onx-hostile=1><script x-hostile><!--<script> \u{2028}";

/// What a page reads from its address.
const FIELDS: [&str; 24] = [
    "search", "q", "words", "sort", "order", "page", "notice", "problem", "over", "next", "refused", "more", "kind",
    "who", "action", "subject", "outcome", "result", "trigger", "find", "to", "tenant", "cloud", "state",
];

/// Each of them opens something on some page; on the others they say nothing.
const DIALOGS: [&str; 15] = [
    "new",
    "edit",
    "delete",
    "move",
    "undo",
    "filters",
    "disable",
    "map",
    "unmap",
    "remove",
    "integrate",
    "partner",
    "consent",
    "add-account",
    "account",
];

/// What is wrong with a page: an element or attribute that somebody else wrote, an address that is none of ours, or a
/// script whose end somebody else can move.
fn broken(html: &str) -> Option<String> {
    let hostile = |name: &str| name.contains("hostile");
    let wrong = |tag: &Tag| {
        let leads = |(name, value): &(String, String)| {
            let value = value.trim().to_ascii_lowercase();
            let is_address = matches!(
                name.as_str(),
                "href" | "src" | "action" | "formaction" | "srcset" | "data"
            );
            let ours = value.is_empty()
                || value.starts_with(['?', '#'])
                || (value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\"));
            let fixed = ["https://", "http://localhost:3000", "mailto:", "tel:", "data:image/"];
            let fixed = fixed.iter().any(|start| value.starts_with(start)) && !value.contains("://hostile");
            is_address && !ours && !fixed
        };
        let handler = |(name, _): &(String, String)| hostile(name) || name.starts_with("on") || name == "srcdoc";
        let raw = tag.raw.to_ascii_lowercase();
        let endless = tag.name == "script" && ["<!--", "<script", "</"].iter().any(|part| raw.contains(part));
        let unsigned = tag.name == "script" && !tag.attributes.iter().any(|(name, _)| name == "nonce");
        hostile(&tag.name) || tag.attributes.iter().any(|each| leads(each) || handler(each)) || endless || unsigned
    };
    tags(html).iter().find(|tag| wrong(tag)).map(|tag| format!("{tag:?}"))
}

#[test]
fn what_is_looked_for_would_be_seen() {
    for page in [
        format!("<p>{HOSTILE}"),
        format!("<p title=\"{HOSTILE}\">"),
        format!("<script nonce=a>{HOSTILE}</script>"),
        format!("<title>{HOSTILE}</title>"),
        "<a href=\"javascript:hostile\">".into(),
        "<a href=\"//hostile\">".into(),
        "<script>1</script>".into(),
        "<script nonce=a>\"<!--<script>\"</script>".into(),
    ] {
        assert!(broken(&page).is_some(), "{page}");
    }
    let escaped = HOSTILE.replace('<', "&lt;").replace('"', "&quot;");
    assert_eq!(broken(&format!("<p title=\"{escaped}\">{escaped}")), None);
}

fn hostile_query() -> Vec<(&'static str, &'static str)> {
    FIELDS.iter().map(|name| (*name, HOSTILE)).collect()
}

fn addresses(scene: &Scene) -> Vec<String> {
    let organization = scene.stage.organization.to_string();
    let fields = |dialog: &'static str| {
        let microsoft = scene.stage.tenant.to_string();
        let user = scene.end_user.to_string();
        [
            ("dialog", dialog.to_owned()),
            ("organization", organization.clone()),
            ("tenant", microsoft),
            ("user", user),
        ]
    };
    let mut all = vec![];
    let more = [
        "/microsoft-tenants/cloud-solution-provider",
        "/microsoft-tenants/consent-links",
    ];
    let pages = PAGES.iter().map(|(_, path, _)| routes::filled(scene, path));
    for page in pages.chain(more.map(str::to_owned)) {
        all.extend(DIALOGS.map(|dialog| {
            let fields = fields(dialog);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            address(&page, &fields)
        }));
        all.push(address(&page, &hostile_query()));
        all.push(page);
    }
    all.push(format!("/runs/{}?outcome=now", scene.run));
    all.push(address("/no-such-page", &hostile_query()));
    for path in [
        "/connect/link/known",
        "/connect/link/",
        "/connect/done",
        "/connect/start",
        "/sign-in/microsoft/callback",
    ] {
        let fields = [
            ("error", HOSTILE),
            ("error_description", HOSTILE),
            ("state", HOSTILE),
            ("tenant", HOSTILE),
            ("cloud", HOSTILE),
        ];
        all.push(address(path, &fields));
        all.push(path.to_owned());
    }
    all
}

#[sqlx::test(migrations = false)]
async fn attack_stored_script_no_name_and_no_address_breaks_out_of_any_page(pool: PgPool) {
    let scene = poison::scene(&pool, HOSTILE).await;
    let (mut wrong, mut shown) = (vec![], 0);
    for address in addresses(&scene) {
        for who in ["administrator", "nobody"] {
            let told = scene.open(who, Method::GET, &address).await;
            let short = address.chars().take(120).collect::<String>();
            if told.status.is_server_error() {
                wrong.push(format!("{short} told {who} {}: {}", told.status, told.words));
            }
            if told.kind.starts_with("text/html") {
                shown += usize::from(told.words.contains("&lt;img/x-hostile"));
                wrong.extend(broken(&told.words).map(|tag| format!("{short} told {who} {tag}")));
            } else if told.words.contains("<img/x-hostile") {
                wrong.extend(unread(&told).map(|why| format!("{short} told {who} {why}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(shown > 100, "few pages showed any of it: {shown}");
}

#[sqlx::test(migrations = false)]
async fn attack_stored_script_a_choice_that_is_sent_without_script_is_shown_as_text(pool: PgPool) {
    let scene = poison::scene(&pool, HOSTILE).await;
    let dialog = routes::filled(&scene, "/tenants/{tenant}?dialog=filters&organization={organization}");
    let chosen = [
        ("filters[userType][all]", HOSTILE),
        ("filters[department][values][]", HOSTILE),
        ("filters[group][values][]", HOSTILE),
        ("seen", HOSTILE),
    ];
    let form = address("", &chosen);
    let told = scene
        .submit("administrator", &dialog, form.trim_start_matches('?'), "")
        .await;
    assert!(told.words.contains("&lt;img/x-hostile"), "{}", told.words);
    assert_eq!(broken(&told.words), None);
}

/// Why a browser might take an answer that is no page for one.
fn unread(told: &Told) -> Option<String> {
    let sure = told
        .headers
        .get("x-content-type-options")
        .is_some_and(|value| value == "nosniff");
    (!sure || told.kind.is_empty()).then(|| format!("{} {:?}", told.status, told.headers))
}

#[sqlx::test(migrations = false)]
async fn attack_stored_script_what_server_functions_answer_is_never_a_page(pool: PgPool) {
    let scene = poison::scene(&pool, HOSTILE).await;
    let mut wrong = vec![];
    for (name, path, fields) in functions() {
        let hostile: String = address("", &hostile_query()).replacen('?', "&", 1);
        for fields in [fields.to_owned(), format!("{fields}{hostile}")] {
            let told = scene.call("administrator", path, &filled(&scene, &fields, "")).await;
            if told.kind.starts_with("text/html") {
                wrong.extend(broken(&told.words).map(|tag| format!("{name}: {tag}")));
            }
            wrong.extend(unread(&told).map(|why| format!("{name}: {why}")));
        }
        scene.sign_in_anew("administrator").await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
