//! What the server draws.

use crate::ui::answered::answered;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
};
use leptos::prelude::*;

/// A page that waits for an answer which comes on another thread.
#[component]
fn Page() -> impl IntoView {
    let page = Resource::new(|| (), |()| async { tokio::spawn(async { 7 }).await.ok() });
    view! { <Transition>{answered(page, |number| view! { <p>{number}</p> })}</Transition> }
}

async fn drawn() -> String {
    let response = leptos_axum::render_app_async(|| view! { <Page /> })(Request::new(Body::empty())).await;
    let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(page.into()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_never_sends_a_page_without_the_answer_that_it_waited_for() {
    // What a server does before it draws: it starts the executor of the resources.
    leptos_axum::generate_route_list(Page);
    let drawing = (0..16).map(|_| {
        tokio::spawn(async {
            for _ in 0..1500 {
                let page = drawn().await;
                assert!(page.contains("<p>7"), "{page}");
            }
        })
    });
    for browser in drawing.collect::<Vec<_>>() {
        browser.await.unwrap();
    }
}
