use crate::{
    api::partner::chosen_customers,
    app::{pages::problem::Problem, paths},
    ui::{
        answered::answered,
        button::{ButtonLink, ButtonVariant},
        dialog::Dialog,
        icon::Icon,
        number::count,
    },
};
use leptos::prelude::*;

/// **Consent in Bulk**: what happens, and on to the sign-in of a partner's administrator.
#[component]
pub fn ConsentDialog(
    /// The address without the dialog.
    close_href: String,
) -> impl IntoView {
    let chosen = Resource::new_blocking(|| (), |()| chosen_customers());
    let footer = || {
        view! {
            <ButtonLink
                href=paths::START_PARTNER_SIGN_IN
                variant=ButtonVariant::Primary
                external=true
                icon=Icon::ExternalLink
            >
                "Sign In at Microsoft"
            </ButtonLink>
        }
    };
    view! {
        <Dialog title="Consent in Bulk" close_href opener="consent-in-bulk" footer>
            <div class="grid gap-4">
                <Suspense fallback=|| view! { <span class="skeleton w-full"></span> }>
                    {answered(chosen, |answer| {
                        match answer {
                            Ok(number) => view! { <p>{words(number)}</p> }.into_any(),
                            Err(error) => view! { <Problem error /> }.into_any(),
                        }
                    })}
                </Suspense>
                <p class="text-text-muted">
                    "Sign in with an account of your partner tenant that is an Admin agent in Partner Center and may consent for these customers. Partner Center is then asked once for each of them; the sign-in is used for that and not kept."
                </p>
                <p class="text-text-muted">
                    "Microsoft needs up to four minutes until a consent works. Each row tells how far it is, and a customer that fails stops nobody else."
                </p>
            </div>
        </Dialog>
    }
    .into_any()
}

fn words(number: i64) -> String {
    match number {
        0 => "No customer is chosen. Close this and tick customers first.".to_owned(),
        1 => "Consent is asked for 1 customer.".to_owned(),
        more => format!("Consent is asked for {} customers.", count(more)),
    }
}
