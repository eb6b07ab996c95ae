//! What the server draws.

use super::{roles::visit::STUCK, router, web};
use crate::{
    app::pages::email::EmailText,
    engine::Engine,
    ui::{answered::answered, table::CellWords},
};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use leptos::{
    prelude::*,
    reactive::traits::{DefinedAt, Get},
};
use sqlx::PgPool;
use std::{
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{task::spawn_blocking, time::timeout};
use tower::ServiceExt as _;

/// An answer that is there before anybody is told of it: a resource's, for a moment.
#[derive(Clone, Copy)]
struct Untold(StoredValue<Option<i32>>);

impl DefinedAt for Untold {
    fn defined_at(&self) -> Option<&'static Location<'static>> {
        None
    }
}

impl Get for Untold {
    type Value = Option<i32>;

    fn try_get(&self) -> Option<Option<i32>> {
        self.0.try_get_value()
    }
}

#[test]
fn the_server_draws_an_answer_of_which_nobody_was_told_yet() {
    let owner = Owner::new();
    let page = owner.with(|| {
        let answer = Untold(StoredValue::new(None));
        let mut view = view! { <main>{answered(answer, |number| view! { <p>{number}</p> })}</main> };
        // What waits for the answer looks first, while there is none.
        view.dry_resolve();
        answer.0.set_value(Some(7));
        view.to_html()
    });
    assert!(page.contains("<p>7"), "{page}");
}

#[test]
fn a_cell_without_a_value_is_empty_so_that_a_card_leaves_out_its_label() {
    let page = Owner::new().with(|| {
        view! {
            <main>
                <i><EmailText address="" /></i>
                <b><CellWords text="" /></b>
                <p><CellWords text="+45 1" /></p>
            </main>
        }
        .to_html()
    });
    // Comments, which count for nothing, keep the place of what is not there.
    let page = page.replace("<!>", "");
    assert!(page.contains("<i></i><b></b>"), "{page}");
    assert!(page.contains("<p><bdi>+45 1"), "{page}");
}

/// Ends what goes on until then, also where the test panics: its runtime waits for it.
struct Until(Arc<AtomicBool>);

impl Drop for Until {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[sqlx::test(migrations = false)]
async fn a_page_is_answered_while_the_routes_of_other_servers_are_made(pool: PgPool) {
    let (state, _site) = web(Engine::new(pool, None));
    let (pages, is_over) = (router(state.clone()), Arc::new(AtomicBool::new(false)));
    let others = spawn_blocking({
        let is_over = Arc::clone(&is_over);
        move || {
            while !is_over.load(Ordering::Relaxed) {
                drop(router(state.clone()));
            }
        }
    });
    let over = Until(is_over);
    let mut answered = 0;
    for _ in 0..50 {
        let request = Request::get("/sign-in").header("host", "localhost:3000");
        let page = pages.clone().oneshot(request.body(Body::empty()).unwrap());
        let page = async { to_bytes(page.await.unwrap().into_body(), usize::MAX).await };
        let Ok(page) = timeout(STUCK, page).await else { break };
        answered += usize::from(String::from_utf8_lossy(&page.unwrap()).contains("Password"));
    }
    drop(over);
    others.await.unwrap();
    assert_eq!(answered, 50);
}
